"""The worker of the built page, in which graphs of tests run: each stands for a set of axes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error, JSHandle

from tests.browser.conftest import BUILT, ROOT, SOFTWARE, WEBGPU
from zlide.bundle import AxesSet, Axis, Graph, ImageDecoder, Manifest, Size
from zlide.bundle.folder import list_files

FLAGS: dict[str, list[str]] = {"wasm": [], "webgl": SOFTWARE, "webgpu": [*SOFTWARE, *WEBGPU]}
"""Backend → flags of Chromium."""


@dataclass(frozen=True)
class OnBackend:
    """A browser that runs one backend."""

    name: str
    browser: Browser


BUNDLE = "models/graphs"
COMLINK = ROOT / "webapp/node_modules/comlink/dist/esm/comlink.mjs"

# Opens the worker as the page does. Numbers travel as text, which is faster for many.
OPEN = """async ([script, bundle, backend]) => {
  const { wrap, proxy } = await import(new URL('comlink.mjs', document.baseURI).href)
  const base = new URL(bundle, document.baseURI).href
  const manifest = await (await fetch(`${base}manifest.json`)).json()
  const service = wrap(new Worker(script, { type: 'module' }))
  await service.open(base, manifest, backend, proxy(() => {}))
  return {
    run: async ([set, text]) => {
      const rows = JSON.parse(text)
      return JSON.stringify(await service.toZ(set, rows.map(() => [0]), rows))
    },
  }
}"""


def copy_page(site: Path) -> Path:
    """Copy the built page, and return the folder for its one bundle."""
    shutil.copytree(BUILT, site)
    shutil.copy(COMLINK, site)
    return site / BUNDLE


def write_manifest(
    bundle: Path, decoder: ImageDecoder, latent_size: int, back: Graph, graphs: Mapping[str, Graph]
) -> None:
    """Write the manifest of a bundle in which each graph, sliders and residual → z, is a set.

    back: graph z → sliders and residual. The page shows the first set first.
    """
    axes = [
        AxesSet(
            name=name,
            default_count=1,
            range=3,
            axes=[Axis(name="nothing", stdev=1, share=None)],
            to=graph,
            from_=back,
        )
        for name, graph in graphs.items()
    ]
    manifest = Manifest(
        name="graphs",
        title="Graphs",
        license=None,
        latent_size=latent_size,
        decoder=decoder,
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
    (bundle / "manifest.json").write_text(manifest.write(), "utf-8")


def pixels(graph: Graph, channels: int) -> ImageDecoder:
    """Return a decoder of one pixel."""
    return ImageDecoder(image=graph, size=Size(height=1, width=1, channels=channels))


class GraphWorker:
    """The worker of a page, which runs the graphs of a site. It restarts after a failure."""

    def __init__(self, browser: Browser, backend: str, site: Path, url: str) -> None:
        (worker,) = site.glob("assets/worker-*.js")
        self.arguments = [f"assets/{worker.name}", f"{BUNDLE}/", backend]
        self.browser, self.url = browser, url
        self.service: JSHandle | None = None

    def run(self, number: int, rows: Sequence[Sequence[float]]) -> NDArray[np.float32]:
        """Return the output of a graph, a row of numbers for each of its input.

        number: of the set of axes, from 0. Raises playwright's Error if the page fails.
        """
        if self.service is None:
            page = self.browser.new_page(service_workers="block")
            page.goto(f"{self.url}verify.html")
            self.service = page.evaluate_handle(OPEN, self.arguments)
        try:
            answer = self.service.evaluate(
                "(service, job) => service.run(job)", [number, json.dumps(rows)]
            )
        except Error:
            self.service = None
            raise
        return np.array(json.loads(answer), np.float32)
