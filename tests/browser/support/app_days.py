"""What the fake hub of the app answers: a full day, an empty one, a week of history, a short questionnaire. Values only."""

# ruff: noqa: E501  (rows of values read better on one line)

import json
from datetime import UTC, datetime, timedelta
from datetime import time as dtime
from typing import Any
from zoneinfo import ZoneInfo

HOSTILE = "<img src=x onerror=\"document.title='ran'\"><script>document.title='ran'</script>\u202e\u200f"


def words(fr: str, en: str) -> dict[str, str]:
    """A text for people."""
    return {"fr": fr, "en": en}


def iso(at: float) -> str:
    """Seconds of the epoch as an instant."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


NAMES = {"P1": ("Moreau", "Claire"), "P2": ("Lefèvre", "Jean-Baptiste"), "P3": (HOSTILE, "Anne")}
CAREGIVER = {"person": "ancre-3310", "scopes": ["answer", "see"], "since": "2026-11-01T09:00:00Z", "claimed": True,
             "last_seen_at": "2026-11-20T18:00:00Z"}  # fmt: skip
CONSENT_TEXTS = [
    {"scope": "follow-up", "version": "1", "text": words("Mon équipe suit à distance ce que je mesure et ce que je dis ici.", "My team follows from afar what I measure and tell here.")},
    {"scope": "reminders", "version": "1", "text": words("Je reçois des rappels sur mon téléphone.", "I receive reminders on my telephone.")},
]  # fmt: skip
FEVER = words(
    "Appelez l'équipe maintenant. Ne prenez rien contre la fièvre avant de lui avoir parlé.",
    "Call the team now. Take nothing against the fever before you have spoken to them.",
)
SITES = [{"id": "axilla", "fr": "sous le bras", "en": "armpit"}, {"id": "tympanic", "fr": "oreille", "en": "ear"}]


def patient(identity: str, relation: str, role: str) -> dict[str, Any]:
    """One patient of GET /me."""
    family, given = NAMES[identity]
    by = {"patient": "patient", "caregiver": "caregiver", "tablet": "device", "nurse": "nurse"}[role]
    return {"id": identity, "name": {"family": family, "given": given}, "birth_date": "1956-03-02", "relation": relation,
            "by": by, "scopes": ["answer", "see", "be_told"], "device": f"app-{identity.lower()}", "timezone": "Europe/Paris",
            "site": {"id": "paris", "name": "HAD Paris"}, "phone": "+33123456789"}  # fmt: skip


def _measure(
    code: str, name: dict[str, str], unit: str, decimals: int, bounds: tuple[float, float, float, float]
) -> dict[str, Any]:
    plausible = dict(zip(("usual_from", "usual_to", "refuse_below", "refuse_above"), bounds, strict=True))
    return {"code": code, "name": name, "unit": unit, "units": [unit], "decimals": decimals, "plausible": plausible,
            "body_sites": SITES if code == "8310-5" else []}  # fmt: skip


MEASURES = [
    _measure("8310-5", words("Température", "Temperature"), "Cel", 1, (35.0, 41.0, 30.0, 43.0)),
    _measure("8480-6", words("Tension systolique", "Systolic pressure"), "mm[Hg]", 0, (80, 180, 50, 280)),
    _measure("8462-4", words("Tension diastolique", "Diastolic pressure"), "mm[Hg]", 0, (40, 110, 20, 180)),
    _measure("59408-5", words("Saturation", "Saturation"), "%", 0, (88, 100, 50, 100)),
    _measure("8867-4", words("Pouls", "Pulse"), "/min", 0, (45, 130, 20, 250)),
    _measure("29463-7", words("Poids", "Weight"), "kg", 1, (35, 160, 25, 300)),
]


def _due(now: float) -> list[dict[str, Any]]:
    temperature = {**MEASURES[0], "kind": "measure", "due_at": iso(now - 600), "from": iso(now - 7200), "until": iso(now + 7200),
                   "state": "due", "last": {"at": iso(now - 43200), "value": 37.1, "text": "37.1", "unit": "Cel", "by": "patient", "body_site": "axilla"}}  # fmt: skip
    weight = {**MEASURES[5], "kind": "measure", "due_at": iso(now + 7200), "from": None, "until": None, "state": "later",
              "last": {"at": iso(now - 86400), "value": 71.4, "text": "71.4", "unit": "kg", "by": "patient", "body_site": None}}  # fmt: skip
    dose = {"kind": "intake", "drug": "capecitabine", "name": words("capécitabine", "capecitabine"), "mg": 1500, "n": 3,
            "from": None, "until": None, "food": words("Dans les 30 minutes après un repas.", "Within 30 minutes after a meal."), "asked": False}  # fmt: skip
    questions = {"kind": "questionnaire", "id": "chemo-daily", "version": "1.0.0", "q": "daily", "qv": "chemo-daily@1.0.0", "title": words("Comment allez-vous ?", "How are you?"),
                 "due_at": iso(now - 600), "from": None, "until": None, "state": "due", "baseline": False, "ask": [], "drugs": ["capecitabine"], "questions": 7, "minutes": 1.2}  # fmt: skip
    return [
        temperature, questions, {**dose, "due_at": iso(now - 3600 - now % 60), "state": "late"},
        {**dose, "due_at": iso(now + 36000 - now % 60), "state": "later"}, weight,
    ]  # fmt: skip


def ahead(now: float, days: int = 8) -> dict[str, Any]:
    """Doses at 08:00 and 20:00 of Paris on so many days after today, as the hub tells them."""
    paris, rows = ZoneInfo("Europe/Paris"), []
    today = datetime.fromtimestamp(now, paris).date()
    for day in range(1, days + 1):
        for hour in (8, 20):
            due = datetime.combine(today + timedelta(days=day), dtime(hour), paris).timestamp()
            rows.append({"drug": "capecitabine", "due_at": iso(due), "from": iso(due - 3600), "until": iso(due + 7200), "closes_at": iso(due + 21600),
                         "mg": 1500, "n": 3, "held": day == 5, "why": None})  # fmt: skip
    end = datetime.combine(today + timedelta(days=days + 1), dtime(), paris).timestamp()
    texts = {
        "drug": "capecitabine",
        "name": words("capécitabine", "capecitabine"),
        "food": None,
        "if_missed": None,
        "if_vomited": None,
    }
    return {"until": iso(end), "zones": [{"from": None, "timezone": "Europe/Paris"}], "drugs": [texts], "intakes": rows}


def until_midnight(rows: list[dict[str, Any]], now: float) -> list[dict[str, Any]]:
    """What of it is due today in Paris: the days to come are told by `ahead`."""
    return [row for row in rows if row["due_at"] < midnight(now)]


def midnight(now: float) -> str:
    """The end of today in Paris."""
    paris = ZoneInfo("Europe/Paris")
    return iso(
        datetime.combine(datetime.fromtimestamp(now, paris).date() + timedelta(days=1), dtime(), paris).timestamp()
    )


AT_ONCE = [
    {"rule": "fever", "code": "8310-5", "op": ">=", "limit": 38.3, "offsets": {"axilla": 0.5}, "again_min": None, "from": None, "until": None, "text": FEVER, "call": True},
    {"rule": "fever", "code": "8310-5", "op": ">=", "limit": 38.0, "offsets": {"axilla": 0.5}, "again_min": 60, "from": None, "until": None, "text": FEVER, "call": True},
    {"rule": "rigors", "answers": ["rigors"], "op": ">=", "limit": 1, "from": None, "until": None, "text": FEVER, "call": True},
]  # fmt: skip
FEVER_ALERT = {"alert": "P1-1", "severity": "high", "opened_at": "2026-11-22T07:00:00Z", "title": words("Fièvre en aplasie", "Fever in aplasia"),
               "text": FEVER, "ask": None, "call": True, "acknowledged": False}  # fmt: skip


def today(
    mode: str, now: float, advice: list[dict[str, Any]], receipts: list[dict[str, Any]], version: str
) -> dict[str, Any]:
    """GET /today. The due times stand still within a minute."""
    now -= now % 60
    full = mode == "full"
    return {
        "now": iso(now + 30), "timezone": "Europe/Paris", "day": iso(now)[:10], "version": version,
        "phase": {"aplasia": {"open": full, "since": iso(now - 4 * 86400) if full else None, "expected_end": None, "overdue": False}, "pause": None},
        "due": _due(now) if full else [], "measures": MEASURES, "at_once": AT_ONCE if full else [], "advice": advice, "receipts": receipts,
        "call": {"name": "HAD Paris", "role": "nurse", "number": "+33123456789" if full else None, "until": iso(now + 14400), "emergency": ["15", "112"]},
        "watched": {"attended": False, "by_role": None, "on_call": "nurse", "hours": [{"from": iso(now - 3600), "to": iso(now + 14400), "role": "nurse"}],
                    "said": words("Personne ne regarde vos mesures en ce moment. Si vous allez mal, appelez.", "Nobody is looking at your measurements right now. If you are unwell, call.")},
    }  # fmt: skip


def history(mode: str, code: str, now: float) -> dict[str, Any]:
    """GET /history."""
    if mode != "full":
        return {"points": [], "intakes": [], "answers": []}
    if code == "intakes":
        rows = [{"drug": "capecitabine", "due_at": iso(now - d * 43200), "at": iso(now - d * 43200), "state": "skipped" if d == 4 else "taken", "mg": 1500, "n": 3, "by": "patient", "device": "app-other", "boot": "b", "seq": d, "i": 0, "retracted": {"at": iso(now - d * 43200 + 60), "by": "nurse", "why": HOSTILE} if d == 6 else None} for d in range(1, 9)]  # fmt: skip
        return {"intakes": rows}
    if code == "answers":
        return {"answers": [{"at": iso(now - 86400), "questionnaire": "daily", "item": "other", "attribute": "text", "grade": None, "number": None, "text": HOSTILE, "by": "patient"}]}  # fmt: skip
    base = {"8310-5": 36.8, "8480-6": 124, "8462-4": 76, "59408-5": 97, "8867-4": 72, "29463-7": 71.2}[code]
    unit = next(each for each in MEASURES if each["code"] == code)
    points = [{"at": iso(now - 86400 * 6.5 + n * 43200), "value": round(base * (1 + 0.004 * ((n * 7) % 5 - 2)), 1), "by": ("patient", "device", "nurse")[n % 3], "body_site": None, "quality": "ok"} for n in range(13)]  # fmt: skip
    return {"code": code, "name": unit["name"], "unit": unit["unit"], "points": points}


def split(raw: str) -> list[str]:
    """The texts of the messages in a body, byte for byte as they were sent."""
    if not raw.startswith("["):
        return [raw]
    decoder, at, found = json.JSONDecoder(), 1, []
    while raw[at] != "]":
        _, end = decoder.raw_decode(raw, at)
        found.append(raw[at:end])
        at = end + (raw[end] == ",")
    return found


def refusal(message: dict[str, Any], place: int) -> dict[str, Any]:
    """One refused entry."""
    return {"boot": message["boot"], "seq": message["seq"], "path": f"obs[{place}].v", "reason": "implausible", "expected": "30 to 43 Cel",
            "said": words("La température n'est pas possible : mesurez encore une fois.", "The temperature is not possible: measure once more.")}  # fmt: skip


def _text(fr: str, en: str, name: str = "text") -> dict[str, Any]:
    translation = {"url": "http://hl7.org/fhir/StructureDefinition/translation",
                   "extension": [{"url": "lang", "valueCode": "en"}, {"url": "content", "valueString": en}]}  # fmt: skip
    return {name: fr, f"_{name}": {"extension": [translation]}}


def _choice(code: str, text: tuple[str, str], options: list[tuple[str, str]], **more: Any) -> dict[str, Any]:
    return {"linkId": code, "type": "choice", **_text(*text), "answerOption": [{"valueCoding": {"code": str(grade), **_text(*each, "display")}} for grade, each in enumerate(options)], **more}  # fmt: skip


YES_NO = [("Non", "No"), ("Oui", "Yes")]
SEVERITY = [
    ("Non", "No"),
    ("Oui, léger", "Yes, mild"),
    ("Oui, gênant", "Yes, a burden"),
    ("Oui, fort", "Yes, strong"),
    ("Oui, insupportable", "Yes, unbearable"),
]
QUESTIONNAIRE: dict[str, Any] = {
    "resourceType": "Questionnaire", "id": "chemo-daily", "version": "1.0.0", "status": "draft", **_text("Comment allez-vous ?", "How are you?", "title"),
    "code": [{"system": "urn:vigie:questionnaire", "code": "daily"}], "extension": [{"url": "urn:vigie:recall-hours", "valueInteger": 24}],
    "item": [
        _choice("rigors.presence", ("Avez-vous eu des frissons qui secouent tout le corps ?", "Have you had shivering that shakes your whole body?"), YES_NO, required=True),
        _choice("catheter-flushed.presence", ("Le cathéter a-t-il été rincé aujourd'hui ?", "Was the catheter flushed today?"), YES_NO),
        _choice("unwell.severity", ("Comment vous sentez-vous en ce moment ?", "How do you feel at present?"), [("Bien", "Well"), ("Un peu moins bien", "A little less well"), ("Pas bien", "Not well"), ("Très mal", "Very unwell")], required=True),
        _choice("symptoms.presence", ("Un symptôme vous gêne-t-il ?", "Does a symptom trouble you?"), YES_NO, required=True),
        {"linkId": "list", "type": "group", **_text("Depuis hier à la même heure", "Since this time yesterday"), "enableWhen": [{"question": "symptoms.presence", "operator": "=", "answerCoding": {"code": "1"}}],
         "item": [_choice("vomiting.severity", ("Avez-vous vomi ?", "Have you vomited?"), SEVERITY),
                  {"linkId": "stools.number", "type": "integer", **_text("Combien de selles aujourd'hui ?", "How many stools today?"), "extension": [
                      {"url": "http://hl7.org/fhir/StructureDefinition/minValue", "valueInteger": 0}, {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueInteger": 40}]}]},
        {"linkId": "other.text", "type": "text", "maxLength": 10000, **_text("Autre chose à dire à l'équipe ?", "Anything else to tell the team?")},
    ],
}  # fmt: skip
