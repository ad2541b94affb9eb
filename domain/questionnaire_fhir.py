"""The subset of a FHIR R4 Questionnaire that Vigie understands: text in, questionnaire or faults out. Pure.

What says who made it (publisher, contact ...) is let through; what changes what is asked and is not understood here is
refused by name. A fault names file, item, field, and what was expected. Texts: French, English by the extension
`translation`. Answers link to rules by `item.code` of the system `urn:vigie:answer` (ITEM.ATTRIBUTE), else by linkId.
"""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from domain.converting import decoder
from domain.questionnaire import (
    DEFAULT_ATTRIBUTE,
    Branch,
    Condition,
    Grade,
    Kind,
    Question,
    Questionnaire,
    Round,
    Words,
)
from domain.questionnaire_shape import Item, Option, Primitive, Resource, When
from domain.wire import MAX_TEXT

_resource = decoder(Resource)
FHIR = "http://hl7.org/fhir/StructureDefinition/"
TRANSLATION, ORDINAL = FHIR + "translation", FHIR + "ordinalValue"
MIN, MAX = FHIR + "minValue", FHIR + "maxValue"
OURS = "urn:vigie:"
ANSWER, NAME, PROTOCOL = OURS + "answer", OURS + "questionnaire", OURS + "protocol"
RECALL, SCHEDULE, DRUG, SUM_OF = OURS + "recall-hours", OURS + "schedule", OURS + "drug", OURS + "sum-of"
CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,47}\.[a-z0-9][a-z0-9-]{0,15}")
LINK = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")
LARGEST = 1_000_000  # characters of one file
MOST_QUESTIONS, DEEPEST = 200, 4
STATUSES = ("V", "V2", "M", "D")


class QuestionnaireError(ValueError):
    """A file that cannot be used. One fault a line, each with file, item, field, and what was expected."""


