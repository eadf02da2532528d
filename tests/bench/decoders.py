"""Who paints a picture sooner in a browser, on one thread of WebAssembly:

zlide            the decoder's graph in a bundle, in TensorFlow.js
untouched        the decoder as it is, through the same packages without zlide: ONNX, onnx-tf, tensorflowjs_converter, TensorFlow.js
onnxruntime-web  the same ONNX file as it is

.venv/bin/python tests/bench/decoders.py weights/doom weights/racing
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tempfile
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table
from torch import nn

import zlide
from zlide.axes import Axes
from zlide.browser import find_browser
from zlide.checkpoint import WorldCheckpoint, read_checkpoint
from zlide.errors import ZlideError, disk_errors
from zlide.kinds.image import paint
from zlide.manifest import ROUNDING
from zlide.positions import around
from zlide.published import published
from zlide.serve import TYPES

BENCH = Path(__file__).parent
TENSORFLOW = BENCH.parents[1] / "webapp/node_modules/@tensorflow"

WARMUPS, DECODES = 20, 200
COMPARED = 16
"""Pictures of each contender that are held to PyTorch's."""

FARTHEST = 1 / 255
"""That a pixel may be from PyTorch's."""

OPSET = 12  # the last one that onnx-tf converts; newer ones give onnxruntime the same operations
FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

Array = NDArray[np.float32]
Contenders = Mapping[str, "Contender"]

out, err = (Console(stderr=stderr, highlight=False, soft_wrap=True) for stderr in (False, True))
if not out.is_terminal:
    out.width = 120  # a table that is piped or kept in a file is not cut


@dataclass(frozen=True)
class Contender:
    """What a page loads to paint, the bytes of the weights in it, and the PyTorch module that has the same weights."""

    runtime: Literal["tensorflow", "onnxruntime"]
    path: Path
    weights: int
    decoder: nn.Module


@dataclass(frozen=True)
class Result:
    """Milliseconds of a decode, bytes of weights, and the largest difference of a pixel from PyTorch's."""

    median: float
    p5: float
    p95: float
    weights: int
    difference: float


@click.command()
@click.argument("folders", metavar="DIR…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "to", type=click.Path(path_type=Path), help="Write the figures to this file too.")
def main(folders: tuple[Path, ...], to: Path | None) -> None:
    """Measure the decoders of checkpoints of pictures, three contenders by turns in one browser on one thread, and print a table of each.

    \b
    Example:
      .venv/bin/python tests/bench/decoders.py weights/doom --json doom.json
    """
    try:
        checkpoints = [_read(folder) for folder in folders]
        _refuse_missing_tensorflow()
        _install_rival()
        figures: dict[str, Any] = {}
        with _chromium() as browser:
            for checkpoint in checkpoints:
                with tempfile.TemporaryDirectory(prefix="zlide-bench-") as scratch:
                    results = measure(browser, checkpoint, Path(scratch))
                out.print(table(checkpoint.settings.title, results))
                out.print(ahead(results))
                figures[str(checkpoint.folder)] = {name: asdict(result) for name, result in results.items()}
            if to:
                with disk_errors(to):
                    to.write_text(json.dumps({"browser": browser.version, "models": figures}, indent=1) + "\n", "utf-8")
    except ZlideError as error:
        err.print(str(error), markup=False)
        sys.exit(1)


def measure(browser: Browser, checkpoint: WorldCheckpoint, folder: Path) -> dict[str, Result]:
    """Make the contenders in `folder`, hold each to PyTorch, and time them. Raises ZlideError for one that paints other pictures."""
    z = around(checkpoint.axes, checkpoint.examples, WARMUPS + DECODES)[2]
    contenders = make_contenders(checkpoint, folder)
    loaded = [{"runtime": c.runtime, "address": f"../models/{c.path.relative_to(folder)}"} for c in contenders.values()]
    with _served(folder) as address, err.status("decoding"):
        page = browser.new_page()
        page.goto(f"{address}bench/decoders.html", wait_until="load")
        page.evaluate("contenders => open(contenders)", loaded)
        painted = page.evaluate("positions => paint(positions)", z[:COMPARED].tolist())
        differences = compare(contenders, z[:COMPARED], painted)
        times = page.evaluate("([positions, warmups]) => time(positions, warmups)", [z.tolist(), WARMUPS])
        page.close()
    return {
        name: _result(milliseconds, contender.weights, difference)
        for (name, contender), milliseconds, difference in zip(contenders.items(), times, differences, strict=True)
    }


def make_contenders(checkpoint: WorldCheckpoint, folder: Path) -> dict[str, Contender]:
    """The same decoder three times, in files below `folder`."""
    decoder, name = checkpoint.model.decoder, checkpoint.folder
    with err.status(f"{name}: exporting with zlide") as status:
        ours = _export(decoder, checkpoint.axes, folder / "bundle")
        status.update(f"{name}: exporting to ONNX")
        untouched = _export_onnx(decoder, checkpoint.axes.latent, folder / "decoder.onnx")
        status.update(f"{name}: converting ONNX to TensorFlow.js, without zlide")
        stock = _convert_untouched(untouched, folder)
    return {
        "zlide": Contender("tensorflow", ours, _shards(ours), published(decoder, "decoder", ROUNDING)),
        "untouched": Contender("tensorflow", stock, _shards(stock), decoder),
        "onnxruntime-web": Contender("onnxruntime", untouched, untouched.stat().st_size, decoder),
    }


def compare(contenders: Contenders, z: Array, painted: Sequence[Sequence[Sequence[float]]]) -> list[float]:
    """Of each contender the largest difference of a pixel from PyTorch's, at z (N, Z). Raises ZlideError for one above 1/255."""
    differences = []
    for (name, contender), pictures in zip(contenders.items(), painted, strict=True):
        expected = paint(contender.decoder, z).reshape(len(z), -1)  # (N, H·W·C)
        difference = float(np.abs(expected - np.asarray(pictures, np.float32)).max())
        if not difference <= FARTHEST:
            problem = f"expected PyTorch's pictures, to {FARTHEST:.4f} a pixel, found one {difference:.4f} away"
            raise ZlideError(name, problem, "do not compare the time of what paints something else")
        differences.append(difference)
    return differences


def table(title: str, results: Mapping[str, Result]) -> Table:
    """The figures, one contender a line."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for column in (title, "median", "5 %", "95 %", "weights", "pixels − PyTorch's"):
        shown.add_column(column, justify="left" if column == title else "right", no_wrap=True)
    for name, r in results.items():
        times = (f"{milliseconds:.2f} ms" for milliseconds in (r.median, r.p5, r.p95))
        shown.add_row(name, *times, f"{r.weights / 1e6:.2f} MB", f"{r.difference:.1e}")
    return shown


def ahead(results: Mapping[str, Result]) -> str:
    """Which contender is ahead, and by how much: the medians of the others as multiples of its own."""
    first, *others = sorted(results, key=lambda name: results[name].median)
    behind = (f"{name} takes {results[name].median / results[first].median:.2f} × as long" for name in others)
    return f"{first} is ahead: {', '.join(behind)}"


def _result(milliseconds: Sequence[float], weights: int, difference: float) -> Result:
    median, p5, p95 = np.percentile(milliseconds, [50, 5, 95]).tolist()
    return Result(median, p5, p95, weights, difference)


def _read(folder: Path) -> WorldCheckpoint:
    checkpoint = read_checkpoint(folder)
    if not isinstance(checkpoint, WorldCheckpoint):
        raise ZlideError(folder, "expected a model of pictures, found one of sentences", "give the folder of a world")
    return checkpoint


def _export(decoder: nn.Module, axes: Axes, to: Path) -> Path:
    """The decoder's graph in a bundle."""
    zlide.export(decoder, axes, to=to)
    return to / "decoder/image/model.json"


def _export_onnx(decoder: nn.Module, latent: int, to: Path) -> Path:
    """As it is, for one picture at a time: all shapes are known, which is the best that a runtime can be given."""
    z = torch.zeros(1, latent)
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):
        torch.onnx.export(decoder, (z,), to, input_names=["z"], output_names=["pixels"], opset_version=OPSET, dynamo=False)
    return to


