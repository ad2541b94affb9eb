"""A unit to look at and to measure: nobody, an ordinary day, or the flood of 850 patients with 200 open alerts.

Written directly into a test database, the same but for the hour. Called by `tests.gallery` and `bench.console`.
"""

from dataclasses import dataclass
from typing import Any

from msgspec import structs
from psycopg.types.json import Jsonb

from alerts.predict import outputs
from domain.alerts import Evidence, Said
from domain.instants import DAY, HOUR, MINUTE, SECOND, Micros, iso, moment
from domain.oncall import Shift
from domain.values import Intake, Origin
from domain.vocabulary import NEUTROPHILS
from models.anc.values import CurvePoint
from storage import connection, forecasts, messages, sheets
from tests.alerts.predict.answers import forecast
from tests.flow import console_world as world
from tests.flow.oncall_world import add_roster, put
from vigie.demo_sheets import sheet_of

SITE = "paris"
FAMILY = ("Martin", "Bernard", "Dubois", "Thomas", "Robert", "Richard", "Petit", "Durand", "Leroy", "Moreau", "Simon")
GIVEN = ("Anne", "Jean", "Marie", "Paul", "Claire", "Louis", "Jeanne", "Henri", "Sylvie", "Marc", "Odile", "Denis")
VITALS = (("8310-5", 36.8, 0.35, 1), ("8867-4", 84.0, 9.0, 0), ("59408-5", 96.4, 1.2, 0), ("9279-1", 16.0, 2.0, 0),
          ("8480-6", 124.0, 8.0, 0), ("8462-4", 76.0, 6.0, 0))  # fmt: skip
ALERTS = (
    ("fever", "high", "clinical", "8310-5", 38.9, "Cel", "≥ 38.3 Cel",
     Said("Fièvre : 38,9 °C, aplasie", "Fever: 38.9 °C, aplasia window")),
    ("heart-rate", "medium", "clinical", "8867-4", 124, "/min", "≥ 111 /min",
     Said("Fréquence cardiaque : 124 /min", "Heart rate: 124 /min")),
    ("silence.8310-5", "low", "technical", "8310-5", 36.9, "Cel", "",
     Said("Silence de la température depuis 17 h", "No temperature for 17 h")),
    ("saturation", "high", "clinical", "59408-5", 89, "%", "≤ 91 %", Said("Saturation : 89 %", "Saturation: 89 %")),
    ("vomiting", "medium", "clinical", "answer:vomiting.severity", 3, "{grade}", "≥ 3",
     Said("Vomissements : 3", "Vomiting: 3")),
    ("battery", "low", "technical", "8310-5", 37.0, "Cel", "", Said("Batterie faible : 4 %", "Battery low: 4 %")),
)  # fmt: skip


@dataclass(frozen=True)
class Ward:
    """How many patients and open alerts, and of how many hours the readings are, one every `every` minutes."""

    patients: int
    alerts: int
    hours: int = 72
    every: int = 60


WARDS = {"empty": Ward(0, 0), "typical": Ward(24, 9), "flood": Ward(850, 200, hours=24, every=120)}


def fill(url: str, ward: Ward) -> list[str]:
    """The site, its people and what is stored; the patients' ids."""
    now = world.now() // SECOND * SECOND
    names = [f"HAD-{n:04}" for n in range(1, ward.patients + 1)]
    with connection.connect(url) as conn:
        conn.execute("INSERT INTO site VALUES (%s, 'HAD Paris Nord', now())", (SITE,))
        for user, role in (("doc1", "physician"), ("nurse1", "nurse"), ("nurse2", "nurse"), ("op1", "operator")):
            world.add_user(conn, user, role, SITE)
        if names:
            _patients(conn, names, now)
            _readings(conn, names, ward, now)
            _stories(conn, names[: min(len(names), 24)], now)
        for n in range(ward.alerts):
            _alert(conn, names[(n * 5) % len(names)], n, now)
    return names


