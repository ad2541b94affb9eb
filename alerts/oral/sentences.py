"""What an alert on intakes says behind its title, in French and English. Pure text: decides nothing."""

from datetime import date
from zoneinfo import ZoneInfo

from alerts.oral.drugs import known
from alerts.oral.expected import Expected
from alerts.oral.plan import Hold
from domain.alerts import Said
from domain.instants import DAY, HOUR, Micros, moment

SHOWN = 60  # characters of a drug's name that came from outside


def day(at: Micros, zone: ZoneInfo) -> date:
    """The date on a wall."""
    return moment(at).astimezone(zone).date()


def _day(found: date) -> tuple[str, str]:
    months = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()  # noqa: SIM905 - shorter than a list
    return f"{found.day:02d}/{found.month:02d}", f"{found.day} {months[found.month - 1]}"


def _name(drug: str) -> str:
    return drug[:SHOWN]


def _number(value: float) -> tuple[str, str]:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return text.replace(".", ","), text


def missed(dose: Expected, length: int, unreported: int) -> Said:
    """A run of doses left out or not reported; of the latter it is not known whether they were taken."""
    (day_fr, day_en), hour = _day(dose.day), moment(dose.due_at).astimezone(ZoneInfo(dose.zone)).strftime("%H:%M")
    unknown_fr = f", dont {unreported} non signalées (on ne sait pas)" if unreported else ""
    unknown_en = f", {unreported} of them not reported (not known)" if unreported else ""
    return Said(
        f"{_name(dose.drug)}, {length} de suite{unknown_fr}, la dernière due le {day_fr} à {hour}",
        f"{_name(dose.drug)}, {length} in a row{unknown_en}, the last one due on {day_en} at {hour}",
    )


def stopped(dose: Expected, length: int) -> Said:
    """Days with doses due, and none taken, without an order to stop."""
    return Said(
        f"{_name(dose.drug)}, {length} jours prévus de suite sans prise connue, aucun arrêt ordonné",
        f"{_name(dose.drug)}, {length} days with doses due in a row and none known to be taken, no order to stop",
    )


def over(drug: str, on: date, taken: float, due: int, *, said_extra: bool) -> Said:
    """More on a day than was due until then."""
    (taken_fr, taken_en), (day_fr, day_en) = _number(taken), _day(on)
    said_fr, said_en = (", dite en plus", ", said to be one more") if said_extra else ("", "")
    return Said(
        f"{_name(drug)}, doses prises le {day_fr} : {taken_fr}, prescrites jusque-là : {due}{said_fr}",
        f"{_name(drug)}, doses taken on {day_en}: {taken_en}, prescribed until then: {due}{said_en}",
    )


def said_extra(drug: str) -> Said:
    """One more by the person's own word, with nothing to compare it with."""
    return Said(f"{_name(drug)}, dite en plus", f"{_name(drug)}, said to be one more")


def double(drug: str, on: date) -> Said:
    """Two doses in the place of one."""
    day_fr, day_en = _day(on)
    return Said(
        f"{_name(drug)}, deux doses à la place d'une le {day_fr}, total du jour non dépassé",
        f"{_name(drug)}, two doses in the place of one on {day_en}, the day's total not passed",
    )


def weekly(drug: str, count: int, due: int) -> Said:
    """A weekly drug taken more often: the worst error."""
    row = known(drug)
    fatal = row is not None and row.risk.verified and "fatal" in row.risk.text
    (fatal_fr, fatal_en) = (" Erreur connue comme mortelle.", " A known fatal error.") if fatal else ("", "")
    return Said(
        f"{_name(drug)} est HEBDOMADAIRE, prises en 7 jours : {count}, prescrites : {due}.{fatal_fr} "
        "Appeler maintenant : ne rien reprendre, prévenir le prescripteur",
        f"{_name(drug)} is WEEKLY, doses taken in 7 days: {count}, prescribed: {due}.{fatal_en} "
        "Call now: take no more, tell the prescriber",
    )


def held(drug: str, hold: Hold | None, count: int) -> Said:
    """Taken while it is on hold."""
    by_fr, by_en = ("", "") if hold is None else (f" ordonné par {hold.ordered_by}", f" ordered by {hold.ordered_by}")
    times_fr, times_en = (f", {count}e prise", f", {count} doses so far") if count > 1 else ("", "")
    return Said(f"{_name(drug)}, arrêt{by_fr}{times_fr}", f"{_name(drug)}, hold{by_en}{times_en}")


def not_due(drug: str, on: date, count: int) -> Said:
    """Taken when none is due."""
    day_fr, day_en = _day(on)
    times_fr, times_en = (f", {count} en 7 jours", f", {count} in 7 days") if count > 1 else ("", "")
    return Said(
        f"{_name(drug)}, aucune prise prévue alors, le {day_fr}{times_fr}",
        f"{_name(drug)}, none was due then, on {day_en}{times_en}",
    )


def unplanned(drug: str) -> Said:
    """A drug that is not in the plan."""
    return Said(f"« {_name(drug)} » n'est pas dans le plan", f'"{_name(drug)}" is not in the plan')


def skipped(drug: str, count: int, within: Micros) -> Said:
    """Doses said to be left out."""
    span = (f"{within // DAY} jours", f"{within // DAY} days") if within >= DAY else (f"{within // HOUR} h",) * 2
    return Said(
        f"{count} en {span[0]}, la dernière : {_name(drug)}", f"{count} in {span[1]}, the last one: {_name(drug)}"
    )
