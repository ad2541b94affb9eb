"""By which channel people answered: app, tablet, visit, telephone (entered by a nurse), console, device. Reads only."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, moment


class Channel(Struct, frozen=True):
    """How many rounds of answers (what was sent at once) and of how many patients came by one channel, said by whom."""

    site: str
    channel: str
    by: str
    rounds: int
    patients: int


_COUNTS = """
SELECT site, channel, by, count(*), count(DISTINCT patient) FROM (
    SELECT DISTINCT patient.site, report.patient, report.by, report.device, boot, seq,
           CASE WHEN report.channel IS NOT NULL THEN report.channel WHEN report.device = 'console' THEN 'console'
                WHEN device.kind = 'tablet' THEN 'tablet'
                WHEN device.kind = 'app' AND report.by NOT IN ('patient', 'caregiver') THEN 'visit'
                WHEN device.kind = 'app' THEN 'app' ELSE 'device' END AS channel
    FROM patient JOIN report ON report.patient = patient.id LEFT JOIN device ON device.id = report.device
    WHERE patient.site = ANY (%s) AND report.measured_at >= %s AND report.measured_at < %s) AS round
GROUP BY site, channel, by ORDER BY site, channel, by
"""


def counts(conn: Connection[Any], sites: Sequence[str], start: Micros, end: Micros) -> list[Channel]:
    """Rounds of answers given from `start` until before `end`, by site, channel and who answered."""
    return [Channel(*row) for row in conn.execute(_COUNTS, (list(sites), moment(start), moment(end))).fetchall()]
