"""Simulated patients registered with a hub: what `vigie fleet make` writes is what the simulators read."""

from pathlib import Path

from typer.testing import CliRunner

from device_sim import fleet_file
from storage.connection import connect
from vigie.cli import app


def test_the_fleet_file_is_one_the_simulators_accept_and_can_be_made_again(database_url: str, tmp_path: Path) -> None:
    settings = {
        "VIGIE_DATABASE_URL": database_url,
        "VIGIE_MQTT_URL": "mqtt://vigie-hub:k3jh-98Ab@127.0.0.1:1",
        "VIGIE_BROKER_ACL": f"file:{tmp_path / 'accounts'}",
    }
    path = tmp_path / "fleet.json"
    words = ["fleet", "make", str(path), "--virtual", "6", "--replayed", "2"]
    passwords = set()
    for _ in range(2):
        result = CliRunner().invoke(app, words, env=settings)
        assert result.exit_code == 0, result.output
        fleet = fleet_file.read(path)
        passwords |= {device.password for device in fleet.devices}
    assert len(fleet.devices) == 8
    assert len(passwords) == 16
    assert path.stat().st_mode & 0o077 == 0
    with connect(database_url) as conn:
        assert conn.execute("SELECT count(*), count(DISTINCT patient) FROM plan").fetchone() == (8, 8)
        assert conn.execute("SELECT count(*) FROM wearing WHERE to_at IS NULL").fetchone() == (8,)
