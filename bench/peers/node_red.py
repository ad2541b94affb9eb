"""Node-RED as well as one can: `mqtt in`, a function that gathers up to 500 messages or 100 ms, one INSERT a batch.

Installed from npm once, outside the repository. Says why when it cannot be had.
"""

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

HOME = Path.home() / ".cache" / "vigie" / "node-red"
PACKAGES = ("node-red@4", "pg@8")
# `pg` is loaded by the function itself: the fewest hops between message and database that Node-RED has.
_SETUP = """
const pool = new pg.Pool({host: %(host)s, database: %(database)s, user: "postgres", max: 4});
context.set("rows", []);
context.set("pool", pool);
const flush = () => {
  const rows = context.get("rows");
  if (!rows.length) return;
  context.set("rows", []);
  pool.query("INSERT INTO peer (device, seq, code, value, measured_at) SELECT * FROM json_to_recordset($1) " +
    "AS r (device text, seq bigint, code text, value float8, measured_at timestamptz)", [JSON.stringify(rows)])
    .catch((error) => node.error(error));
};
context.set("flush", flush);
context.set("timer", setInterval(flush, 100));
"""
_EACH = """
const found = msg.payload, rows = context.get("rows"), device = msg.topic.split("/")[3];
for (const value of found.obs) {
  rows.push({device, seq: found.seq, code: value.c, value: value.v, measured_at: found.t});
}
if (rows.length >= 1500) context.get("flush")();
return null;
"""


class Unavailable(RuntimeError):
    """Node-RED cannot be had here; the text says why."""


def command(folder: Path, database_url: str, mqtt_url: str, topic: str) -> list[str]:
    """A user folder of its own with the flow, and the command that runs it. Raises Unavailable."""
    _installed()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "node_modules").symlink_to(HOME / "node_modules")
    (folder / "package.json").write_text('{"name": "flow", "dependencies": {"pg": "8"}}')
    (folder / "flows.json").write_text(json.dumps(_flow(database_url, mqtt_url, topic)))
    where = urlsplit(mqtt_url)
    secret = {"broker": {"user": where.username, "password": where.password}}
    (folder / "flows_cred.json").write_text(json.dumps(secret))
    (folder / "settings.js").write_text(
        'module.exports = {flowFile: "flows.json", credentialSecret: false, httpAdminRoot: false, httpNodeRoot: false,'
        " disableEditor: true, uiPort: 0, functionExternalModules: true,"
        ' contextStorage: {default: {module: "memory"}}, logging: {console: {level: "error"}}};'
    )
    program = str(HOME / "node_modules" / ".bin" / "node-red")
    return [program, "--userDir", str(folder), "--settings", str(folder / "settings.js")]


def _installed() -> None:
    if (HOME / "node_modules" / ".bin" / "node-red").exists():
        return
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    HOME.mkdir(parents=True, exist_ok=True)
    argv = [npm, "install", "--no-audit", "--no-fund", "--prefix", str(HOME), *PACKAGES]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode:
        raise Unavailable(f"npm: {done.stderr.strip()[-200:]}")


def _flow(database_url: str, mqtt_url: str, topic: str) -> list[dict[str, object]]:
    where = urlsplit(mqtt_url)
    path, _, host = database_url.removeprefix("postgresql://postgres@/").partition("?host=")
    setup = _SETUP % {"host": json.dumps(host), "database": json.dumps(path)}
    function = {
        "id": "store", "type": "function", "z": "tab", "x": 400, "y": 80,
        "name": "store", "func": _EACH, "outputs": 0, "wires": [],
        "initialize": setup, "finalize": 'clearInterval(context.get("timer"));',
        "libs": [{"var": "pg", "module": "pg"}],
    }  # fmt: skip
    subscriber = {
        "id": "in", "type": "mqtt in", "z": "tab", "x": 160, "y": 80,
        "topic": topic, "qos": "1", "datatype": "json", "broker": "broker",
        "inputs": 0, "wires": [["store"]],
    }  # fmt: skip
    broker = {
        "id": "broker", "type": "mqtt-broker", "broker": where.hostname, "port": str(where.port), "tls": "",
        "clientid": where.username, "autoConnect": True, "usetls": False, "protocolVersion": "4", "keepalive": "60",
        "cleansession": True,
    }  # fmt: skip
    return [{"id": "tab", "type": "tab", "label": "flow"}, broker, subscriber, function]
