"""The daily synthesis as a PDF: the same rows as the page, on A4, with its fonts inside. No database.

Text is drawn as text: nothing in it is markup. A character that the font cannot draw, or that only steers text, is
written as its number, so that nothing is lost and nothing deceives.
"""

import re
from collections.abc import Container, Iterator
from functools import cache
from io import BytesIO
from pathlib import Path
from threading import Lock

from msgspec import Struct
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from clinician_ui.synthesis_text import Row, Section, day_text, moment_text, sections
from clinician_ui.synthesis_words import word
from domain.instants import Micros
from domain.synthesis import Synthesis

FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD = "DejaVuSans", "DejaVuSans-Bold"
WIDTH, HEIGHT = A4
ASTRAL = 0x10000  # beyond it the text cannot be copied out of the file again
EDGE, FOOT, WHEN = 15 * mm, 18 * mm, 24 * mm
INK, MUTED = (0.08, 0.09, 0.13), (0.37, 0.4, 0.45)
COLOURS = {"high": (0.7, 0.07, 0.14), "medium": (0.55, 0.32, 0), "low": (0.13, 0.33, 0.62)}
# Hebrew and Arabic: drawn from right to left, line by line.
_LEFTWARDS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_RUN = re.compile(f"[{_LEFTWARDS}]+(?:[ ,.;:!?]+[{_LEFTWARDS}]+)*")
_one_at_a_time = Lock()  # what a font has drawn so far is kept in the font


class Style(Struct, frozen=True):
    """How a paragraph is drawn; lengths in points."""

    font: str = PLAIN
    size: float = 9.5
    line: float = 13.5
    left: float = 0.0
    colour: tuple[float, float, float] = INK


TEXT = Style(left=WHEN)
NOTE = Style(size=8.5, line=12, left=WHEN, colour=MUTED)
QUOTE = Style(left=WHEN + 3 * mm, line=13)


class Sheet(Struct, frozen=True):
    """What stands around the synthesis. `name`: of the patient; `status`: reviewed by whom, or automatic."""

    name: str
    site: str
    status: tuple[str, ...]
    version: str
    printed_at: Micros


def pdf(found: Synthesis, sheet: Sheet, lang: str) -> bytes:
    """The document."""
    with _one_at_a_time:
        fonts()
        paper = _Paper(found, sheet, lang)
        paper.head()
        for section in sections(found, lang):
            paper.section(section)
        return paper.finished()


@cache
def fonts() -> dict[str, TTFont]:
    """The fonts, read once a process."""
    found = {name: TTFont(name, FONTS / f"{name}.ttf") for name in (PLAIN, BOLD)}
    for font in found.values():
        pdfmetrics.registerFont(font)
    return found


def clean(text: str, font: str = PLAIN) -> str:
    """What the font can draw; everything else by its number."""
    drawn = fonts()[font].face.charToGlyph
    shown = (letter if _drawable(letter, drawn) else f"\\u{{{ord(letter):x}}}" for letter in text.replace("\r\n", "\n"))
    return "".join(shown)


def _drawable(letter: str, drawn: Container[int]) -> bool:
    if letter in "\n\N{NO-BREAK SPACE}":
        return True
    return ord(letter) in drawn and ord(letter) < ASTRAL and letter.isprintable()


def lines(text: str, style: Style, width: float) -> Iterator[str]:
    """The text in lines that fit, broken at spaces, and inside a word only where it is longer than a line."""
    for paragraph in clean(text, style.font).split("\n"):
        line = ""
        for piece in re.findall(r"[^ ]+ *| +", paragraph):
            if _width(line + piece.rstrip(" "), style) <= width:
                line += piece
                continue
            if line:
                yield line.rstrip(" ")
            line = piece
            while _width(line.rstrip(" "), style) > width:
                cut = _fitting(line, style, width)
                yield line[:cut]
                line = line[cut:]
        yield line.rstrip(" ")


def _width(text: str, style: Style) -> float:
    return float(pdfmetrics.stringWidth(text, style.font, style.size))


def _fitting(text: str, style: Style, width: float) -> int:
    """How many letters fit, at least one."""
    used, count = 0.0, 0
    for letter in text:
        used += _width(letter, style)
        if used > width and count:
            break
        count += 1
    return count


