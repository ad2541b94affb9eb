"""One HTTP request with a real end: no redirect, a bound on the whole time and on what is read of the answer.

Called by the channels that speak HTTP. Addresses come from the settings, or from a list of known push services.
"""

import asyncio
import ssl
from collections.abc import Mapping

import httpx
from msgspec import Struct

from alerts.escalation.channels import WITHIN_SECONDS, Failed
from domain.instants import SECOND, Micros

MOST_READ = 65_536
_TRY_AGAIN = frozenset({408, 409, 421, 423, 425, 429})


class Request(Struct, frozen=True):
    """What to send."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    method: str = "POST"
    tls: ssl.SSLContext | None = None
    within: float = WITHIN_SECONDS


class Answer(Struct, frozen=True):
    """What came back: the body is cut at 64 KiB."""

    status: int
    body: bytes
    retry_after: Micros | None


def post(request: Request) -> Answer | Failed:
    """Send it and read the answer; whatever goes wrong is a Failed that names no secret."""
    try:
        answer = asyncio.run(_bounded(request))
    except TimeoutError:
        return Failed(f"no answer within {request.within:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError, OSError) as error:
        return Failed(f"cannot be reached: {type(error).__name__}")
    except (ValueError, OverflowError, ExceptionGroup):  # a group: what anyio makes of a port that cannot be
        return Failed("cannot be reached: not an address", lasting=True)
    return refused(answer) or answer


async def _bounded(request: Request) -> Answer:
    verify = True if request.tls is None else request.tls
    async with (
        asyncio.timeout(request.within),
        httpx.AsyncClient(follow_redirects=False, timeout=request.within, trust_env=False, verify=verify) as client,
        client.stream(request.method, request.url, content=request.body, headers=dict(request.headers)) as response,
    ):
        body = bytearray()
        async for chunk in response.aiter_raw(8192):
            body += chunk
            if len(body) >= MOST_READ:
                break
        return Answer(response.status_code, bytes(body[:MOST_READ]), _seconds(response.headers.get("retry-after")))


def refused(answer: Answer) -> Failed | None:
    """What a status that is not 2xx means: a server's trouble may pass, a refusal or a redirect does not."""
    if 200 <= answer.status < 300:
        return None
    passes = answer.status >= 500 or answer.status in _TRY_AGAIN
    what = "redirects are not followed" if 300 <= answer.status < 400 else "refused"
    said = f"answered {answer.status}, {what}"
    return Failed(said, lasting=not passes, retry_after=answer.retry_after, status=answer.status)


def _seconds(text: str | None) -> Micros | None:
    """Retry-After in whole seconds; a date is not waited for."""
    return int(text) * SECOND if text and text.isascii() and text.isdigit() and len(text) < 6 else None
