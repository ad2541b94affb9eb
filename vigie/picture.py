"""The picture of a comparison as SVG: alerts a day now and new, gained and lost by rule. No library."""

from collections.abc import Sequence
from html import escape

from alerts.trial.compare import Comparison, Day, Rule
from domain.instants import iso

WIDTH, LEFT, RIGHT = 960, 60, 30
NOW, NEW, LOST, GAINED, INK, FAINT = "#8a8f98", "#1f5fa8", "#c4661f", "#1f5fa8", "#22262c", "#d9dce1"
MOST_BARS = 45  # pairs; more days are put together
TOP, HIGH = 118, 190  # the panel of days
ROW = 26


def svg(found: Comparison, *, now: str, new: str) -> str:
    """The whole picture; readable by itself, in English and French."""
    rules = [rule for rule in found.rules if rule.gained or rule.lost]
    below = TOP + HIGH + 92
    height = below + ROW * max(1, len(rules)) + 34
    total = found.total
    said = f"{found.patients} patients, {found.patient_days:g} patient-days / jours-patients"
    counts = (
        f"{total.now} → {total.new} alerts / alertes: +{total.gained} gained / gagnées, −{total.lost} lost / perdues"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'role="img" font-family="sans-serif" font-size="13">',
        f"<title>{escape(new)}</title><desc>{escape(f'{said}. {counts}')}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(LEFT, 30, f"{now}  →  {new}", size=18, bold=True),
        _text(LEFT, 52, f"{said}. {counts}"),
        *_days(found.days),
        *_rules(rules, below),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _text(x: float, y: float, text: str, *, size: int = 13, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="bold"' if bold else ""
    style = f'font-size="{size}" text-anchor="{anchor}" fill="{INK}"{weight}'
    return f'<text x="{x:g}" y="{y:g}" {style}>{escape(text)}</text>'


def _box(x: float, y: float, wide: float, high: float, fill: str) -> str:
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high:.1f}" fill="{fill}"/>'


def _days(days: Sequence[Day]) -> list[str]:
    step = -(-len(days) // MOST_BARS) or 1
    bars = [_together(days[start : start + step]) for start in range(0, len(days), step)]
    unit = "a day / par jour" if step == 1 else f"in {step} days / en {step} jours"
    parts = [_text(LEFT, 92, f"Alerts {unit}", bold=True), *_key(((NOW, "now / actuel"), (NEW, "new / nouveau")), 92)]
    most = max((max(bar.now, bar.new) for bar in bars), default=0)
    if not bars or not most:
        return [*parts, _text(LEFT, TOP + 30, "no alert / aucune alerte")]
    top = _round_up(most)
    for line in range(0, top + 1, max(1, top // 4)):
        y = TOP + HIGH - HIGH * line / top
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{FAINT}"/>')
        parts.append(_text(LEFT - 8, y + 4, str(line), anchor="end"))
    wide = (WIDTH - LEFT - RIGHT) / len(bars)
    for place, bar in enumerate(bars):
        for side, (count, fill) in enumerate(((bar.now, NOW), (bar.new, NEW))):
            high, half = HIGH * count / top, min(18.0, wide * 0.4)
            parts.append(_box(LEFT + wide * (place + 0.5) - half + side * half, TOP + HIGH - high, half, high, fill))
        if place % max(1, -(-len(bars) // 9)) == 0:
            x = LEFT + wide * (place + 0.5)
            parts.append(_text(x, TOP + HIGH + 20, iso(bar.at)[:10], size=11, anchor="middle"))
    return parts


def _together(days: Sequence[Day]) -> Day:
    return Day(days[0].at, sum(day.now for day in days), sum(day.new for day in days))


def _round_up(count: int) -> int:
    """The top of an axis: 4, 8, 20, 40 ... so that its quarters are whole."""
    tops = (top * 10**power for power in range(12) for top in (4, 8, 12, 20))
    return next(int(top) for top in tops if top >= count)


def _key(items: Sequence[tuple[str, str]], y: float) -> list[str]:
    parts = []
    for place, (fill, name) in enumerate(items):
        x = WIDTH - RIGHT - 150 * (len(items) - place)
        parts += [_box(x, y - 10, 12, 12, fill), _text(x + 18, y, name)]
    return parts


def _rules(rules: Sequence[Rule], top: float) -> list[str]:
    key = ((LOST, "lost / perdues"), (GAINED, "gained / gagnées"))
    parts = [_text(LEFT, top - 18, "Gained and lost by rule / par règle", bold=True), *_key(key, top - 18)]
    if not rules:
        return [*parts, _text(LEFT, top + 18, "none / aucune")]
    most = max(max(rule.gained, rule.lost) for rule in rules)
    middle, reach = 560.0, 300.0
    bottom = top + ROW * len(rules)
    parts.append(f'<line x1="{middle}" x2="{middle}" y1="{top}" y2="{bottom}" stroke="{INK}"/>')
    for place, rule in enumerate(rules):
        y = top + ROW * place
        lost, gained = reach * rule.lost / most, reach * rule.gained / most
        parts.append(_text(LEFT, y + 17, rule.rule))
        parts += [_box(middle - lost, y + 4, lost, ROW - 8, LOST), _box(middle, y + 4, gained, ROW - 8, GAINED)]
        if rule.lost:
            parts.append(_text(middle - lost - 6, y + 17, f"−{rule.lost}", anchor="end"))
        if rule.gained:
            parts.append(_text(middle + gained + 6, y + 17, f"+{rule.gained}"))
    return parts
