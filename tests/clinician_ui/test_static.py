"""What the console's scripts may not do, and that the vendored ones are the published ones."""

import hashlib
import re
from pathlib import Path

import pytest

from web.guard import _HEADERS

STATIC = Path(__file__).parents[2] / "clinician_ui" / "static"
LIT = STATIC / "vendor" / "lit"
SCRIPTS = sorted(each for each in STATIC.rglob("*.js") if "vendor" not in each.parts)
SINKS = (
    r"unsafeHTML|unsafeSVG|unsafeStatic|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function"
    r"|srcdoc|ContextualFragment|style=\$?\{"
)


def test_strings_become_text_and_attributes_never_markup_or_code() -> None:
    assert len(SCRIPTS) > 60
    assert [each.name for each in SCRIPTS if re.search(SINKS, each.read_text("utf-8"))] == []


@pytest.mark.parametrize("sink", ["unsafeHTML(text)", "node.innerHTML = text", "html`<p style=${text}>`", "eval(text)"])
def test_each_of_the_doors_is_found(sink: str) -> None:
    assert re.search(SINKS, sink)


def test_lit_is_what_was_reviewed_and_has_its_licence() -> None:
    sums = dict(reversed(line.split("  ")) for line in (LIT / "SHA256SUMS").read_text("ascii").splitlines())
    assert sums == {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in LIT.glob("*.js")}
    assert "BSD 3-Clause License" in (LIT / "LICENSE.txt").read_text("ascii")


def test_the_policy_allows_the_maker_of_lit_s_templates_and_no_other() -> None:
    made = set(re.findall(r'createPolicy\("([\w-]+)"', "".join(each.read_text("utf-8") for each in LIT.glob("*.js"))))
    assert made == {"lit-html"}
    policy = re.search(r"trusted-types ([^;]+)", _HEADERS["Content-Security-Policy"])
    assert policy is not None
    assert set(policy[1].split()) == {"vigie", "vigie-app", *made}


def test_every_component_has_a_name_of_the_console() -> None:
    names = [re.findall(r'customElements\.define\("([^"]+)"', each.read_text("utf-8")) for each in SCRIPTS]
    assert [name for found in names for name in found if not name.startswith("vg-")] == []
    assert sum(map(len, names)) > 0
