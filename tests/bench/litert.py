"""LiteRT, the successor of TensorFlow Lite: its converter, in an environment of its own.

Its packages want other versions than the project's.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch
from torch import Tensor, nn

from tests.bench.programs import BENCH, run

ENVIRONMENT = BENCH / ".litert"
PACKAGE = "litert-torch==0.10.0"
CONVERTER = BENCH / "convert_to_tflite.py"


def write_tflite(module: nn.Module, inputs: Mapping[str, Tensor], to: Path) -> Path:
    """Convert a module, with the shapes of `inputs`, in the order of its arguments.

    Raises ZlideError with the last line of what pip or the converter says.
    """
    exported = to.with_suffix(".pt2")
    arguments = tuple(inputs.values())
    torch.export.save(torch.export.export(module.eval(), arguments), exported)
    run(_python(), "-P", CONVERTER, exported, to, *(str(tuple(each.shape)) for each in arguments))
    return to


def _python() -> Path:
    """Set up the environment, if it is not, and return its Python."""
    python, stamp = ENVIRONMENT / "bin/python", ENVIRONMENT / ".installed"
    wanted = [f"torch=={version('torch')}", PACKAGE]
    if not stamp.is_file() or stamp.read_text("utf-8").split() != wanted:
        run(sys.executable, "-m", "venv", "--clear", ENVIRONMENT)
        run(python, "-m", "pip", "install", "--quiet", *wanted)
        stamp.write_text("\n".join(wanted), "utf-8")
    return python
