"""What the app may send besides messages: strict models, unknown fields refused."""

from typing import Annotated, Literal

from pydantic import Field

from web.bodies import Body, Name, Password, Text

Install = Annotated[str, Field(pattern=r"^[a-z0-9]{16,40}$")]
Language = Literal["fr", "en"]
Otp = Annotated[str, Field(pattern=r"^[0-9 ]{6,8}$")]
Scope = Literal["answer", "see", "be_told"]


class Claim(Body):
    """POST /claim."""

    code: Annotated[str, Field(min_length=1, max_length=40)]
    password: Password
    language: Language
    install: Install


class AppLogin(Body):
    """POST /session."""

    username: Name
    password: Password
    install: Install
    otp: Otp | None = None
    language: Language | None = None


class LanguageChange(Body):
    """PUT /me/language."""

    language: Language


class NewPassword(Body):
    """POST /me/password."""

    current: Password
    new: Password


class FactorStart(Body):
    """POST /me/second-factor."""

    password: Password


class FactorConfirm(Body):
    """PUT /me/second-factor."""

    otp: Otp


class FactorEnd(Body):
    """DELETE /me/second-factor."""

    password: Password
    otp: Otp


class ConsentBody(Body):
    """POST /consents."""

    patient: Name
    scope: Literal["follow-up", "reminders", "answer", "see", "be_told"]
    decision: Literal["given", "refused", "withdrawn"]
    version: Annotated[str, Field(min_length=1, max_length=32)]
    person: Name | None = None


class CaregiverBody(Body):
    """POST /caregivers."""

    patient: Name
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=3)]
    language: Language = "fr"
    person: Name | None = None


class PushKeys(Body):
    """Keys of a subscription, as a browser gives them."""

    p256dh: Annotated[str, Field(min_length=80, max_length=100, pattern=r"^[A-Za-z0-9_-]+=*$")]
    auth: Annotated[str, Field(min_length=20, max_length=32, pattern=r"^[A-Za-z0-9_-]+=*$")]


class AppPush(Body):
    """POST /push."""

    endpoint: Annotated[str, Field(max_length=1000, pattern=r"^https://[!-~]+$")]
    keys: PushKeys
    patient: Text | None = None


class AppPushGone(Body):
    """DELETE /push."""

    endpoint: Text


class Shown(Body):
    """POST /push/receipts."""

    reminder: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")]


Clock = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")]


class ReminderWish(Body):
    """PUT /reminders."""

    on: bool
    quiet_from: Clock | None = None
    quiet_to: Clock | None = None
