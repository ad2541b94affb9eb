"""Who there is: sites, patients (opaque ids), devices and who wears them when, care plans. One statement a function.

Called by the command line and the demo; the console and the hub read through their own modules.
"""

from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, moment


def add_site(conn: Connection[Any], site: str, name: str, created_at: Micros) -> bool:
    """A new site; False when it exists."""
    return _inserted(
        conn.execute(
            "INSERT INTO site (id, name, created_at) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
            (site, name, moment(created_at)),
        ).rowcount
    )


def set_phone(conn: Connection[Any], site: str, phone: str) -> bool:
    """The number that patients of the site call; False when there is no such site."""
    return _inserted(conn.execute("UPDATE site SET phone = %s WHERE id = %s", (phone, site)).rowcount)


def has_site(conn: Connection[Any], site: str) -> bool:
    """Whether the site exists."""
    return conn.execute("SELECT 1 FROM site WHERE id = %s", (site,)).fetchone() is not None


def add_patient(conn: Connection[Any], patient: str, site: str, created_at: Micros) -> bool:
    """A new patient of a site; False when the id is taken."""
    return _inserted(
        conn.execute(
            "INSERT INTO patient (id, site, created_at) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
            (patient, site, moment(created_at)),
        ).rowcount
    )


def site_of_patient(conn: Connection[Any], patient: str) -> str | None:
    """The patient's site; None when there is no such patient."""
    row = conn.execute("SELECT site FROM patient WHERE id = %s AND kind = 'person'", (patient,)).fetchone()
    return None if row is None else str(row[0])


def add_device(conn: Connection[Any], device: str, site: str, created_at: Micros) -> bool:
    """A new device of a site; False when the name is taken, whichever the site."""
    return _inserted(
        conn.execute(
            "INSERT INTO device (id, site, created_at) VALUES (%s, %s, %s) ON CONFLICT (id) DO NOTHING",
            (device, site, moment(created_at)),
        ).rowcount
    )


def site_of_device(conn: Connection[Any], device: str) -> str | None:
    """The device's site; None when there is no such device."""
    row = conn.execute("SELECT site FROM device WHERE id = %s", (device,)).fetchone()
    return None if row is None else str(row[0])


def wearer(conn: Connection[Any], device: str) -> str | None:
    """Who wears the device now."""
    row = conn.execute("SELECT patient FROM wearing WHERE device = %s AND to_at IS NULL", (device,)).fetchone()
    return None if row is None else str(row[0])


def wear(conn: Connection[Any], device: str, patient: str, from_at: Micros) -> None:
    """The patient wears the device from now on. Raises UniqueViolation when somebody still wears it."""
    conn.execute(
        "INSERT INTO wearing (device, patient, from_at) VALUES (%s, %s, %s)", (device, patient, moment(from_at))
    )


def stop_wearing(conn: Connection[Any], device: str, to_at: Micros) -> str | None:
    """End the wearing; who wore it, None when nobody did."""
    row = conn.execute(
        "UPDATE wearing SET to_at = %s WHERE device = %s AND to_at IS NULL RETURNING patient", (moment(to_at), device)
    ).fetchone()
    return None if row is None else str(row[0])


def lock_patient(conn: Connection[Any], patient: str) -> None:
    """Hold the patient's row until the transaction ends, so that two plans do not get one version."""
    conn.execute("SELECT 1 FROM patient WHERE id = %s FOR UPDATE", (patient,))


def add_plan(conn: Connection[Any], patient: str, body: dict[str, Any], *, set_by: str, set_at: Micros) -> int:
    """The next version of the patient's care plan; the version."""
    row = conn.execute(
        """
        INSERT INTO plan (patient, version, body, set_by, set_at)
        SELECT %(patient)s, coalesce(max(version), 0) + 1, %(body)s, %(by)s, %(at)s
        FROM plan WHERE patient = %(patient)s
        RETURNING version
        """,
        {"patient": patient, "body": Jsonb(body), "by": set_by, "at": moment(set_at)},
    ).fetchone()
    if row is None:
        raise RuntimeError("plan: INSERT returned no row")
    return int(row[0])


def _inserted(count: int) -> bool:
    return count == 1
