"""Every portable op computes the same as the evaluator, on every backend of the built page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Error

from tests.browser.graph_worker import GraphWorker, OnBackend, copy_page, pixels, write_manifest
from tests.browser.op_cases import CASES, Case
from tests.browser.op_graphs import LATENT, POOLS, Floats, Program, Writer, painter, plain
from zlide.bundle import Graph
from zlide.graph.audit import PORTABLE
from zlide.graph.shards import write_graph
from zlide.site.serve import serve

pytestmark = pytest.mark.needs_conversion

RELATIVE, ABSOLUTE = 2e-4, 2e-5
INPUTS = {"Placeholder", "Const"}  # ops without a computation
PLAIN = "plain"
MAX_LISTED = 5  # cases that are named if an op does not run
OPS = sorted(CASES)


def write_site(programs: Mapping[str, Program], site: Path) -> Path:
    """Write the built page with each program as a set of axes, after a plain one."""
    bundle = copy_page(site)
    graphs = {
        PLAIN: plain(),
        **{name: (program.nodes, program.weights) for name, program in programs.items()},
    }
    for name, (nodes, weights) in {"decoder": painter(), **graphs}.items():
        write_graph({"modelTopology": {"node": nodes, "versions": {}}}, weights, bundle / name)
    decoder = Graph(path="decoder/model.json", inputs=["z"], outputs=["pixels"])
    sets = {
        name: Graph(path=f"{name}/model.json", inputs=["sliders", "residual"], outputs=["z"])
        for name in graphs
    }
    write_manifest(bundle, pixels(decoder, 1), LATENT, decoder, sets)
    return site


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    return {op: Writer(op).program(CASES[op]) for op in OPS}


@pytest.fixture(scope="module")
def site(programs: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(programs, tmp_path_factory.mktemp("ops") / "site")


@pytest.fixture(scope="module")
def worker(on_backend: OnBackend, site: Path) -> Iterator[GraphWorker]:
    with serve(site, port=0) as server:
        yield GraphWorker(on_backend.browser, on_backend.name, site, server.url)


def differing(op: str, cases: list[Case], found: Floats, expected: list[Floats]) -> Iterator[str]:
    """Yield the cases in which the page and the evaluator compute different numbers."""
    ends = np.cumsum([numbers.size for numbers in expected])
    for case, numbers, here in zip(
        cases, expected, np.split(found[: ends[-1]], ends[:-1]), strict=True
    ):
        if here.shape != numbers.shape or not np.allclose(here, numbers, RELATIVE, ABSOLUTE):
            yield f"{op}({case}): expected {numbers[:6]}, found {here[:6]}"


def failing(on_backend: OnBackend, op: str, folder: Path) -> Iterator[str]:
    """Run each case by itself, and yield those that the page cannot run."""
    programs = {f"case{i}": Writer(op).program([case]) for i, case in enumerate(CASES[op])}
    site = write_site(programs, folder / "site")
    with serve(site, port=0) as server:
        worker = GraphWorker(on_backend.browser, on_backend.name, site, server.url)
        for number, case in enumerate(CASES[op], 1):
            try:
                worker.run(number, [POOLS[0].tolist()])
            except Error as error:
                yield f"{op}({case}): {error.message.splitlines()[0]}"


def test_every_op_has_cases() -> None:
    assert set(OPS) == PORTABLE - INPUTS
    assert all(CASES.values())


@pytest.mark.parametrize("op", OPS)
def test_computes_the_same_as_the_evaluator(
    worker: GraphWorker,
    on_backend: OnBackend,
    programs: dict[str, Program],
    op: str,
    tmp_path: Path,
) -> None:
    """Run WebAssembly twice: the page records the first run and repeats it with new input."""
    wrong: list[str] = []
    number = 1 + OPS.index(op)
    runs = list(zip(POOLS, programs[op].expected, strict=True))
    try:
        for pool, expected in runs if on_backend.name == "wasm" else runs[:1]:
            (found,) = worker.run(number, [pool.tolist()])
            wrong += differing(op, CASES[op], found, expected)
    except Error as error:
        wrong += [
            error.message.splitlines()[0],
            *islice(failing(on_backend, op, tmp_path), MAX_LISTED),
        ]
    assert not wrong, "\n".join(wrong)
