"""Bytes that a reader downloads, as a server that compresses sends them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser

from tests.bench.chrome import served
from tests.bench.figures import Figure
from tests.bench.programs import RIVAL
from zlide.bundle.manifest import read_manifest
from zlide.graph.evaluator.weights import read_weights

RIVALS = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""Files that a page of onnxruntime-web/wasm fetches, beside its own."""


def compressed(path: Path) -> int:
    """Bytes of a file after gzip."""
    return len(gzip.compress(path.read_bytes(), 6))


def of_runtime(browser: Browser, site: Path) -> dict[str, Figure]:
    """Everything but the model that is fetched before the first decode."""
    rival = sum(compressed(RIVAL / "dist" / name) for name in RIVALS)
    ours = sum(_fetched(browser, site, later=False).values())
    return {
        "zlide": Figure.exactly(ours / 1000, "kB"),
        "onnxruntime-web": Figure.exactly(rival / 1000, "kB"),
    }


def of_page(browser: Browser, site: Path) -> dict[str, Figure]:
    """All scripts and styles, those that come after the first decode too."""
    scripts = sum(
        size
        for name, size in _fetched(browser, site, later=True).items()
        if name.endswith((".js", ".css"))
    )
    return {"zlide": Figure.exactly(scripts / 1000, "kB")}


def _fetched(browser: Browser, site: Path, *, later: bool) -> dict[str, int]:
    """Return the page's files and their gzipped bytes, up to the first decode or `later`."""
    with (
        served({"site": site}) as address,
        browser.new_context(service_workers="allow" if later else "block") as context,
    ):
        page = context.new_page()
        if not later:
            page.route("**/assets/panels-*.js", lambda route: route.abort())
        fetched: set[str] = set()
        page.on(
            "request",
            lambda request: fetched.add(
                request.url.removeprefix(f"{address}site/").partition("#")[0].partition("?")[0]
            ),
        )
        page.goto(f"{address}site/")
        page.get_by_text("decoded in").first.wait_for(timeout=60_000)
        if later:
            page.locator("zlide-traversal").get_by_role("button").first.wait_for(timeout=60_000)
            page.wait_for_timeout(2000)
    names = {
        name or "index.html"
        for name in fetched
        if not name.startswith(("models/", "data:")) and (later or "panels-" not in name)
    }
    return {name: compressed(site / name) for name in names}


def of_model(bundle: Path, exact: Path, rival: Path) -> dict[str, Figure]:
    """Measure bytes before the first decode: the bundle, `exact` in float32, and an ONNX file."""
    files = {path: (bundle / path).read_bytes() for path in _first(bundle)}
    shards = {path for path in files if path.endswith(".bin")}
    small = sum(len(gzip.compress(data, 6)) for path, data in files.items() if path not in shards)
    wide = b"".join(_float32(exact / path) for path in _first(exact) if path.endswith("model.json"))
    sizes = {
        "zlide": small + sum(len(gzip.compress(files[path], 6)) for path in shards),
        "float32": small + len(gzip.compress(wide, 6)),
        "onnxruntime-web": compressed(rival),
    }
    return {name: Figure.exactly(size / 1e6, "MB") for name, size in sizes.items()}


def _float32(graph: Path) -> bytes:
    """Return the weights of a graph in float32, quantized ones multiplied by their scales."""
    model = json.loads(graph.read_text("utf-8"))
    weights = read_weights(graph, model)
    for node in model["modelTopology"]["node"]:
        if node["op"] == "Mul" and all(name in weights for name in node["input"]):
            whole, scale = (weights.pop(name) for name in node["input"])
            weights[node["name"]] = whole * scale
    return b"".join(data.astype(np.float32).tobytes() for data in weights.values())


def _first(bundle: Path) -> list[str]:
    manifest = read_manifest(bundle / "manifest.json")
    needed = ("decoder/", f"axes/{manifest.axes[0].name}/to/", "vocabulary.txt")
    return [
        "manifest.json",
        *(file.path for file in manifest.files if file.path.startswith(needed)),
    ]