def _patients(conn: connection.Connection, names: list[str], now: Micros) -> None:
    cursor = conn.cursor()
    since = moment(now - 20 * DAY)
    cursor.executemany("INSERT INTO patient VALUES (%s, %s, %s)", [(name, SITE, since) for name in names])
    for n, name in enumerate(names):
        family, given = FAMILY[n % 11], GIVEN[n % 12]
        sheet = structs.replace(sheet_of(n), family_name=family, given_name=given, phone=f"+3361200{n:04}")
        sheets.write(conn, sheets.Draft(name, sheet, "doc1", "physician", now - DAY, None))
    devices = [
        (f"{kind[:4]}-{name.lower()}", SITE, kind, since, (n + place) % 9 != 4, 3 if (n + place) % 13 == 5 else 82,
         moment(now - (n % 50) * MINUTE))
        for n, name in enumerate(names)
        for place, kind in enumerate(("thermometer", "oximeter"))
    ]  # fmt: skip
    cursor.executemany(
        "INSERT INTO device (id, site, kind, created_at, online, battery, last_seen_at)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s)",
        devices,
    )
    worn = [(row[0], names[place // 2], since) for place, row in enumerate(devices)]
    cursor.executemany("INSERT INTO wearing VALUES (%s, %s, %s)", worn)
    plans = [(name, Jsonb(_plan(n, now)), since) for n, name in enumerate(names)]
    cursor.executemany(
        "INSERT INTO plan (patient, version, body, set_by, set_at) VALUES (%s, 1, %s, 'doc1', %s)", plans
    )


def _plan(n: int, now: Micros) -> dict[str, Any]:
    if n % 4 == 1:
        doses = [{"drug": "imatinib", "dose_mg": 400, "tablets": 1, "times": ["08:00"]}]
        return {"protocol": "oral-therapy", "timezone": "Europe/Paris", "oral": doses}
    start = moment(now - (n % 19) * DAY).date().isoformat()
    return {"protocol": "chemo-aplasia", "fever_profile": "CAUTIOUS_HOME", "regimen": "docetaxel", "cycle_start": start,
            "timezone": "Europe/Paris", "doses": [iso(now + (21 - n % 19) * DAY)]}  # fmt: skip


_READINGS = """
INSERT INTO reading (patient, code, measured_at, received_at, value, body_site, quality, by, device, boot, seq, idx)
SELECT p.id, c.code, at, at + interval '4 seconds',
       round((c.mid + c.swing * sin(k / 3.1 + p.n) + c.swing * 0.5 * sin(k * 1.7 + p.n * 2.3)
              + CASE WHEN c.code = '8310-5' AND p.n %% 7 = 1 THEN 2.0 * exp(-k / 3.0) ELSE 0 END)::numeric, c.decimals),
       CASE WHEN c.code = '8310-5' THEN 'axilla' END, CASE WHEN k %% 23 = 7 THEN 'question' ELSE 'ok' END,
       'device', (CASE WHEN c.code = '8310-5' THEN 'ther-' ELSE 'oxim-' END) || lower(p.id), 'b', k, 0
FROM unnest(%s::text[]) WITH ORDINALITY AS p (id, n)
CROSS JOIN unnest(%s::text[], %s::float8[], %s::float8[], %s::int[]) AS c (code, mid, swing, decimals)
CROSS JOIN generate_series(0, %s) AS k
CROSS JOIN LATERAL (SELECT %s::timestamptz - make_interval(mins => k * %s + (p.n %% 40)::int) AS at) AS a
WHERE (k + p.n) %% 24 NOT BETWEEN 17 AND 21
"""


def _readings(conn: connection.Connection, names: list[str], ward: Ward, now: Micros) -> None:
    """Every measure at its pace with a swing of its own, a fever of each seventh patient, nights without readings."""
    columns = [list(column) for column in zip(*VITALS, strict=True)]
    conn.execute(_READINGS, (names, *columns, ward.hours * 60 // ward.every, moment(now), ward.every))


def _stories(conn: connection.Connection, names: list[str], now: Micros) -> None:
    """What only a few have: counts, chemotherapy, a forecast, answers, doses, refusals, a roster with its notes."""
    for n, name in enumerate(names):
        if n % 4 == 1:
            _oral(conn, name, now)
        else:
            start = now - (n % 19) * DAY
            for place, anc in enumerate((4.6, 2.1, 0.8, 0.34)):
                at = start + place * 3 * DAY
                if at < now:
                    world.add_reading(conn, name, NEUTROPHILS, anc, at=at, by="nurse")
            conn.execute(
                """INSERT INTO given (patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq,
                                      idx)
                   VALUES (%s, 'chemotherapy', 'docetaxel', %s, now(), 150, 'mg', 'nurse', 'console', %s, 1, 0)""",
                (name, moment(start), name),
            )
            _forecast(conn, name, start, now)
        for day in range(14):
            for place, item in enumerate(("nausea", "fatigue", "vomiting", "pain")):
                _answer(conn, name, (n, day, place), item, at=now - day * DAY - 2 * HOUR)
    for n, reason in enumerate(("implausible", "unknown_unit", "malformed")):
        conn.execute(
            """INSERT INTO rejected (received_at, reason, path, expected, topic, site, device, patient, sha256, payload)
               VALUES (%s, %s, 'obs[0].v', '30 to 43 Cel', 'vigie/1/paris/d/obs', %s, 'ther', %s, %s, %s)""",
            (
                moment(now - n * HOUR),
                reason,
                SITE,
                names[n],
                bytes([n]),
                b'{"v": 1, "obs": [{"c": "8310-5", "v": 53.1}]}',
            ),
        )
    add_roster(conn, "nights", "hospital", SITE, at=now)
    put(conn, "nights", Shift("a", "nurse", "nurse1", now - HOUR, now + 5 * HOUR),
        Shift("b", "nurse", "nurse2", now + 5 * HOUR, now + 30 * HOUR),
        Shift("c", "physician", "doc1", now - HOUR, now + 9 * HOUR), at=now)  # fmt: skip


def _oral(conn: connection.Connection, name: str, now: Micros) -> None:
    morning = now // DAY * DAY + 7 * HOUR
    rows = []
    for day in range(1, 18):
        at, state = morning - day * DAY, "skipped" if day in (4, 9) else "taken"
        if day != 6:
            rows.append(
                Intake(name, "imatinib", None, at, 1, 400, state, at, at, "patient", Origin(f"app-{name}", "b", day))
            )
    messages.insert_intakes(conn, rows)


def _forecast(conn: connection.Connection, name: str, start: Micros, now: Micros) -> None:
    middle = [max(0.1, 5 - 4.6 * max(0.0, 1 - abs(day - 8) / 8)) for day in range(29)]
    curve = tuple(CurvePoint(float(day), 0.7 * anc, anc, 1.4 * anc, 0.1, 9.0) for day, anc in enumerate(middle))
    body = outputs.body(forecast(curve=curve), ms=1.0)
    forecasts.insert(conn, forecasts.Row(name, SITE, "start", "anc-1.0.0", "f", "ready", now - HOUR, start, {}, body))


def _answer(conn: connection.Connection, name: str, place: tuple[int, int, int], item: str, *, at: Micros) -> None:
    n, day, which = place
    conn.execute(
        """INSERT INTO report (patient, questionnaire, item, attribute, grade, text, measured_at, received_at, by,
                               device, boot, seq, idx)
           VALUES (%s, 'daily', %s, 'severity', %s, NULL, %s, now(), 'patient', %s, %s, %s, 0)""",
        (name, item, (n + day * 3 + which) % 4, moment(at), f"app-{name}", item, day),
    )


def _alert(conn: connection.Connection, name: str, n: int, now: Micros) -> None:
    rule, severity, category, code, value, unit, limit, reason = ALERTS[n % len(ALERTS)]
    at = now - (5 + 7 * n % 600) * MINUTE
    evidence = Evidence(code, value, unit, at, at + 2 * SECOND, limit=limit or None, by="device", reading=f"d/b/{n}/0")
    state = (
        {"state": "acknowledged", "acknowledged_by": "nurse1", "acknowledged_at": at + 4 * MINUTE} if n % 5 == 4 else {}
    )
    alert = world.an_alert(name, n + 1, at=at, rule=rule, severity=severity, category=category, reason=reason,
                           evidence=(evidence,), rings=severity != "low", **state)  # fmt: skip
    world.write_event(conn, SITE, world.opened(alert))