def _convert_untouched(model: Path, folder: Path) -> Path:
    """By the commands that the packages bring along: within this process, onnx-tf would have the handlers that zlide adds to it."""
    programs = Path(sysconfig.get_path("scripts"))
    _run(programs / "onnx-tf", "convert", "-i", model, "-o", folder / "saved")
    _run(programs / "tensorflowjs_converter", "--input_format=tf_saved_model", folder / "saved", folder / "untouched")
    return folder / "untouched/model.json"


def _shards(model: Path) -> int:
    return sum(path.stat().st_size for path in model.parent.glob("*.bin"))


def _refuse_missing_tensorflow() -> None:
    if not TENSORFLOW.is_dir():
        raise ZlideError(TENSORFLOW, "expected the page's packages, found none", "set them up with `make page`")


def _install_rival() -> None:
    """Set up onnxruntime-web beside this file, unless the version that package.json names is there."""
    wanted = json.loads((BENCH / "package.json").read_text("utf-8"))["dependencies"]["onnxruntime-web"]
    installed = BENCH / "node_modules/onnxruntime-web/package.json"
    if installed.is_file() and json.loads(installed.read_text("utf-8"))["version"] == wanted:
        return
    err.print(f"Setting up onnxruntime-web {wanted} in {BENCH}/node_modules")
    _run("npm", "ci", "--prefix", BENCH, "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")


def _run(*command: str | Path) -> None:
    try:
        done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    except OSError as error:
        raise ZlideError(command[0], f"cannot be started: {error.strerror}", "set up what is missing with `make page`") from error
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise ZlideError(command[0], f"ended with status {done.returncode}: {said[-1]}", f"see what `{' '.join(map(str, command))}` says")


@contextmanager
def _chromium() -> Iterator[Browser]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(find_browser()), args=[*FLAGS, *(["--no-sandbox"] if root else [])])
        with browser:
            yield browser


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = TYPES

    def end_headers(self) -> None:
        """Isolate the page: only then is its clock exact to 5 µs instead of 100."""
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name that it overrides)
        """Say nothing."""


@contextmanager
def _served(models: Path) -> Iterator[str]:
    """Where a browser finds bench/, tfjs/ and models/."""
    with tempfile.TemporaryDirectory(prefix="zlide-bench-") as root:
        for name, folder in {"bench": BENCH, "tfjs": TENSORFLOW, "models": models}.items():
            Path(root, name).symlink_to(folder.resolve())
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=root)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()


if __name__ == "__main__":
    main()
