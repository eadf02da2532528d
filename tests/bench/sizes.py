"""Bytes that a reader downloads, as a server that compresses sends them."""

from __future__ import annotations

import gzip
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench.chrome import served
from tests.bench.figures import Figure
from tests.bench.programs import RIVAL
from zlide.manifest import read_manifest

RIVALS = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")
"""What a page of onnxruntime-web/wasm fetches, beside what the page itself is made of."""


def compressed(path: Path) -> int:
    """Bytes of a file after gzip."""
    return len(gzip.compress(path.read_bytes(), 6))


def of_runtime(browser: Browser, site: Path) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """Everything but the model that is fetched before the first decode, and of that the scripts and styles alone."""
    with served({"site": site}) as address, browser.new_context() as context:
        page = context.new_page()
        fetched: set[str] = set()
        page.on("request", lambda request: fetched.add(request.url.removeprefix(f"{address}site/").partition("#")[0]))
        page.goto(f"{address}site/")
        page.get_by_text("decoded in").first.wait_for(timeout=60_000)
    files = {name or "index.html" for name in fetched if not name.startswith(("models/", "data:"))}
    sizes = {name: compressed(site / name) for name in files}
    ours = sum(sizes.values())
    scripts = sum(size for name, size in sizes.items() if name.endswith((".js", ".css")))
    rival = sum(compressed(RIVAL / "dist" / name) for name in RIVALS)
    runtime = {"zlide": Figure.exactly(ours / 1000, "kB"), "onnxruntime-web": Figure.exactly(rival / 1000, "kB")}
    return runtime, {"zlide": Figure.exactly(scripts / 1000, "kB")}


def of_model(published: Path, exact: Path, rival: Path) -> dict[str, Figure]:
    """What has to arrive before the first decode: the bundle as published, the same with weights of float32, and ONNX files."""
    bundles = {"zlide": published, "float32": exact}
    sizes = {name: sum(compressed(folder / path) for path in _first(folder)) for name, folder in bundles.items()}
    sizes["onnxruntime-web"] = compressed(rival)
    return {name: Figure.exactly(size / 1e6, "MB") for name, size in sizes.items()}


def _first(bundle: Path) -> list[str]:
    manifest = read_manifest(bundle / "manifest.json")
    needed = ("decoder/", f"axes/{manifest.axes[0].name}/to/", "vocabulary.txt")
    return ["manifest.json", *(file.path for file in manifest.files if file.path.startswith(needed))]
