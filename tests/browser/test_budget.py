"""Budgets of download size, graph nodes and leaked tensors. None depends on the machine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import SHIPPED
from tests.browser.waiting import wait_for_rest, wait_until
from zlide.bundle.folder import graph_nodes
from zlide.verify.verify_site import Verdict, verify

ROOT = Path(__file__).parents[2]
BUDGET = json.loads((Path(__file__).parent / "budget.json").read_text("utf-8"))


def test_the_page_and_its_runtime_stay_small(
    tab: Callable[..., Page], address: str, site: Path
) -> None:
    """Bound the files fetched before the first decode, and all files of one model."""
    page = tab()
    fetched: list[str] = []

    page.on(
        "request",
        lambda request: fetched.append(request.url.removeprefix(address).partition("?")[0]),
    )
    held: list[Route] = []
    page.route("**/panels-*.js", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    first = _sizes(site, {*fetched} - {name for name in fetched if "panels-" in name})
    wait_until(page, lambda: bool(held))
    held.pop().continue_()
    page.locator("zlide-traversal").get_by_role("button").first.wait_for()
    wait_for_rest(page)
    every = _sizes(site, {*fetched})
    scripts = {name: size for name, size in first.items() if name.endswith((".js", ".css"))}
    wasm = {name: size for name, size in first.items() if name.endswith(".wasm")}
    assert len(scripts) >= 4  # the page, what it shares with verify.html, its style, the worker
    assert len(wasm) == 1
    assert sum(scripts.values()) <= BUDGET["scripts"], scripts
    assert sum(wasm.values()) <= BUDGET["wasm"], wasm
    assert sum(first.values()) <= BUDGET["runtime"], first
    whole = {name: size for name, size in every.items() if name.endswith((".js", ".css"))}
    assert any("panels-" in name for name in whole)
    assert sum(whole.values()) <= BUDGET["page"], whole


def _sizes(site: Path, names: set[str]) -> dict[str, int]:
    """Return the bytes after gzip of each file that does not belong to a model."""
    return {
        name or "index.html": len(gzip.compress((site / (name or "index.html")).read_bytes(), 6))
        for name in names
        if "models/" not in name
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_graphs_have_no_more_nodes_and_weights_than_they_need(name: str, shipped: Path) -> None:
    found = {}
    for path in sorted((shipped / "models" / name).rglob("model.json")):
        weights = sum(shard.stat().st_size for shard in path.parent.glob("*.bin"))
        found[str(path.parent.relative_to(shipped / "models" / name))] = {
            "weights": weights,
            **graph_nodes(path),
        }
    budget = BUDGET["models"][name]["graphs"]
    assert found.keys() == budget.keys()
    over = {
        (graph, key): n
        for graph, counted in found.items()
        for key, n in counted.items()
        if n > budget[graph].get(key, 0)
    }
    assert not over, f"over budget: {over}"


@pytest.fixture(scope="module")
def verdicts(shipped: Path) -> dict[str, Verdict]:
    """Each model's at 500 random positions and all examples."""
    against = [ROOT / "weights" / name for name in SHIPPED]
    return {
        verdict.name: verdict for verdict in verify(shipped, positions=500, checkpoints=against)
    }


@pytest.mark.parametrize("name", SHIPPED)
def test_what_ships_decodes_as_pytorch_does_and_leaves_no_tensors_behind(
    name: str, verdicts: dict[str, Verdict]
) -> None:
    verdict = verdicts[name]
    after10, after500 = verdict.tensors
    assert verdict.passed, verdict
    assert after10 == after500
    assert after500 is not None
    assert after500 <= BUDGET["models"][name]["tensors"]
