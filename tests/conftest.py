"""Fixtures of every test: a fresh migrated database, a broker of its own. Services end with the test session."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import timescale
from tests.support.broker import Broker, start_broker
from tests.support.databases import Server
from vigie.embedded.postgres import EmbeddedPostgres

NO_TIMESCALE = "no TimescaleDB on this machine"
_timescale_absent: list[str] = []


@pytest.fixture(scope="session")
def service_folder() -> Iterator[Path]:
    """A folder that the ordinary users of PostgreSQL and Mosquitto can enter (pytest's own cannot be, as root)."""
    folder = Path(tempfile.mkdtemp(prefix="vigie-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def embedded_server(request: pytest.FixtureRequest, service_folder: Path) -> Iterator[Server]:
    """One embedded PostgreSQL for the whole test session; TimescaleDB where only that is asked for."""
    if timescale.ONLY:
        server = request.getfixturevalue("timescale_server")
        assert server is not None, f"{NO_TIMESCALE}: {_timescale_absent[0]}"
        yield server
        return
    with EmbeddedPostgres(service_folder / "pg") as postgres:
        yield Server("embedded", postgres.url_of("{}"))


@pytest.fixture
def plain_database_url(embedded_server: Server) -> Iterator[str]:
    """A fresh migrated database on the embedded server; its name contains `test`."""
    with embedded_server.fresh() as url:
        yield url


@pytest.fixture
def database_url(plain_database_url: str) -> str:
    """One kind of database is enough here. In tests/flow and tests/hazards this fixture is `any_database_url`."""
    return plain_database_url


@pytest.fixture(scope="session")
def timescale_server() -> Iterator[Server | None]:
    """A real TimescaleDB, None where it cannot be had (the terminal summary then says why, loudly)."""
    with ExitStack() as stack:
        server: Server | None = None
        try:
            server = stack.enter_context(timescale.start())
        except timescale.Unavailable as error:
            _timescale_absent.append(str(error))
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test on `any_server` runs once on each kind, a slow one of a whole hub (`one_server`) on TimescaleDB alone."""
    if "any_server" in metafunc.fixturenames:
        one = timescale.ONLY or metafunc.definition.get_closest_marker("one_server")
        metafunc.parametrize("any_server", ["timescaledb"] if one else ["plain", "timescaledb"], indirect=True)


@pytest.fixture
def any_server(request: pytest.FixtureRequest) -> Server:
    """Every kind of server the tests can have: each test that uses this runs once on each."""
    server: Server | None
    if request.param == "plain":
        server = request.getfixturevalue("embedded_server")
    else:
        server = request.getfixturevalue("timescale_server")
        if server is None and request.node.get_closest_marker("one_server") and not timescale.ONLY:
            server = request.getfixturevalue("embedded_server")
    if server is None:
        pytest.skip(f"{NO_TIMESCALE}: {_timescale_absent[0]}")
    return server


@pytest.fixture
def any_database_url(any_server: Server) -> Iterator[str]:
    """A fresh migrated database, once on plain PostgreSQL and once on a real TimescaleDB."""
    with any_server.fresh() as url:
        yield url


@pytest.fixture
def any_empty_database_url(any_server: Server) -> Iterator[str]:
    """A fresh database without any table, on each kind of server."""
    with any_server.fresh(migrated=False) as url:
        yield url


@pytest.fixture
def any_postgres(any_server: Server, service_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server of the test's own, of each kind, still to be started: it may be stopped, killed, started again."""
    if any_server.label == "timescaledb":
        with timescale.own_postgres() as postgres:
            yield postgres
        return
    folder = Path(tempfile.mkdtemp(prefix="own-", dir=service_folder))
    folder.chmod(0o711)
    postgres = EmbeddedPostgres(folder / "pg")
    yield postgres
    postgres.stop()


@pytest.fixture(scope="module")
def broker(service_folder: Path) -> Iterator[Broker]:
    """A broker of the test module's own; `broker.add_device(site, device)` makes accounts."""
    folder = Path(tempfile.mkdtemp(prefix="broker-", dir=service_folder))
    folder.chmod(0o711)
    made = start_broker(folder / "mosquitto")
    yield made
    made.service.stop()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say loudly that the TimescaleDB half of the tests did not run, and why (whichever worker skipped it)."""
    skipped = [str(report.longrepr) for report in terminalreporter.getreports("skipped")]
    absent = next((text for text in skipped if NO_TIMESCALE in text), None)
    if absent is not None:
        terminalreporter.section("TIMESCALEDB TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.write_line(absent[absent.index(NO_TIMESCALE) :].rstrip("')"), red=True)
        terminalreporter.write_line("Storage and flow were tested on plain PostgreSQL only.", red=True)
