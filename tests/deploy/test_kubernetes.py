"""The Kubernetes manifests as far as they can be checked without a cluster: names agree, commands and paths exist."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command

from vigie.cli import app
from vigie.settings import Settings

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy/kubernetes"
KUSTOMIZATION = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
THINGS: list[dict[str, Any]] = [
    thing for name in KUSTOMIZATION["resources"] for thing in yaml.safe_load_all((FOLDER / name).read_text())
]
PODS = {thing["metadata"]["name"]: thing["spec"]["template"] for thing in THINGS if thing["kind"] == "Deployment"}
GUIDE = (ROOT / "docs/cluster.md").read_text()
ROUTES = (ROOT / "clinician_ui/operations.py").read_text()


def _containers(pod: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from pod["spec"].get("initContainers", [])
    yield from pod["spec"]["containers"]


def _of(kind: str) -> dict[str, dict[str, Any]]:
    return {thing["metadata"]["name"]: thing for thing in THINGS if thing["kind"] == kind}


def test_every_file_is_applied() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {"kustomization.yaml", *KUSTOMIZATION["resources"]}
    assert set(PODS) == {"hub", "web"}


def test_no_secret_is_shipped_and_the_guide_makes_each_that_is_used() -> None:
    assert not _of("Secret")
    for pod in PODS.values():
        names = {source["secretRef"]["name"] for box in _containers(pod) for source in box["envFrom"][1:]}
        names |= {volume["secret"]["secretName"] for volume in pod["spec"]["volumes"] if "secret" in volume}
        assert names == {"vigie", "vigie-push"}
        for name in names:
            assert f"create secret generic {name} " in GUIDE, name
        assert "create configmap vigie-authority " in GUIDE


def test_settings_exist_and_secrets_are_not_among_them() -> None:
    known = {f"VIGIE_{name.upper()}" for name in Settings.model_fields}
    plain = set(_of("ConfigMap")["vigie"]["data"])
    told = set(re.findall(r"from-literal=(VIGIE_\w+)=", GUIDE))
    assert plain <= known
    assert told <= known
    assert {"VIGIE_DATABASE_URL", "VIGIE_MQTT_URL", "VIGIE_SECRET_KEY", "VIGIE_BROKER_ACL"} <= told
    assert not plain & told


@pytest.mark.parametrize("name", PODS)
def test_what_runs_is_a_command_of_the_hub_as_nobody_in_particular(name: str) -> None:
    assert PODS[name]["spec"]["securityContext"]["runAsUser"] == 10001  # the Dockerfile's
    assert "--uid 10001" in (ROOT / "Dockerfile").read_text()
    for box in _containers(PODS[name]):
        assert box["image"] in {image["name"] for image in KUSTOMIZATION["images"]}
        command, words = get_command(app), list(box["args"])
        assert words.pop(0) == "vigie"
        while hasattr(command, "commands"):
            command = command.commands[words.pop(0)]
        command.make_context("vigie", words)  # raises for an option that there is not
        bounds = box["securityContext"]
        assert bounds["readOnlyRootFilesystem"]
        assert not bounds["allowPrivilegeEscalation"]
        assert bounds["capabilities"]["drop"] == ["ALL"]
        assert box["resources"]["limits"]["memory"]


@pytest.mark.parametrize("name", PODS)
def test_probes_ask_paths_and_ports_that_there_are(name: str) -> None:
    box = PODS[name]["spec"]["containers"][0]
    ports = {port["name"]: str(port["containerPort"]) for port in box["ports"]}
    assert ports == {"http": _of("ConfigMap")["vigie"]["data"]["VIGIE_HTTP_PORT"]}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        asked = box[probe]["httpGet"]
        assert asked["port"] in ports
        assert f'@routes.get("{asked["path"]}"' in ROUTES
    notes = PODS[name]["metadata"]["annotations"]
    assert notes["prometheus.io/port"] in ports.values()
    assert f'@routes.get("{notes["prometheus.io/path"]}"' in ROUTES


def test_everything_selects_pods_that_there_are() -> None:
    labels = [pod["metadata"]["labels"] for pod in PODS.values()]
    budgets = {name: one["spec"]["selector"]["matchLabels"] for name, one in _of("PodDisruptionBudget").items()}
    doors = {name: one["spec"]["podSelector"]["matchLabels"] for name, one in _of("NetworkPolicy").items()}
    assert budgets == doors == {name: pod["metadata"]["labels"] for name, pod in PODS.items()}
    assert _of("Service")["console"]["spec"]["selector"] in labels
    for deployment in _of("Deployment").values():
        assert deployment["spec"]["selector"]["matchLabels"] in labels
        assert deployment["spec"]["replicas"] >= 2


def test_nobody_takes_over_by_force_and_no_browser_is_sent_to_a_hub_that_waits() -> None:
    assert "--take-over" not in "".join(path.read_text() for path in FOLDER.iterdir())
    assert _of("Service")["console"]["spec"]["selector"]["app.kubernetes.io/component"] == "web"
