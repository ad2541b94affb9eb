"""Columns as PostgreSQL's binary arrays, built whole: what makes an `unnest` insert of many rows cheap.

A column is a list of Python values already turned into bytes; psycopg passes it on unchanged. Called by storage only.
"""

import struct
from collections.abc import Sequence

import numpy as np
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

from domain.instants import Micros

_HEAD = struct.Struct(">iiIii")  # dimensions, has nulls, type of the elements, length, lower bound
_LENGTH = struct.Struct(">i").pack
_NULL = _LENGTH(-1)
_TRUE, _FALSE = _LENGTH(1) + b"\x01", _LENGTH(1) + b"\x00"
_SINCE_2000: Micros = 946_684_800_000_000
_INT8 = np.dtype([("n", ">i4"), ("v", ">i8")])
_INT2 = np.dtype([("n", ">i4"), ("v", ">i2")])
_FLOAT8 = np.dtype([("n", ">i4"), ("v", ">f8")])


class Column:
    """One array parameter, ready for the wire. Subclasses say the type."""

    __slots__ = ("payload",)

    def __init__(self, payload: bytes) -> None:
        self.payload = payload


class _Texts(Column):
    __slots__ = ()


class _Int8s(Column):
    __slots__ = ()


class _Int2s(Column):
    __slots__ = ()


class _Floats(Column):
    __slots__ = ()


class _Moments(Column):
    __slots__ = ()


class _Byteas(Column):
    __slots__ = ()


class _Bools(Column):
    __slots__ = ()


class _ColumnDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Column) -> Buffer:
        return obj.payload


for _kind, _oid in (
    (_Texts, 1009),
    (_Int8s, 1016),
    (_Int2s, 1005),
    (_Floats, 1022),
    (_Moments, 1185),
    (_Byteas, 1001),
    (_Bools, 1000),
):
    psycopg.adapters.register_dumper(_kind, type(f"{_kind.__name__}Dumper", (_ColumnDumper,), {"oid": _oid}))


def texts(values: Sequence[str | None]) -> Column:
    """text[]"""
    memo: dict[str | None, bytes] = {None: _NULL}
    parts = [_HEAD.pack(1, 1, 25, len(values), 1)]
    for value in values:
        part = memo.get(value)
        if part is None:
            raw = value.encode() if value is not None else b""
            part = memo[value] = _LENGTH(len(raw)) + raw
        parts.append(part)
    return _Texts(b"".join(parts))


def byteas(values: Sequence[bytes]) -> Column:
    """bytea[]"""
    parts = [_HEAD.pack(1, 0, 17, len(values), 1)]
    for value in values:
        parts += (_LENGTH(len(value)), value)
    return _Byteas(b"".join(parts))


def bools(values: Sequence[bool]) -> Column:
    """boolean[]"""
    return _Bools(_HEAD.pack(1, 0, 16, len(values), 1) + b"".join(_TRUE if value else _FALSE for value in values))


def _numbers(values: Sequence[float | int], kind: "np.dtype[np.void]", oid: int) -> bytes:
    rows = np.empty(len(values), dtype=kind)
    rows["n"] = kind["v"].itemsize
    rows["v"] = values
    return _HEAD.pack(1, 0, oid, len(values), 1) + rows.tobytes()


def _sparse(values: Sequence[float | int | None], letter: str, oid: int) -> bytes:
    size = struct.calcsize(">" + letter)
    pack = struct.Struct(">i" + letter).pack
    parts = [_NULL if value is None else pack(size, value) for value in values]
    return _HEAD.pack(1, 1, oid, len(values), 1) + b"".join(parts)


def int8s(values: Sequence[int]) -> Column:
    """bigint[]"""
    return _Int8s(_numbers(values, _INT8, 20))


def int2s(values: Sequence[int]) -> Column:
    """smallint[]"""
    return _Int2s(_numbers(values, _INT2, 21))


def floats(values: Sequence[float]) -> Column:
    """double precision[]"""
    return _Floats(_numbers(values, _FLOAT8, 701))


def moments(values: Sequence[Micros]) -> Column:
    """timestamptz[] of Micros"""
    return _Moments(_numbers([value - _SINCE_2000 for value in values], _INT8, 1184))


def int8s_or_null(values: Sequence[int | None]) -> Column:
    """bigint[] with nulls"""
    return _Int8s(_sparse(values, "q", 20))


def int2s_or_null(values: Sequence[int | None]) -> Column:
    """smallint[] with nulls"""
    return _Int2s(_sparse(values, "h", 21))


def floats_or_null(values: Sequence[float | None]) -> Column:
    """double precision[] with nulls"""
    return _Floats(_sparse(values, "d", 701))


def moments_or_null(values: Sequence[Micros | None]) -> Column:
    """timestamptz[] of Micros with nulls"""
    shifted = [None if value is None else value - _SINCE_2000 for value in values]
    return _Moments(_sparse(shifted, "q", 1184))
