"""Compare a case on the page with PyTorch."""

from __future__ import annotations

import re

import torch
from playwright.sync_api import Error

from tests.browser.graph_worker import GraphWorker
from tests.coverage.cases import CASES
from tests.coverage.converting import equal, expected_output, shorten
from tests.coverage.decoders import LATENT
from zlide.parity import relative_difference

BATCHES = {"wasm": (2, 2, 1, 1), "webgl": (2,), "webgpu": (2,)}
"""Sizes of the batches to run. WebAssembly records the first of a size, and repeats it.

A batch of one is what the page decodes: axes of size 1 take other ways through a kernel.
"""
TOLERANCE = {"wasm": 1.0, "webgl": 5.0, "webgpu": 5.0}
"""Factor of the tolerance by backend: GPUs compute functions such as exp less exactly."""


def page_outcome(worker: GraphWorker, backend: str, name: str, number: int) -> str | None:
    """Return how a case fails on the page, or None."""
    case = CASES[name]
    module = case.make()
    for seed, batch in enumerate(BATCHES[backend]):
        z = torch.randn(batch, LATENT, generator=torch.Generator().manual_seed(200 + seed))
        expected = expected_output(case, module, z).flatten(1).numpy()
        try:
            found = worker.run(number, z.tolist())
        except Error as error:
            return _reason_of(error.message)
        if found.shape != expected.shape:
            return f"gives {found.shape}, not {expected.shape}"
        if not equal(case, expected, found, factor=TOLERANCE[backend]):
            pair = torch.from_numpy(expected.copy()), torch.from_numpy(found)
            return f"differs by {relative_difference(*pair):.2g}"
    return None


def _reason_of(message: str) -> str:
    """Return what TensorFlow.js says, without the path of the graph and the advice."""
    line = message.splitlines()[0]
    inner = re.search(r"cannot be run \((.*?)\)(?:; export|$)", line)
    return shorten(inner[1] if inner else line)
