"""Export by the chain: a whole bundle, and what it refuses, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from torch import Tensor, nn

import zlide
from tests.onnx_tf.models import WEIGHTS
from tests.refusal import refusal
from zlide.axes import raw_dimensions
from zlide.bundle import read_bundle
from zlide.cli import main

AXES = raw_dimensions([0.0] * 4, [1.0] * 4, [0, 1])


def test_the_command_writes_a_bundle_that_names_the_chain(tmp_path: Path) -> None:
    to = tmp_path / "sentences"
    words = ["export", str(WEIGHTS / "sentences"), "--output", str(to), "--converter", "onnx-tf"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 0, result.output
    manifest = read_bundle(to)
    names = {"zlide", "torch", "onnx", "onnx-tf", "tensorflow", "tensorflowjs"}
    assert manifest.versions.keys() == names
    assert manifest.versions["tensorflowjs"] == "4.22.0"


class Decoder(nn.Module):
    """z (B, 4) → pixels (B, 2, 2, 3), with `operation` before the last layer."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 12)

    def operation(self, z: Tensor) -> Tensor:
        return z

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.out(self.operation(z)).sigmoid()
        return pixels.view(-1, 2, 2, 3)


class Tangent(Decoder):
    def operation(self, z: Tensor) -> Tensor:
        return z.mul(0.1).tan()


class Fixed(Decoder):
    def operation(self, z: Tensor) -> Tensor:
        return z + z.new_ones(len(z), 4)


class Triangle(Decoder):
    def operation(self, z: Tensor) -> Tensor:
        return (z[:, :, None] * z[:, None]).tril().sum(2)


@pytest.mark.parametrize(
    ("decoder", "problem"),
    [
        (Tangent(), "expected ops that all browser backends run, found Tan from onnx-tf"),
        (Fixed(), "a fixed batch"),
        (Triangle(), "cannot be exported to ONNX at opset 12"),
    ],
)
def test_refuses_what_the_chain_cannot_carry(
    decoder: nn.Module, problem: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    zlide.export(decoder, AXES, to=tmp_path / "ours", reference=False)
    error = refusal(zlide.export, decoder, AXES, to=tmp_path / "theirs", converter="onnx-tf")
    assert error.where == "decoder"
    assert problem in error.problem
    assert error.remedy == "leave out the converter, to use our own"
    assert not (tmp_path / "theirs").exists()
    assert capfd.readouterr() == ("", "")


def test_refuses_another_name(tmp_path: Path) -> None:
    error = refusal(zlide.export, Decoder(), AXES, to=tmp_path / "small", converter="tvm")
    assert str(error) == (
        "converter: expected zlide or onnx-tf, found 'tvm'; leave it out to use our own"
    )
