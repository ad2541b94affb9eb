"""Devices of the caller's sites: list, ledger, label with a QR code. Every look is on record."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request

from clinician_ui.access import Caller, Verb, may
from clinician_ui.deps import Deps
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.views import printable
from domain.instants import iso, micros
from storage import audit, estate
from storage.connection import Connection
from storage.ledger import BootLedger, ledger
from web import qr
from web.problems import Problem

router = APIRouter(prefix="/api/devices", tags=["devices"])
Keeper = Annotated[Caller, Depends(Allowed(Verb.DEVICES))]


@router.get("")
def listed(caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """Devices of the caller's sites, the longest silent first."""
    with deps.pool.connection() as conn:
        detail = {"sites": list(caller.sites)}
        audit.append(conn, audit.Look(deps.clock(), caller.username, "devices", "sites", detail))
        found = estate.devices(conn, caller.sites)
    return {"now": iso(deps.clock()), "devices": [_json(row, caller) for row in found]}


@router.get("/{device}/ledger")
def ledger_of(device: str, caller: Keeper, deps: GivenDeps) -> dict[str, Any]:
    """What was stored, refused, dropped and is missing, by boot: the proof from the sequence numbers."""
    with deps.pool.connection() as conn:
        row = _known(conn, deps, caller, device=device, action="ledger")
        boots = ledger(conn, row.id)
    return {"device": row.id, "boots": [_boot_json(boot) for boot in boots]}


@router.get("/{device}/label")
def label(device: str, caller: Keeper, deps: GivenDeps, request: Request) -> dict[str, Any]:
    """A label to stick on it: its name and a QR code that opens it in the console. No secret is in it."""
    with deps.pool.connection() as conn:
        row = _known(conn, deps, caller, device=device, action="label")
    address = f"{(deps.console_url or str(request.base_url)).rstrip('/')}/#/admin/devices/{row.id}"
    return {"device": row.id, "site": row.site, "kind": row.kind, "address": address, "qr": qr.svg(address)}


def _known(conn: Connection, deps: Deps, caller: Caller, *, device: str, action: str) -> estate.DeviceRow:
    """The device, or the same 404 for one that does not exist and one of another circle."""
    row = estate.device(conn, device, caller.sites) if device.isprintable() else None
    if row is None:
        raise Problem(404, "no such device at your sites")
    audit.append(conn, audit.Look(deps.clock(), caller.username, action, f"device:{row.id}"))
    return row


def _json(row: estate.DeviceRow, caller: Caller) -> dict[str, Any]:
    """Who wears it is told to those who may see patients."""
    worn = row.patient is not None
    return {
        "id": row.id,
        "site": row.site,
        "kind": row.kind,
        "online": row.online,
        "battery": row.battery,
        "last_seen_at": None if row.last_seen_at is None else iso(micros(row.last_seen_at)),
        "worn": worn,
        "patient": row.patient if may(caller.role, Verb.SEE) else None,
    }


def _boot_json(boot: BootLedger) -> dict[str, Any]:
    return {
        "boot": boot.boot,
        "first": boot.first,
        "last": boot.last,
        "stored": boot.stored,
        "rejected": boot.rejected,
        "dropped": [
            {"from": each.from_seq, "to": each.to_seq, "why": printable(each.why.encode())} for each in boot.dropped
        ],
        "missing": [list(each) for each in boot.missing],
    }