def read(file: str, text: str, *, licence: str | None = None) -> Questionnaire:
    """One file's text. `licence` stands for its `copyright`. Raises QuestionnaireError."""
    if len(text) > LARGEST:
        raise QuestionnaireError(f"{file}: expected at most {LARGEST} characters, got {len(text)}")
    if "\\u0000" in text or "\x00" in text:
        raise QuestionnaireError(f"{file}: expected text without U+0000")
    try:
        found = _resource(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise QuestionnaireError(f"{file}: {_named(error, text)}") from error
    reader = _Reader(file, licence)
    built = reader.whole(found)
    if reader.faults or built is None:
        raise QuestionnaireError("\n".join(reader.faults))
    return built


def _named(error: Exception, text: str) -> str:
    """msgspec's words with the item's linkId instead of its place in the list."""
    said, _, path = str(error).partition(" - at `$.")
    path = path.rstrip("`")
    if not path:
        return said
    try:
        here: Any = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return f"{path}: {said}"
    link, rest = None, path
    while (step := re.match(r"item\[(\d+)\]\.?", rest)) is not None:
        try:
            here = here["item"][int(step[1])]
            link = here.get("linkId", f"number {int(step[1]) + 1}")
        except (AttributeError, KeyError, IndexError, TypeError):
            break
        rest = rest[step.end() :]
    where = path if link is None else f"item {str(link)[:64]}" + (f": {rest}" if rest else "")
    return f"{where}: {said}"


class _Reader:
    """Collects every fault of one file, and builds what there is."""

    def __init__(self, file: str, licence: str | None) -> None:
        self.file = file
        self.licence = licence
        self.faults: list[str] = []
        self.codes: dict[str, tuple[str, Item]] = {}  # linkId -> code and item of each question
        self.links: set[str] = set()

    def fault(self, where: str, expected: str) -> None:
        self.faults.append(f"{self.file}: {where}: {expected}")

    def whole(self, found: Resource) -> Questionnaire | None:
        if LINK.fullmatch(found.id) is None or found.id != found.id.lower():
            self.fault("id", f"expected lower case letters, digits, - and ., got {found.id[:64]!r}")
        if VERSION.fullmatch(found.version) is None:
            self.fault("version", f"expected at most 32 letters, digits, - and ., got {found.version[:64]!r}")
        if found.modifiers:
            self.fault("modifierExtension", "expected none: what it changes is not understood here")
        licence = self.licence or found.copyright or ""
        if not licence.strip():
            self.fault("copyright", "expected the licence under which these questions may be asked")
        self._index(found.item, 1)
        questions = tuple(self._questions(found.item, ()))
        self._whole_faults(questions)
        built = Questionnaire(
            id=found.id, version=found.version, name=self._name(found),
            title=self._words("title", found.title, found.title_more), recall_h=self._recall(found), licence=licence,
            source=found.purpose or "", protocols=self._protocols(found), questions=questions,
            rounds=tuple(self._rounds(found)),
            intro=None if found.description is None
            else self._words("description", found.description, found.description_more),
        )  # fmt: skip
        return None if self.faults else built

    # ---- the head ---------------------------------------------------------------------------------------------------

    def _name(self, found: Resource) -> str:
        names = [each.code for each in found.code if each.system == NAME and each.code]
        if len(names) > 1 or (names and re.fullmatch(r"[a-z0-9][a-z0-9-]{0,47}", names[0] or "") is None):
            self.fault("code", f"expected at most one of the system {NAME}: lower case letters, digits and -")
        return str(names[0]) if names else found.id

    def _protocols(self, found: Resource) -> tuple[str, ...]:
        contexts = [each.concept for each in found.context if each.code.code == "program" and each.concept is not None]
        return tuple(c.code for each in contexts for c in each.coding if c.system == PROTOCOL and c.code)

    def _recall(self, found: Resource) -> int:
        hours = [each.integer for each in found.extension if each.url == RECALL]
        if len(hours) != 1 or hours[0] is None or not 1 <= hours[0] <= 24 * 92:
            self.fault(RECALL, "expected one valueInteger, 1 to 2208 hours: the stretch that the questions are about")
            return 24
        return hours[0]

    def _rounds(self, found: Resource) -> Iterator[Round]:
        for number, each in enumerate(found.extension):
            if each.url != SCHEDULE:
                continue
            part = {one.url: one for one in each.extension}
            phase, status = (part[n].code if n in part else None for n in ("phase", "status"))
            every = part["every-min"].integer if "every-min" in part else None
            source = part["source"].string if "source" in part else None
            if not phase or status not in STATUSES or not source or every is None or not 60 <= every <= 60 * 24 * 92:
                self.fault(
                    f"extension[{number}] {SCHEDULE}",
                    f"expected phase, every-min from 60, source, and status {', '.join(STATUSES)}",
                )
                continue
            yield Round(phase, every, source, status or "")

    def _words(self, where: str, text: str | None, more: Primitive | None) -> Words:
        """French as written, English by the extension; a text in one language stands for both."""
        if text is None or not text.strip():
            self.fault(where, "expected a text")
            return Words("", "")
        english = None
        for each in more.extension if more is not None else ():
            part = {one.url: one for one in each.extension}
            if each.url == TRANSLATION and "lang" in part and part["lang"].code == "en":
                english = part["content"].string if "content" in part else None
                if not english:
                    self.fault(where, "expected content beside lang en in its translation")
        return Words(text, english or text)

    # ---- items ------------------------------------------------------------------------------------------------------

    def _index(self, items: tuple[Item, ...], depth: int) -> None:
        if depth > DEEPEST:
            self.fault("item", f"expected groups in at most {DEEPEST} levels")
            return
        for item in items:
            if LINK.fullmatch(item.link) is None or item.link in self.links:
                self.fault(f"item {item.link[:64]!r}", "linkId: expected letters, digits, - . _ and each once")
            self.links.add(item.link)
            if item.type == "group":
                self._index(item.item, depth + 1)
            elif item.item:
                self.fault(f"item {item.link}", "item: expected inside groups only")
            elif item.type != "display":
                self.codes[item.link] = (self._code(item), item)

    def _code(self, item: Item) -> str:
        linked = [each.code for each in item.code if each.system == ANSWER]
        field = {"choice": "g", "integer": "n", "decimal": "n"}.get(item.type, "s")
        name = item.link if CODE.fullmatch(item.link) else f"{_plain(item.link)}.{DEFAULT_ATTRIBUTE[field]}"
        code = linked[0] if linked and linked[0] else name
        if len(linked) > 1 or CODE.fullmatch(code) is None:
            fault = f"code: expected one of the system {ANSWER}: ITEM.ATTRIBUTE, got {code[:64]!r}"
            self.fault(f"item {item.link}", fault)
        return code

    def _questions(self, items: tuple[Item, ...], above: tuple[Branch, ...]) -> Iterator[Question]:
        for item in items:
            own = self._branch(item)
            if item.type == "group":
                yield from self._questions(item.item, (*above, *own))
            elif item.type != "display":
                yield self._question(item, own, above)

    def _branch(self, item: Item) -> tuple[Branch, ...]:
        if not item.when:
            return ()
        if len(item.when) > 1 and item.behavior is None:
            self.fault(f"item {item.link}", "enableBehavior: expected all or any beside several enableWhen")
        found = [c for each in item.when if (c := self._condition(item, each)) is not None]
        return (Branch(tuple(found), item.behavior == "any"),)

    def _condition(self, item: Item, when: When) -> Condition | None:
        where = f"item {item.link}: enableWhen"
        if when.question not in self.codes:
            self.fault(where, f"question: expected the linkId of a question, got {when.question[:64]!r}")
            return None
        code, about = self.codes[when.question]
        if when.operator == "exists":
            if when.boolean is None:
                self.fault(where, "answerBoolean: expected beside exists")
            return Condition(code, "exists", float(bool(when.boolean)))
        if about.type == "choice":
            return self._chosen(where, when, code, about)
        value = when.integer if when.integer is not None else when.decimal
        if about.type not in ("integer", "decimal") or value is None:
            self.fault(where, "expected answerCoding of a choice, or answerInteger or answerDecimal of a number")
            return None
        return Condition(code, when.operator, float(value))

    def _chosen(self, where: str, when: When, code: str, about: Item) -> Condition | None:
        if when.operator not in ("=", "!=") or when.coding is None:
            self.fault(where, "operator, answerCoding: expected = or != and a coding of the choice")
            return None
        for option in about.options:
            if option.coding.code == when.coding.code:
                grade = _grade(option)
                return None if grade is None else Condition(code, when.operator, float(grade))
        self.fault(where, f"answerCoding: expected an option of {about.link}, got {str(when.coding.code)[:64]!r}")
        return None

    def _question(self, item: Item, when: tuple[Branch, ...], section: tuple[Branch, ...]) -> Question:
        where, kind = f"item {item.link}", _KINDS[item.type]
        code = self.codes.get(item.link, (f"{_plain(item.link)}.text", item))[0]
        name, _, attribute = code.partition(".")
        low, high = (self._bound(item, url) for url in (MIN, MAX))
        if kind == "number" and (low is None or high is None or not low <= high):
            self.fault(where, "extension: expected minValue and maxValue, the one not above the other")
        if kind == "text" and (item.longest is None or not 1 <= item.longest <= MAX_TEXT):
            self.fault(where, f"maxLength: expected 1 to {MAX_TEXT}")
        if kind != "grade" and item.options:
            self.fault(where, "answerOption: expected on a choice only")
        return Question(
            item=name, attribute=attribute, kind=kind, text=self._words(f"{where}: text", item.text, item.text_more),
            grades=self._grades(item) if kind == "grade" else (), low=low, high=high, longest=item.longest,
            required=item.required, when=when, section=section,
            drugs=tuple(each.code for each in item.extension if each.url == DRUG and each.code),
            sum_of=self._sum(item, kind),
        )  # fmt: skip

    def _bound(self, item: Item, url: str) -> float | None:
        found = [e.integer if e.integer is not None else e.decimal for e in item.extension if e.url == url]
        return None if not found or found[0] is None else float(found[0])

    def _sum(self, item: Item, kind: Kind) -> tuple[str, ...]:
        links = [each.string for each in item.extension if each.url == SUM_OF]
        for link in links:
            about = self.codes.get(link or "")
            if kind != "number" or about is None or about[1].type not in ("choice", "integer", "decimal"):
                self.fault(f"item {item.link}", f"{SUM_OF}: expected, on a number, the linkId of a choice or number")
                return ()
        return tuple(self.codes[link][0] for link in links if link is not None)

    def _grades(self, item: Item) -> tuple[Grade, ...]:
        where, found = f"item {item.link}", []
        for number, option in enumerate(item.options):
            grade = _grade(option)
            if grade is None or not 0 <= grade <= 4:
                self.fault(f"{where}: answerOption[{number}]", "expected ordinalValue, or a code, of 0 to 4")
                continue
            place = f"{where}: answerOption[{number}].valueCoding.display"
            found.append(Grade(grade, self._words(place, option.coding.display, option.coding.display_more)))
        if len(found) < 2 or len({each.g for each in found}) != len(found):
            self.fault(where, "answerOption: expected at least two, each grade once")
        return tuple(found)

    def _whole_faults(self, questions: tuple[Question, ...]) -> None:
        codes = [question.code for question in questions]
        for code in sorted({code for code in codes if codes.count(code) > 1}):
            self.fault("item", f"code: expected each answer once, got {code} twice")
        if not 1 <= len(questions) <= MOST_QUESTIONS:
            self.fault("item", f"expected 1 to {MOST_QUESTIONS} questions, got {len(questions)}")
        place = {code: number for number, code in enumerate(codes)}
        for question in questions:
            for condition in (one for branch in (*question.section, *question.when) for one in branch.of):
                if place.get(condition.code, -1) >= place[question.code]:
                    fault = f"enableWhen: expected a question before it, got {condition.code}"
                    self.fault(f"item {question.code}", fault)


_KINDS: dict[str, Kind] = {
    "choice": "grade", "integer": "number", "decimal": "number", "string": "text", "text": "text",
}  # fmt: skip


def _plain(link: str) -> str:
    """A linkId as the name of an item."""
    return re.sub(r"[^a-z0-9-]+", "-", link.lower()).strip("-")[:48] or "item"


def _grade(option: Option) -> int | None:
    """The grade of an option: its ordinalValue, else its code where that is a digit."""
    for each in (*option.extension, *option.coding.extension):
        if each.url == ORDINAL and each.decimal is not None:
            return int(each.decimal) if each.decimal == int(each.decimal) else None
    code = option.coding.code or ""
    return int(code) if re.fullmatch(r"[0-4]", code) else None
