"""A converter whose packages are missing is refused before the work starts."""

from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
from torch import nn

import zlide
from tests.refusal import refusal
from zlide.axes import raw_dimensions
from zlide.converters import Converter


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def version(name: str) -> str:
        if name == "onnx-tf":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1.0"

    monkeypatch.setattr(importlib.metadata, "version", version)
    axes = raw_dimensions([0.0] * 4, [1.0] * 4, [0, 1])
    module, to = nn.Linear(4, 12), tmp_path / "small"
    error = refusal(zlide.export, module, axes, to=to, converter=Converter.ONNX_TF)
    assert str(error) == (
        "converter onnx-tf: expected zlide, torch, onnx, onnx-tf, tensorflow, tensorflowjs, "
        "found no onnx-tf; pip install 'zlide[onnx-tf]', on Python 3.11"
    )
    assert Converter.ZLIDE.versions().keys() == {"zlide", "torch", "onnx"}
