"""Run the written graphs of all cases in the worker of the built page."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, Error, JSHandle
from torch import Tensor, nn

from tests.browser.conftest import BUILT, ROOT, SOFTWARE, WEBGPU
from tests.coverage.decoders import LATENT
from tests.coverage.written import Written
from zlide.axes import raw_dimensions
from zlide.bundle import AxesSet, Axis, Graph, ImageDecoder, Manifest, Size
from zlide.bundle.folder import list_files
from zlide.graph import convert_axes, convert_values_decoder, lower

COMLINK = ROOT / "webapp/node_modules/comlink/dist/esm/comlink.mjs"
FLAGS: dict[str, list[str]] = {"wasm": [], "webgl": SOFTWARE, "webgpu": [*SOFTWARE, *WEBGPU]}
BUNDLE = "models/coverage"

# Opens the worker as the page does. A set of axes stands for a case, and its residual for z.
OPEN = """async ([script, bundle, backend]) => {
  const { wrap, proxy } = await import(new URL('comlink.mjs', document.baseURI).href)
  const base = new URL(bundle, document.baseURI).href
  const manifest = await (await fetch(`${base}manifest.json`)).json()
  const service = wrap(new Worker(script, { type: 'module' }))
  await service.open(base, manifest, backend, proxy(() => {}))
  return {
    run: async ([set, z]) => JSON.stringify(await service.toZ(set, z.map(() => [0]), z)),
  }
}"""


def write_site(cases: Mapping[str, Written], site: Path) -> Path:
    """Write the built page with a bundle in which each case is a set of axes, in their order."""
    shutil.copytree(BUILT, site)
    shutil.copy(COMLINK, site)
    bundle = site / BUNDLE
    black = nn.Sequential(nn.Linear(LATENT, 3), nn.Sigmoid(), nn.Unflatten(1, (1, 1, 3)))
    parts = convert_values_decoder(
        lower(black), torch.randn(3, LATENT), bundle, kind="image", name="pixels"
    )
    plain = raw_dimensions(np.zeros(LATENT), np.ones(LATENT), [0])
    parts += convert_axes(plain, bundle)
    to, back = (parts.graph(f"axes/{plain.name}/{name}") for name in ("to", "from"))
    graphs = {"plain": to, **{f"case{i}": _copy(w, bundle / f"case{i}") for i, w in _listed(cases)}}
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
    size = Size(height=1, width=1, channels=3)
    manifest = Manifest(
        name="coverage",
        title="Coverage",
        license=None,
        latent_size=LATENT,
        decoder=ImageDecoder(image=parts.graph("decoder/image"), size=size),
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
    return site


def _listed(cases: Mapping[str, Written]) -> list[tuple[int, Written]]:
    return list(enumerate(cases.values(), 1))


def _copy(written: Written, folder: Path) -> Graph:
    """Copy a graph z → output, as one of sliders, which it ignores, and z.

    The shape of its output goes, since the page would expect that of z.
    """
    shutil.copytree(written.model.parent, folder)
    model: dict[str, Any] = json.loads(written.model.read_text("utf-8"))
    shape = {"dim": [{"size": "-1"}, {"size": "1"}]}
    model["modelTopology"]["node"].append(
        {
            "name": "sliders",
            "op": "Placeholder",
            "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}},
        }
    )
    if signature := model.get("signature"):
        signature["inputs"]["sliders"] = {
            "name": "sliders:0",
            "dtype": "DT_FLOAT",
            "tensorShape": shape,
        }
        for output in signature["outputs"].values():
            output.pop("tensorShape", None)
    (folder / "model.json").write_text(json.dumps(model), "utf-8")
    path = f"{folder.name}/model.json"
    return Graph(path=path, inputs=["sliders", written.input], outputs=[written.output])


class Runner:
    """The worker of a page, which runs the cases of a site. It restarts after a failure."""

    def __init__(self, browser: Browser, backend: str, site: Path, url: str) -> None:
        (worker,) = site.glob("assets/worker-*.js")
        self.arguments = [f"assets/{worker.name}", f"{BUNDLE}/", backend]
        self.browser, self.url = browser, url
        self.service: JSHandle | None = None

    def run(self, number: int, z: Tensor) -> NDArray[np.float32]:
        """Return the output of a case for z (B, 6), one row of numbers for each.

        number: its place in the site, from 1. Raises playwright's Error if the page fails.
        """
        if self.service is None:
            page = self.browser.new_page(service_workers="block")
            page.goto(f"{self.url}verify.html")
            self.service = page.evaluate_handle(OPEN, self.arguments)
        try:
            answer = self.service.evaluate(
                "(service, job) => service.run(job)", [number, z.tolist()]
            )
        except Error:
            self.service = None
            raise
        return np.array(json.loads(answer), np.float32)
