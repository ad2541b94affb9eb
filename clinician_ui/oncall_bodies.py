"""What clients may send about rosters and contacts: strict models, and their values. Limits that need the database
are checked by `alerts.escalation.roster_desk`."""

import re
from datetime import date
from ipaddress import ip_address
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from alerts.escalation.oncall.calendar_event import YEARS
from domain.oncall import Contacts, Shift, Substitution, WebPush, Weekly
from web.bodies import Body, Instant, Name, Text
from web.problems import bad_field

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_MAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")
_KEY = re.compile(r"[A-Za-z0-9_-]{20,120}={0,2}")


def _day(value: object) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or found.year not in YEARS:
        raise ValueError(f"expected a date as YYYY-MM-DD, from {YEARS[0]} to {YEARS[-1]}")
    return found


def _minutes(value: object) -> int:
    if not isinstance(value, str) or not _CLOCK.fullmatch(value):
        raise ValueError("expected HH:MM from 00:00 to 23:59")
    return int(value[:2]) * 60 + int(value[3:])


def _number(value: str) -> str:
    if not _NUMBER.fullmatch(value):
        raise ValueError("expected a telephone number as of E.164: + and 7 to 15 digits")
    return value


def _mail(value: str) -> str:
    if not _MAIL.fullmatch(value) or ".." in value:
        raise ValueError("expected an e-mail address")
    return value


def _endpoint(value: str) -> str:
    """A push service of the internet, never an address of the house."""
    try:
        parts = urlsplit(value)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("expected an https address") from None
    good = parts.scheme == "https" and "." in host and port in (None, 443) and "@" not in parts.netloc
    if not good or not value.isascii() or not value.isprintable() or _is_address(host) or host.endswith(".local"):
        raise ValueError("expected the https address of a push service")
    return value


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return host.rpartition(".")[2].isdigit()
    return True


def _push_key(value: str) -> str:
    if not _KEY.fullmatch(value):
        raise ValueError("expected base64url as the browser gave it")
    return value


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Clock = Annotated[int, BeforeValidator(_minutes), WithJsonSchema({"type": "string", "pattern": _CLOCK.pattern})]
Phone = Annotated[str, AfterValidator(_number)]
Mail = Annotated[str, AfterValidator(_mail), Field(max_length=254)]
Endpoint = Annotated[str, AfterValidator(_endpoint), Field(max_length=2048)]
PushKey = Annotated[str, AfterValidator(_push_key)]
Rank = Annotated[int, Field(ge=0, le=99)]


class WeeklyBody(Body):
    """A weekly pattern by the wall clock. `days`: date of the end minus date of the beginning (default: the next day
    when the end is not after the beginning). `timezone`: the roster's without."""

    weekdays: list[Annotated[int, Field(ge=0, le=6)]] = Field(min_length=1, max_length=7)
    begins: Clock
    ends: Clock
    first: Day
    last: Day | None = None
    days: Annotated[int, Field(ge=0, le=31)] | None = None
    every: Annotated[int, Field(ge=1, le=53)] = 1
    without: list[Day] = Field(default=[], max_length=400)
    timezone: Annotated[str, Field(max_length=64)] | None = None


class ShiftBody(Body):
    """PUT /api/rosters/{roster}/shifts/{uid}: either `from` and `to`, or `weekly`."""

    role: Name
    person: Name
    start: Instant | None = Field(None, alias="from")
    end: Instant | None = Field(None, alias="to")
    weekly: WeeklyBody | None = None
    rank: Rank = 0

    def value(self, uid: str, timezone: str) -> Shift | Weekly:
        """The shift under that uid. Raises Problem when it is neither one nor the other."""
        if self.weekly is not None and self.start is None and self.end is None:
            return self._weekly(self.weekly, uid, timezone)
        if self.weekly is not None or self.start is None or self.end is None:
            raise bad_field("from", "either from and to, or weekly")
        return Shift(uid, self.role, self.person, self.start, self.end, self.rank)

    def _weekly(self, pattern: WeeklyBody, uid: str, timezone: str) -> Weekly:
        days = int(pattern.ends <= pattern.begins) if pattern.days is None else pattern.days
        return Weekly(
            uid=uid, role=self.role, person=self.person, rank=self.rank, timezone=pattern.timezone or timezone,
            weekdays=tuple(sorted(set(pattern.weekdays))), begins=pattern.begins, ends=pattern.ends, days=days,
            first=pattern.first, last=pattern.last, every=pattern.every, without=tuple(sorted(set(pattern.without))),
        )  # fmt: skip


class SubstitutionBody(Body):
    """POST /api/rosters/{roster}/substitutions. Without `role`: whatever `person` is on call as."""

    person: Name
    by: Name
    start: Instant = Field(alias="from")
    end: Instant = Field(alias="to")
    reason: Text
    role: Name | None = None

    def value(self) -> Substitution:
        """The substitution, of no roster yet."""
        return Substitution(self.person, self.by, self.start, self.end, self.role)


class HandoverBody(Body):
    """POST /api/oncall/{site}/handover. `roster`: needed when several serve the site."""

    text: Text
    roster: Name | None = None


class ContactsBody(Body):
    """PUT /api/me/contacts: what is left out is not known any more."""

    email: Mail | None = None
    sms: Phone | None = None
    voice: Phone | None = None

    def value(self) -> Contacts:
        """As a value, without the browsers."""
        return Contacts(self.email, self.sms, self.voice)


class PushKeys(Body):
    """The keys of a push subscription."""

    p256dh: PushKey
    auth: PushKey


class PushBody(Body):
    """POST /api/me/web-push: a browser's subscription."""

    endpoint: Endpoint
    keys: PushKeys

    def value(self) -> WebPush:
        """As a value."""
        return WebPush(self.endpoint, self.keys.p256dh, self.keys.auth)


class PushGone(Body):
    """DELETE /api/me/web-push."""

    endpoint: Annotated[str, Field(max_length=2048)]
