"""Instants as whole microseconds since 1970-01-01 UTC (`Micros`), and their ISO 8601 text.

The core compares and subtracts instants exactly: "60 minutes" is a number, never a rounding error.
"""

from datetime import UTC, datetime, timedelta

Micros = int

SECOND: Micros = 1_000_000
MINUTE: Micros = 60 * SECOND
HOUR: Micros = 60 * MINUTE
DAY: Micros = 24 * HOUR

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ONE = timedelta(microseconds=1)


def micros(moment: datetime) -> Micros:
    """An aware datetime as µs. Raises ValueError on a naive one."""
    if moment.tzinfo is None:
        raise ValueError("moment: expected a date and time with an offset from UTC")
    return (moment - EPOCH) // _ONE


def moment(at: Micros) -> datetime:
    """µs as an aware UTC datetime."""
    return EPOCH + timedelta(microseconds=at)


def iso(at: Micros) -> str:
    """µs as ISO 8601 UTC with `Z`: whole seconds when whole, else milliseconds or microseconds."""
    when = moment(at)
    fraction = at % SECOND
    if fraction == 0:
        return when.strftime("%Y-%m-%dT%H:%M:%SZ")
    spec = "milliseconds" if fraction % 1000 == 0 else "microseconds"
    return when.replace(tzinfo=None).isoformat(timespec=spec) + "Z"


def parse_iso(text: str) -> Micros:
    """ISO 8601 with offset (or Z) as µs. Raises ValueError that says what was expected."""
    try:
        when = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise ValueError(f"expected ISO 8601 with an offset, got {text!r}") from error
    if when.tzinfo is None:
        raise ValueError(f"expected an offset from UTC (…Z or +01:00), got {text!r}")
    return micros(when)
