"""The app's files: light, listed by the service worker, without a sink for markup, and with words in both languages."""

import re

import pytest

from patient_ui import release

SCRIPTS = sorted(release.STATIC.glob("*.js"))
WEIGHT = 300_000  # bytes of everything the app is made of, as served without compression
FIRST_VIEW = ("index.html", "app.css", "main.js", "dom.js", "words.js", "api.js", "login.js")


def test_the_whole_app_is_light() -> None:
    assert sum(each.stat().st_size for each in release.STATIC.iterdir()) <= WEIGHT


def test_the_service_worker_knows_this_release() -> None:
    said = "python -m patient_ui.release was not run after a change"
    assert release.WORKER.read_text() == release.stamped(release.WORKER.read_text()), said


def test_a_changed_file_is_another_release(tmp_path) -> None:
    (tmp_path / "a.js").write_text("1")
    before = release.stamped('const RELEASE = "";\nconst FILES = [];', tmp_path)
    (tmp_path / "a.js").write_text("2")
    after = release.stamped(before, tmp_path)
    assert before != after
    assert 'const FILES = ["a.js"];' in after


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_no_script_can_turn_text_into_markup_or_code(script) -> None:
    sinks = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|ContextualFragment"
    assert not re.search(sinks, script.read_text())


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda each: each.name)
def test_a_script_says_what_lives_in_it_and_imports_its_own_room_only(script) -> None:
    text = script.read_text()
    assert text.startswith("// ")
    for imported in re.findall(r"""(?:^import .*from |^import |import\()["']([^"']+)["']""", text, re.MULTILINE):
        assert re.fullmatch(r"\./[a-z-]+\.js", imported), imported
        assert (release.STATIC / imported[2:]).exists(), imported


def test_the_first_view_imports_nothing_else() -> None:
    for name in FIRST_VIEW[2:]:
        for imported in re.findall(r'^import .*"\./([a-z-]+\.js)";', (release.STATIC / name).read_text(), re.MULTILINE):
            assert imported in FIRST_VIEW, f"{name} makes the first view wait for {imported}"


def test_every_sentence_is_there_in_both_languages() -> None:
    texts = {each.name: each.read_text() for each in SCRIPTS}
    words = texts["words.js"] + texts["page-words.js"]
    defined = set(re.findall(r'[\s{,]"?([A-Za-z][\w-]*)"?: \["[^"]+(?:"|\\")', words))
    used = {name for text in texts.values() for name in re.findall(r'\bt\("([\w-]+)"', text)}
    many = {name for text in texts.values() for name in re.findall(r'\bplural\("([\w-]+)",', text)} - {"entries"}
    assert used | {f"{name}{end}" for name in many for end in ("One", "Many")} <= defined
    assert len(re.findall(r'\["[^"]*", "[^"]*"\]', words)) > 250
