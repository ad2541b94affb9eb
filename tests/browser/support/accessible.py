"""What axe-core finds on a page: violations of WCAG 2.2 A and AA, and whatever else it calls serious or critical."""

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
# The rules of WCAG 2.2 are not on by themselves.
_RUN = "axe.run({resultTypes: ['violations'], rules: {'target-size': {enabled: true}}})"


def violations(page: Page) -> list[str]:
    """One line an element. From the top of the page: what a fixed bar covers after scrolling is no target's size."""
    page.evaluate("scrollTo(0, 0)")
    page.add_script_tag(path=AXE)
    found = page.evaluate(_RUN)["violations"]
    bad = [each for each in found if set(each["tags"]) & set(TAGS) or each["impact"] in ("serious", "critical")]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary'][:200]}" for each in bad for node in each["nodes"]
    ]
