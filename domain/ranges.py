"""Sets of sequence numbers as merged ranges, and their form in an acknowledgement. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator

from msgspec import Struct

MAX_MISS = 100


class Standing(Struct, frozen=True, gc=False):
    """What an acknowledgement says: everything up to `upto` is committed, except the ranges of `miss`."""

    upto: int
    miss: list[tuple[int, int]]


class Ranges:
    """A set of positive whole numbers, kept as sorted ranges that neither touch nor overlap. Ends are included."""

    __slots__ = ("_firsts", "_lasts")

    def __init__(self, pairs: Iterable[tuple[int, int]] = ()) -> None:
        self._firsts: list[int] = []
        self._lasts: list[int] = []
        for first, last in pairs:
            self.add(first, last)

    def __len__(self) -> int:
        """How many ranges."""
        return len(self._firsts)

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self._firsts, number) - 1
        return place >= 0 and number <= self._lasts[place]

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self._firsts, self._lasts, strict=True)

    @property
    def last(self) -> int:
        """The highest number, 0 of an empty set."""
        return self._lasts[-1] if self._lasts else 0

    def add(self, first: int, last: int | None = None) -> None:
        """Add one number, or a range with both ends."""
        end = first if last is None else last
        firsts, lasts = self._firsts, self._lasts
        if not lasts or first > lasts[-1] + 1:
            firsts.append(first)
            lasts.append(end)
        elif first == lasts[-1] + 1:
            lasts[-1] = end
        else:
            self._merge(first, end)

    def _merge(self, first: int, end: int) -> None:
        low = bisect_left(self._lasts, first - 1)
        high = bisect_right(self._firsts, end + 1)
        if low < high:
            first, end = min(first, self._firsts[low]), max(end, self._lasts[high - 1])
        self._firsts[low:high] = [first]
        self._lasts[low:high] = [end]

    def missing(self, upto: int, *, most: int | None = None) -> list[tuple[int, int]]:
        """Gaps among 1 to `upto`, the first `most` of them."""
        gaps: list[tuple[int, int]] = []
        expected = 1
        for first, last in self:
            if expected > upto or len(gaps) == most:
                return gaps
            if first > expected:
                gaps.append((expected, min(first - 1, upto)))
            expected = last + 1
        if expected <= upto and len(gaps) != most:
            gaps.append((expected, upto))
        return gaps


def standing(known: Ranges, upto: int) -> Standing:
    """The acknowledgement of one boot: `known` are numbers stored or dropped, `upto` the highest that is stored.

    With more than a hundred gaps `upto` stays before the first that is not listed: nothing false is ever said.
    """
    if len(known) == 1 and 1 in known:
        return Standing(upto, [])
    miss = known.missing(upto, most=MAX_MISS + 1)
    if len(miss) > MAX_MISS:
        return Standing(miss[MAX_MISS][0] - 1, miss[:MAX_MISS])
    return Standing(upto, miss)
