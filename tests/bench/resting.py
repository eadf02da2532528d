"""The work of a page that nobody touches, and the memory it keeps."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.chrome import served
from tests.bench.decoding import Race, Size, single_positions
from tests.bench.figures import Figure
from tests.chromium import COUNT_WORK

SECONDS = 10


def idle(browser: Browser, site: Path) -> dict[str, Figure]:
    """Count the calls of the worker in ten seconds without input, after the first decode."""
    with served({"site": site}) as address, browser.new_page() as page:
        page.add_init_script(COUNT_WORK)
        page.goto(f"{address}site/")
        page.get_by_text("decoded in").first.wait_for(timeout=60_000)
        page.locator("zlide-traversal").get_by_role("button").first.wait_for(timeout=60_000)
        page.wait_for_timeout(1000)
        before = page.evaluate("messages")
        page.wait_for_timeout(1000 * SECONDS)
        return {"zlide": Figure.exactly(page.evaluate("messages") - before, "decodes")}


def memory(race: Race, size: Size) -> dict[str, Figure]:
    """Tensors alive after `size.kept` decodes, beyond those before."""
    place = list(race.contenders).index("zlide")
    positions = race.page_positions(*single_positions(race.checkpoint, size.kept))
    before = race.page.evaluate("bench.tensors()")
    race.page.evaluate(
        "([which, positions]) => bench.decode(which, positions, 1)", [place, positions]
    )
    return {"zlide": Figure.exactly(race.page.evaluate("bench.tensors()") - before, "tensors")}
