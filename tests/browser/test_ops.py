"""Every portable op computes the same as the evaluator, on every backend of the built page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Error, JSHandle, Playwright

from tests.browser.conftest import BUILT, ROOT, SOFTWARE, WEBGPU, launch
from tests.browser.op_cases import CASES, Case
from tests.browser.op_graphs import LATENT, POOLS, Floats, Program, Writer, painter, plain
from zlide.bundle import AxesSet, Axis, Graph, ImageDecoder, Manifest, Size, read_manifest
from zlide.bundle.folder import list_files
from zlide.graph.audit import PORTABLE
from zlide.graph.shards import write_graph
from zlide.site.serve import serve

pytestmark = pytest.mark.needs_conversion

COMLINK = ROOT / "webapp/node_modules/comlink/dist/esm/comlink.mjs"
FLAGS: dict[str, list[str]] = {"wasm": [], "webgl": SOFTWARE, "webgpu": [*SOFTWARE, *WEBGPU]}
RELATIVE, ABSOLUTE = 2e-4, 2e-5
INPUTS = {"Placeholder", "Const"}  # ops without a computation
PLAIN = "plain"
MAX_LISTED = 5  # cases that are named if an op does not run
OPS = sorted(CASES)

# Opens the worker as the page does.
OPEN = """async ([script, bundle, backend]) => {
  const { wrap, proxy } = await import(new URL('comlink.mjs', document.baseURI).href)
  const base = new URL(bundle, document.baseURI).href
  const manifest = await (await fetch(`${base}manifest.json`)).json()
  const service = wrap(new Worker(script, { type: 'module' }))
  await service.open(base, manifest, backend, proxy(() => {}))
  return { toZ: async ([set, z]) => JSON.stringify(await service.toZ(set, [[0]], [JSON.parse(z)])) }
}"""


def write_site(programs: Mapping[str, Program], site: Path) -> Path:
    """Write the built page with a bundle in which each program is a set of axes.

    The first set is a plain one, which the page shows first.
    """
    shutil.copytree(BUILT, site)
    shutil.copy(COMLINK, site)
    bundle = site / "models/ops"
    graphs = {
        PLAIN: plain(),
        **{name: (program.nodes, program.weights) for name, program in programs.items()},
    }
    for name, (nodes, weights) in {"decoder": painter(), **graphs}.items():
        write_graph({"modelTopology": {"node": nodes, "versions": {}}}, weights, bundle / name)
    (bundle / "manifest.json").write_text(_manifest(bundle, list(graphs)).write(), "utf-8")
    return site


def _manifest(bundle: Path, sets: list[str]) -> Manifest:
    decoder = Graph(path="decoder/model.json", inputs=["z"], outputs=["pixels"])
    single = [Axis(name="nothing", stdev=1, share=None)]
    inputs = ["sliders", "residual"]
    axes = [
        AxesSet(
            name=name,
            default_count=1,
            range=3,
            axes=single,
            to=Graph(path=f"{name}/model.json", inputs=inputs, outputs=["z"]),
            from_=decoder,
        )
        for name in sets
    ]
    return Manifest(
        name="ops",
        title="Ops",
        license=None,
        latent_size=LATENT,
        decoder=ImageDecoder(image=decoder, size=Size(height=1, width=1, channels=1)),
        encoder=None,
        tokens=None,
        axes=axes,
        examples=None,
        posters=[],
        probe="probe.safetensors",
        precision="float32",
        checkpoint=None,
        files=list_files(bundle),
        versions={},
    )


class Decoder:
    """The worker of a page, which runs the graphs of a site. It restarts after a failure."""

    def __init__(self, browser: Browser, backend: str, site: Path, url: str) -> None:
        manifest = read_manifest(site / "models/ops/manifest.json")
        self.sets = {axes.name: i for i, axes in enumerate(manifest.axes)}
        (worker,) = site.glob("assets/worker-*.js")
        self.arguments = [f"assets/{worker.name}", "models/ops/", backend]
        self.browser, self.url = browser, url
        self.service: JSHandle | None = None

    def run(self, name: str, pool: Floats) -> Floats:
        """Return the numbers of a graph. Raises playwright's Error if the page fails."""
        if self.service is None:
            page = self.browser.new_page(service_workers="block")
            page.goto(f"{self.url}verify.html")
            self.service = page.evaluate_handle(OPEN, self.arguments)
        try:
            answer = self.service.evaluate(
                "(service, job) => service.toZ(job)",
                [self.sets[name], json.dumps(pool.tolist())],
            )
        except Error:
            self.service = None
            raise
        return np.array(json.loads(answer)[0], np.float32)


@pytest.fixture(scope="module")
def programs() -> dict[str, Program]:
    return {op: Writer(op).program(CASES[op]) for op in OPS}


@pytest.fixture(scope="module")
def site(programs: dict[str, Program], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_site(programs, tmp_path_factory.mktemp("ops") / "site")


@pytest.fixture(scope="module", params=FLAGS)
def browser(
    request: pytest.FixtureRequest, playwright: Playwright
) -> Iterator[tuple[str, Browser]]:
    with launch(playwright, *FLAGS[request.param]) as browser:
        yield request.param, browser


@pytest.fixture(scope="module")
def decoder(browser: tuple[str, Browser], site: Path) -> Iterator[Decoder]:
    with serve(site, port=0) as server:
        yield Decoder(browser[1], browser[0], site, server.url)


def differing(op: str, cases: list[Case], found: Floats, expected: list[Floats]) -> Iterator[str]:
    """Yield the cases in which the page and the evaluator compute different numbers."""
    ends = np.cumsum([numbers.size for numbers in expected])
    for case, numbers, here in zip(
        cases, expected, np.split(found[: ends[-1]], ends[:-1]), strict=True
    ):
        if here.shape != numbers.shape or not np.allclose(here, numbers, RELATIVE, ABSOLUTE):
            yield f"{op}({case}): expected {numbers[:6]}, found {here[:6]}"


def failing(browser: tuple[str, Browser], op: str, folder: Path) -> Iterator[str]:
    """Run each case by itself, and yield those that the page cannot run."""
    programs = {f"case{i}": Writer(op).program([case]) for i, case in enumerate(CASES[op])}
    site = write_site(programs, folder / "site")
    with serve(site, port=0) as server:
        decoder = Decoder(browser[1], browser[0], site, server.url)
        for name, case in zip(programs, CASES[op], strict=True):
            try:
                decoder.run(name, POOLS[0])
            except Error as error:
                yield f"{op}({case}): {error.message.splitlines()[0]}"


def test_every_op_has_cases() -> None:
    assert set(OPS) == PORTABLE - INPUTS
    assert all(CASES.values())


@pytest.mark.parametrize("op", OPS)
def test_computes_the_same_as_the_evaluator(
    decoder: Decoder,
    browser: tuple[str, Browser],
    programs: dict[str, Program],
    op: str,
    tmp_path: Path,
) -> None:
    """Run WebAssembly twice: the page records the first run and repeats it with new input."""
    wrong: list[str] = []
    runs = list(zip(POOLS, programs[op].expected, strict=True))
    try:
        for pool, expected in runs if browser[0] == "wasm" else runs[:1]:
            wrong += differing(op, CASES[op], decoder.run(op, pool), expected)
    except Error as error:
        wrong += [
            error.message.splitlines()[0],
            *islice(failing(browser, op, tmp_path), MAX_LISTED),
        ]
    assert not wrong, "\n".join(wrong)
