"""Time from navigation to the first decode: empty cache, slow connection, slow main thread."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import perf_counter

from playwright.sync_api import Browser, Page

from tests.bench.chrome import served
from tests.bench.figures import Figure
from tests.bench.programs import BENCH, RIVAL
from zlide.checkpoint import Checkpoint

LINE = 10e6 / 8
"""Bytes a second, of all connections together."""

LATENCY = 0.04
"""Seconds before an answer begins."""

SLOWER = 4
"""Slow-down of the main thread. Chromium throttles no workers, in which both contenders decode."""

TIMES = {False: 5, True: 1}  # by whether it is to be quick


def first_decode(
    browser: Browser, checkpoint: Checkpoint, site: Path, models: Mapping[str, Path], *, quick: bool
) -> dict[str, Figure]:
    """Measure zlide's site and pages that load `models` into onnxruntime-web, by turns. Seconds."""
    axes = checkpoint.axes
    with served(
        {
            "site": site,
            "cold": BENCH / "cold",
            "rival": RIVAL / "dist",
            "models": next(iter(models.values())).parent,
        },
        LINE,
        LATENCY,
    ) as address:
        rivals = {
            name: f"{address}cold/?model=../models/{path.name}"
            f"&sliders={axes.count}&residual={axes.latent_size}"
            for name, path in models.items()
        }
        pages = {"zlide": f"{address}site/", **rivals}
        took: dict[str, list[float]] = {name: [] for name in pages}
        for _ in range(TIMES[quick]):
            for name, url in pages.items():
                took[name].append(_open(browser, url, name))
    return {name: Figure.of(seconds, "s") for name, seconds in took.items()}


def _open(browser: Browser, url: str, name: str) -> float:
    with browser.new_context() as context:
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        began = perf_counter()
        page.goto(url, wait_until="commit")
        _wait(page, name)
        return perf_counter() - began


def _wait(page: Page, name: str) -> None:
    if name == "zlide":
        page.get_by_text("decoded in").first.wait_for(timeout=120_000)
    else:
        page.wait_for_function("document.title === 'decoded'", timeout=120_000)
