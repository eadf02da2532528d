"""`zlide.export` takes an ONNX file, and refuses a bad one in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

import zlide
from tests.coverage.cases import CASES
from tests.coverage.decoders import LATENT
from tests.coverage.onnx_files import BAD_FILES, decoder, save
from tests.refusal import refusal
from zlide.bundle import ImageDecoder, read_bundle
from zlide.graph.evaluator.written_graph import read_graph

pytestmark = pytest.mark.needs_conversion

Floats = NDArray[np.float32]
AXES = zlide.raw_dimensions(np.zeros(LATENT), np.ones(LATENT), [0, 1])


def decode(bundle: Path, z: Floats) -> Floats:
    """Run the decoder of a bundle in NumPy."""
    spec = read_bundle(bundle).decoder
    assert isinstance(spec, ImageDecoder)
    graph = spec.image
    (pixels,) = read_graph(bundle / graph.path, graph.inputs, graph.outputs).run(z)
    return pixels


@pytest.mark.parametrize("opset", [17, 18])
def test_exports_a_file_that_equals_the_reference(opset: int, tmp_path: Path) -> None:
    model = decoder(opset=opset)
    path = save(model, tmp_path)
    zlide.export(str(path), AXES, to=tmp_path / "file", precision="float32")
    z = np.random.default_rng(3).normal(size=(7, LATENT)).astype(np.float32)
    (expected,) = ReferenceEvaluator(model).run(None, {"z": z})
    np.testing.assert_allclose(decode(tmp_path / "file", z), expected, atol=1e-5)


@pytest.mark.parametrize("name", ["vae_conv", "taesd", "stable_diffusion_vae", "mae"])
def test_exports_the_file_of_a_whole_decoder(name: str, tmp_path: Path) -> None:
    module, path = CASES[name].make(), tmp_path / "decoder.onnx"
    axes = {"z": {0: "batch"}, "pixels": {0: "batch"}}
    z = torch.randn(2, LATENT)
    names: dict[str, Any] = {"input_names": ["z"], "output_names": ["pixels"]}
    torch.onnx.export(
        module, (z,), path, opset_version=17, dynamo=False, dynamic_axes=axes, **names
    )
    zlide.export(path, AXES, to=tmp_path / "file", precision="float32")
    z = torch.randn(7, LATENT)
    with torch.no_grad():
        expected = module(z).numpy()
    np.testing.assert_allclose(decode(tmp_path / "file", z.numpy()), expected, atol=1e-4)


@pytest.mark.parametrize("kind", BAD_FILES)
def test_refuses_a_bad_file_in_one_line(kind: str, tmp_path: Path) -> None:
    make, word = BAD_FILES[kind]
    path = make(tmp_path)
    error = refusal(zlide.export, str(path), AXES, to=tmp_path / "bundle")
    assert path.name in str(error)
    assert word in str(error).lower()
    assert error.remedy
    assert not (tmp_path / "bundle").exists()
