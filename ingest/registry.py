"""Devices and who wore them when, as values for judging. Pure; filled by the service, read by `accept`."""

from collections.abc import Iterable, Mapping

from msgspec import Struct

from domain.instants import Micros
from domain.questionnaire import Book
from storage.wearing import WornRow

SHARED = "tablet"  # kind of a device that several residents of a home use


class Worn(Struct, frozen=True, gc=False):
    """One patient wore the device from (included) to (excluded; None: still)."""

    patient: str
    from_at: Micros
    to_at: Micros | None


class Device(Struct, frozen=True):
    """One registered device. `first_at`: when it was first assigned to anybody. `speaker`: who enters what it sends,
    whatever a message says. `shared`: it must say with each message whose it is and how that was checked. `book`: the
    questionnaires its site knows."""

    id: str
    site: str
    worn: tuple[Worn, ...] = ()
    first_at: Micros | None = None
    speaker: str | None = None
    shared: bool = False
    book: Book = {}

    def wearer(self, at: Micros) -> str | None:
        """Who wore it at that time."""
        for one in reversed(self.worn):
            if one.from_at <= at:
                return one.patient if one.to_at is None or at < one.to_at else None
        return None


class Registry(Struct, frozen=True):
    """Every device by its name, the sites served, and the questionnaires of each site (``: of one without its own)."""

    devices: dict[str, Device]
    sites: tuple[str, ...] = ()
    books: Mapping[str, Book] = {}

    def book(self, site: str) -> Book:
        """The questionnaires that a site knows."""
        return _book(self.books, site)


def _book(books: Mapping[str, Book], site: str) -> Book:
    return books.get(site) or books.get("", {})


def registry(rows: Iterable[WornRow], sites: Iterable[str], books: Mapping[str, Book] | None = None) -> Registry:
    """Rows in order of device and time, as a registry."""
    known = books or {}
    places: dict[str, WornRow] = {}
    worn: dict[str, list[Worn]] = {}
    for row in rows:
        places[row.device] = row
        intervals = worn.setdefault(row.device, [])
        if row.patient is not None and row.from_at is not None:
            intervals.append(Worn(row.patient, row.from_at, row.to_at))
    devices = {
        name: Device(
            name, row.site, tuple(worn[name]), worn[name][0].from_at if worn[name] else None, row.speaker,
            row.kind == SHARED, _book(known, row.site),
        )
        for name, row in places.items()
    }  # fmt: skip
    return Registry(devices, tuple(sites), known)