class _Paper:
    """A4 sheets of one synthesis, filled from top to bottom."""

    def __init__(self, found: Synthesis, sheet: Sheet, lang: str) -> None:
        self.found, self.sheet, self.lang = found, sheet, lang
        self.out = BytesIO()
        self.canvas = Canvas(self.out, pagesize=A4, lang=lang)
        self.canvas.setTitle(f"{word('title', lang)} · {found.patient} · {found.day.isoformat()}")
        self.canvas.setCreator("Vigie")
        self.y, self.page = HEIGHT - EDGE, 1

    def room(self, needed: float) -> None:
        """A new sheet when so much does not fit any more."""
        if self.y - needed < FOOT:
            self.foot()
            self.canvas.showPage()
            self.y, self.page = HEIGHT - EDGE, self.page + 1

    def write(self, text: str, style: Style) -> None:
        """One paragraph."""
        for line in lines(text, style, WIDTH - 2 * EDGE - style.left):
            self.room(style.line)
            self.y -= style.line
            self.draw(line, EDGE + style.left, style)

    def draw(self, line: str, x: float, style: Style) -> None:
        self.canvas.setFont(style.font, style.size)
        self.canvas.setFillColorRGB(*style.colour)
        self.canvas.drawString(x, self.y, _RUN.sub(lambda run: run[0][::-1], line))

    def head(self) -> None:
        """Who, which day, who reviewed it."""
        found, lang = self.found, self.lang
        whole = word("whole", lang) if found.whole else word("until", lang, moment_text(found.upto, found.zone, lang))
        printed = word("printed", lang, moment_text(self.sheet.printed_at, found.zone, lang), found.zone)
        self.write(f"Vigie · {word('title', lang)}", Style(size=10, colour=MUTED))
        self.write(self.sheet.name, Style(BOLD, 15, 20))
        self.write(
            f"{found.patient} · {self.sheet.site} · {day_text(found.day, lang)}, {whole}", Style(size=10, line=15)
        )
        for line in self.sheet.status:
            self.write(line, Style(BOLD, 9.5))
        self.write(f"{printed} {self.sheet.version}", Style(size=8, line=11, colour=MUTED))

    def section(self, section: Section) -> None:
        """One part, or what is said when there is nothing in it."""
        self.room(22 * mm)
        self.y -= 8
        self.canvas.setStrokeColorRGB(*MUTED)
        self.canvas.line(EDGE, self.y, WIDTH - EDGE, self.y)
        self.y -= 4
        self.write(section.title, Style(BOLD, 11, 16))
        if not section.rows:
            self.write(section.empty, Style(colour=MUTED))
        for row in section.rows:
            self.row(row)

    def row(self, row: Row) -> None:
        """When, what, and beside it what belongs to it; a person's own words between quotation marks."""
        self.room(2 * TEXT.line)
        if row.when:
            self.y -= TEXT.line
            self.draw(clean(row.when), EDGE, Style(size=9, colour=MUTED))
            self.y += TEXT.line
        if row.mark:
            self.sign(row.mark, EDGE + WHEN - 7, self.y - TEXT.line + 3.2)
        self.write(row.text, Style(BOLD, left=WHEN) if row.mark else TEXT)
        for note in row.notes:
            self.write(note, NOTE)
        if row.quote is not None:
            self.quote(row.quote)
        self.y -= 2

    def quote(self, text: str) -> None:
        begin, end = ("« ", " »") if self.lang == "fr" else ("“", "”")
        self.write(f"{begin}{text}{end}", QUOTE)
        if _RUN.search(text):
            self.write(word("leftwards", self.lang), NOTE)

    def sign(self, severity: str, x: float, y: float) -> None:
        """Triangle high, diamond medium, circle low: beside the word, never instead of it."""
        self.canvas.setFillColorRGB(*COLOURS[severity])
        if severity == "low":
            self.canvas.circle(x, y, 3.3, stroke=0, fill=1)
            return
        corners = [(x - 4, y - 3.4), (x + 4, y - 3.4), (x, y + 4)]
        if severity == "medium":
            corners = [(x - 4.2, y), (x, y + 4.2), (x + 4.2, y), (x, y - 4.2)]
        path = self.canvas.beginPath()
        path.moveTo(*corners[0])
        for corner in corners[1:]:
            path.lineTo(*corner)
        path.close()
        self.canvas.drawPath(path, stroke=0, fill=1)

    def foot(self) -> None:
        """Whose it is and which page."""
        self.canvas.setFont(PLAIN, 7.5)
        self.canvas.setFillColorRGB(*MUTED)
        day, page = day_text(self.found.day, self.lang), word("page", self.lang, self.page)
        self.canvas.drawString(EDGE, 10 * mm, f"{self.found.patient} · {day} · {word('not-device', self.lang)}")
        self.canvas.drawRightString(WIDTH - EDGE, 10 * mm, page)

    def finished(self) -> bytes:
        """The file; the last sheet says that it is the last."""
        self.room(TEXT.line)
        self.y -= TEXT.line
        self.draw(f"— {word('last-page', self.lang)} —", EDGE, Style(size=8, colour=MUTED))
        self.foot()
        self.canvas.save()
        return self.out.getvalue()
