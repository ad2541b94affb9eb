"""Untyped objects and JSON into values of a type, made ready while a module is imported. Pure.

msgspec describes a type to itself at its first use, and two threads that do so at once crash the process (0.22; seen
as a hub that ended at its start). So whatever converts is made here, once, at the level of a module, by one thread.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import msgspec

T = TypeVar("T")


def converter(kind: type[T]) -> Callable[[Any], T]:
    """`converter(Kind)(tree)` is the tree as a Kind. Raises msgspec.ValidationError where it does not fit."""
    msgspec.json.Decoder(kind)
    return cast("Callable[[Any], T]", partial(msgspec.convert, type=kind))


def decoder(kind: type[T]) -> Callable[[bytes | str], T]:
    """`decoder(Kind)(text)` is JSON text as a Kind. Raises msgspec.DecodeError, of which ValidationError is one."""
    return msgspec.json.Decoder(kind).decode
