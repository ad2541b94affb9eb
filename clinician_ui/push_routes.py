"""What a browser needs before it can be pushed to: the hub's public key. Subscriptions are among the contacts."""

from fastapi import APIRouter

from clinician_ui.contact_routes import Myself
from clinician_ui.sessions import GivenDeps
from web.problems import Problem

router = APIRouter(prefix="/api", tags=["on call"])


@router.get("/push-key")
def push_key(_caller: Myself, deps: GivenDeps) -> dict[str, str]:
    """The key that signs web push (VAPID, RFC 8292), as `applicationServerKey` wants it: base64url."""
    if not deps.push_key:
        said = "web push is not configured: expected VIGIE_MAIL_FROM, and a key in VIGIE_DATA_DIR (vigie notify keys)"
        raise Problem(404, said, kind="urn:vigie:no-web-push")
    return {"key": deps.push_key}
