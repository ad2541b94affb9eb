"""`make bench`: every measured comparison, one after the other, as a table. Absolute figures belong to this machine.

python -m bench [--seconds 60]
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console as Terminal
from rich.table import Table

from bench import (
    app_use,
    app_view,
    chart,
    console,
    escalation,
    ingest,
    latency,
    oral,
    replay,
    scale,
    setting,
    standby,
    startup,
    step,
)

Row = tuple[str, str, str, str]


def rows(folder: Path, *, seconds: float, terminal: Terminal) -> Iterator[Row]:
    """What was measured, the figure, what is wanted, and the ratio to a comparison of the same run."""
    with terminal.status("the engine alone ..."):
        alone = step.measure()
    for name in ("three_values", "news2_complete"):
        title = f"engine.step, one core, {name.replace('_', ' ')}"
        yield title, f"{alone[name]['readings_per_s']:,} readings/s", "at least 45,000/s", "-"
    yield "a patient in the engine's memory", f"{alone['bytes_a_patient']:,} bytes", "at most 20,000", "-"
    with terminal.status("a replay of 850 patients, 30 days ..."):
        played = replay.measure(patients=850, days=30)
    figure = f"{played['seconds']} s, {played['rows_per_s']:,} rows/s on {played['jobs']} processes"
    yield "replay, 850 patients x 30 days, every 10 min", figure, "at most 60 s on two cores", "-"
    with terminal.status("start with 1,000 patients and 100,000 readings ..."):
        started = startup.measure(folder / "startup")
    yield "start, 1,000 patients, 100,000 readings", f"{started['start_s']} s to storing", "at most 5 s", "-"
    yield "hub memory, 1,000 patients loaded", f"{started['hub_rss_mb']} MB", "at most 300 MB", "-"
    with terminal.status("the chart of 90 days at a reading a minute ..."):
        drawn = chart.on_plain()
    figure = f"{drawn['rolled_ms']} ms, {drawn['points']} points of {drawn['readings']:,} readings"
    as_stored = f"{drawn['rolled_ms'] / drawn['stored_ms']:.2f} x without rollups ({drawn['stored_ms']} ms)"
    yield "chart query, 90 days at a reading a minute", figure, "at most 30 ms", as_stored
    with terminal.status("a standby takes over ..."):
        over = standby.measure(folder / "standby")
    figure = f"median {over['median_s']} s, longest {over['longest_s']} s of {over['times']}"
    yield "owner killed, as on another machine: until the standby acknowledges", figure, "at most 10 s", "-"
    with terminal.status("20,000 patients ..."):
        wide = scale.measure(folder / "scale")
    figure = f"{wide['hub_rss_mb']:,} MB, {wide['start_s']} s to storing"
    yield "20,000 patients, 2,000,000 readings", figure, "at most 1,500 MB, 30 s", "-"
    yield "cost of a message, 20,000 patients beside 200", "-", "at most 1.5 x", f"{wide['cost_ratio']} x"
    with terminal.status("the app's first view over 3G ..."):
        view = app_view.measure()
    yield "the app's files, uncompressed", f"{view['bytes']:,} bytes", "at most 300,000", "-"
    figure = f"{view['first_usable_ms']} ms to a form that can be used, {view['again_usable_ms']} ms the second time"
    yield "the app's first view, Chromium's Fast 3G", figure, "at most 1,500 ms", "-"
    with terminal.status("the app: a report, and a week without network ..."):
        used = app_use.measure(folder / "app")
    figure = f"{used['report_taps']} taps, {used['report_s']} s of the app's own"
    yield "daily report of a stable patient, from today to received", figure, "at most 6 taps, 60 s", "-"
    figure = (
        f"{used['week_stored']} of {used['week_sent']} stored, {used['week_once']} of them once, in {used['week_s']} s"
    )
    yield "a week without network, after it is back", figure, "each once within 60 s", "-"
    with terminal.status("the console before 850 patients ..."):
        seen = console.measure(folder / "console", seconds=seconds)
    yield from _console_rows(seen)
    with terminal.status(f"publish to alert frame, {seconds:.0f} s ..."):
        delay = latency.measure(folder / "latency", seconds=seconds)
    figure = (
        f"p50 {delay['p50_ms']} ms, p99 {delay['p99_ms']} ms ({delay['alerts']} alerts, {delay['not_seen']} not seen)"
    )
    yield "publish to alert frame, 50 messages/s, 200 patients", figure, "300 ms, 1 s", "-"
    yield from _latencies(folder, seconds=seconds, terminal=terminal)
    with terminal.status("over-doses and runs of missed doses ..."):
        doses = oral.measure(folder / "oral")
    figure = f"at most {doses['over_dose_max_s']} s ({doses['over_dose_not_told']} not told)"
    yield f"second dose to alert frame, {doses['patients']} patients", figure, "at most 2 s", "-"
    figure = f"at most {doses['missed_run_max_hub_s']} s ({doses['missed_run_not_told']} not told)"
    yield f"run of missed doses told after it counts, {doses['patients']} patients at once", figure, "at most 60 s", "-"
    with terminal.status("200 escalations at once ..."):
        late = escalation.measure(folder / "escalation")
    taken = late["taken"]
    figure = f"p99 {taken['p99_s']} s, max {taken['max_s']} s ({late['sent']} deliveries, {late['not_sent']} not sent)"
    title = f"escalation step late, {late['patients']} at once, gateway answers in {late['answer_ms']} ms"
    yield title, figure, "at most 5 s", "-"
    with terminal.status(f"ingest, {seconds:.0f} s, then mosquitto_sub | COPY ..."):
        found = ingest.measure(folder / "ingest", seconds=seconds, rate=ingest.RATE)
    yield from _ingest_rows(found, "one process", "-")
    with terminal.status(f"ingest by two processes, {seconds:.0f} s, then mosquitto_sub | COPY ..."):
        found = ingest.measure(folder / "ingest-2", seconds=seconds, rate=ingest.GROUPS_RATE, groups=2)
    yield from _ingest_rows(found, "two processes", "at least 8,000/s for 300 s")


def _ingest_rows(found: dict[str, Any], who: str, wanted: str) -> Iterator[Row]:
    figure = f"{found['acked_per_s']:,} messages/s, {found['acked']:,} of {found['sent']:,} acknowledged"
    pipe = f"{found['ratio_to_pipe']:.2f} x mosquitto_sub | COPY ({found['pipe']['stored_per_s']:,}/s)"
    yield f"ingest, {who}, committed and acknowledged, {found['seconds']} s", figure, wanted, pipe
    yield "hub processor and memory meanwhile", f"{found['hub_cpu_share']} core, {found['hub_rss_mb']} MB", "-", "-"


def _latencies(folder: Path, *, seconds: float, terminal: Terminal) -> Iterator[Row]:
    with terminal.status("from publish to alert frame, 1,000 messages a second ..."):
        busy = latency.measure(folder / "latency-busy", seconds=seconds, beside=950)
    figure = f"p50 {busy['p50_ms']} ms, p99 {busy['p99_ms']} ms ({busy['alerts']} alerts, {busy['not_seen']} not seen)"
    yield "publish to alert frame, 1,000 messages/s", figure, "p99 at most 250 ms", "-"
    with terminal.status("from publish to alert frame while 1,000,000 messages drain ..."):
        late = latency.measure(folder / "latency-backlog", seconds=seconds, backlog=1_000_000)
    figure = f"p50 {late['p50_ms']} ms, p99 {late['p99_ms']} ms ({late['alerts']} alerts, {late['not_seen']} not seen)"
    yield "publish to alert frame, a backlog of 1,000,000 draining", figure, "p99 at most 2 s", "-"
    yield "the backlog meanwhile", f"{late['drained_per_s']:,} messages/s", "at least 2,000/s", "-"


def _console_rows(seen: dict[str, Any]) -> Iterator[Row]:
    """What `bench.console` found, against what issue 6 wants."""
    view, flood, pixel, chart, back = (seen[name] for name in console.PARTS)
    who = f"the console, {console.PATIENTS} patients, {console.ALERTS} open alerts"
    yield f"{who}: first useful view", f"{view['useful_ms']} ms", "at most 1,500 ms", "-"
    figure = f"{view['kb']} kB, {view['heap_mb']} MB of live heap"
    yield f"{who}: over the wire, memory", figure, "at most 500 kB, 150 MB", "-"
    figure = (
        f"longest frame {flood['longest_frame_ms']} ms, {flood['over_100_ms']} of {flood['frames']} over 100 ms, "
        f"heap {flood['heap_before_mb']} to {flood['heap_after_mb']} MB"
    )
    title = f"{who}: 50 events/s for {flood['seconds']:.0f} s (wanted for 600 s)"
    yield title, figure, "no frame over 100 ms, no growth", "-"
    figure = f"p50 {pixel['p50_ms']} ms, p99 {pixel['p99_ms']} ms ({pixel['not_seen']} not seen)"
    title = f"commit to pixel, {pixel['consoles']} consoles of which {pixel['drawing']} draw"
    yield title, figure, "p99 at most 500 ms", "-"
    title = f"a chart of {chart['points']:,} points panned"
    yield title, f"{chart['frames_per_s']} frames/s", "at least 30 frames/s", "-"
    figure = f"all within {back['last_s']} s, half within {back['median_s']} s"
    title = f"{back['consoles']} consoles come back {back['events_each']} events late"
    yield title, figure, "at most 10 s", "-"


def main() -> None:
    """Print the table, a row as soon as it is measured."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    asked = parser.parse_args()
    terminal = Terminal(width=160)
    table = Table("measured", "figure", "wanted", "ratio in this run", title="Vigie, measured on this machine")
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)  # the services' users pass through
        for row in rows(Path(folder), seconds=asked.seconds, terminal=terminal):
            table.add_row(*row)
            terminal.print(f"{row[0]}: {row[1]}")
    terminal.print(table)


if __name__ == "__main__":
    main()
