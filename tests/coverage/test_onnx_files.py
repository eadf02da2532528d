"""`zlide.export` takes an ONNX file, and refuses a bad one in one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
import torch
from click.testing import CliRunner
from numpy.typing import NDArray
from onnx import external_data_helper, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.version_converter import convert_version
from torch import nn

import zlide
from tests.coverage.cases import CASES
from tests.coverage.decoders import LATENT
from tests.coverage.onnx_files import BAD_FILES, decoder, save
from tests.refusal import refusal
from zlide.bundle import ImageDecoder, ImageEncoder, read_bundle
from zlide.cli import main
from zlide.graph.evaluator.written_graph import read_graph
from zlide.quantization import quantize_weights

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


@pytest.mark.parametrize("opset", [9, 11, 12])
def test_exports_a_file_of_an_older_opset(opset: int, tmp_path: Path) -> None:
    extra = [
        helper.make_node("Softmax", ["x"], ["soft"], axis=1),
        helper.make_node("ReduceSum", ["soft"], ["total"], axes=[1], keepdims=0),
        helper.make_node("Unsqueeze", ["total"], ["column"], axes=[1]),
        helper.make_node("Add", ["x", "column"], ["y"]),
    ]
    model = decoder(extra, opset=opset)
    zlide.export(save(model, tmp_path), AXES, to=tmp_path / "file", precision="float32")
    z = np.random.default_rng(3).normal(size=(7, LATENT)).astype(np.float32)
    (expected,) = ReferenceEvaluator(convert_version(model, 13)).run(None, {"z": z})
    np.testing.assert_allclose(decode(tmp_path / "file", z), expected, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 4])
def test_exports_a_file_with_a_fixed_batch(rows: int, tmp_path: Path) -> None:
    fixed, free = decoder(batch=rows), decoder()
    zlide.export(save(fixed, tmp_path), AXES, to=tmp_path / "file", precision="float32")
    z = np.random.default_rng(3).normal(size=(7, LATENT)).astype(np.float32)
    (expected,) = ReferenceEvaluator(free).run(None, {"z": z})
    np.testing.assert_allclose(decode(tmp_path / "file", z), expected, atol=1e-5)


class ChannelsFirst(nn.Module):
    """A decoder of pictures as people have them: (B, 6, 1, 1) → (B, 3, 16, 16)."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(LATENT, 8, 4),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            nn.ConvTranspose2d(8, 8, 4, 2, 1),
            nn.ReLU(),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(8, 3, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, z: torch.Tensor) -> Any:
        return self.layers(z)


@pytest.mark.parametrize("precision", ["float32", "uint8"])
def test_pictures_get_their_channels_last_and_latents_lose_their_pixels(
    precision: Any, tmp_path: Path
) -> None:
    module, path = ChannelsFirst().eval(), tmp_path / "gan.onnx"
    torch.onnx.export(module, (torch.randn(1, LATENT, 1, 1),), path, opset_version=17, dynamo=False)
    report = zlide.export(path, AXES, to=tmp_path / "file", precision=precision)
    assert report.manifest.precision == precision
    z = torch.randn(7, LATENT)
    quantize_weights(module, precision)  # of the exported weights, batch norm is part
    with torch.no_grad():
        expected = module(z[:, :, None, None]).permute(0, 2, 3, 1).numpy()
    found = decode(tmp_path / "file", z.numpy())
    np.testing.assert_allclose(found, expected, atol=1e-5 if precision == "float32" else 0.02)


def test_takes_an_encoder_from_a_file(tmp_path: Path) -> None:
    encoder = nn.Sequential(
        nn.Conv2d(3, 4, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, LATENT),
    ).eval()
    names: dict[str, Any] = {"opset_version": 17, "dynamo": False}
    torch.onnx.export(
        ChannelsFirst().eval(), (torch.randn(2, LATENT, 1, 1),), tmp_path / "decoder.onnx", **names
    )
    torch.onnx.export(encoder, (torch.randn(2, 3, 16, 16),), tmp_path / "encoder.onnx", **names)
    zlide.export(
        tmp_path / "decoder.onnx",
        AXES,
        to=tmp_path / "file",
        encoder=tmp_path / "encoder.onnx",
        precision="float32",
    )
    spec = read_bundle(tmp_path / "file").encoder
    assert isinstance(spec, ImageEncoder)
    graph = read_graph(tmp_path / "file" / spec.image.path, spec.image.inputs, spec.image.outputs)
    pixels = np.random.default_rng(1).random((5, 16, 16, 3)).astype(np.float32)
    with torch.no_grad():
        expected = encoder(torch.from_numpy(pixels).permute(0, 3, 1, 2)).numpy()
    np.testing.assert_allclose(graph.run(pixels)[0], expected, atol=1e-5)


def test_takes_weights_from_a_file_beside_it(tmp_path: Path) -> None:
    external_data_helper.convert_model_to_external_data(model := decoder(), location="w")
    onnx.save(model, str(tmp_path / "decoder.onnx"))
    assert (tmp_path / "w").stat().st_size > 1000
    zlide.export(tmp_path / "decoder.onnx", AXES, to=tmp_path / "file", precision="float32")
    z = np.random.default_rng(3).normal(size=(7, LATENT)).astype(np.float32)
    (expected,) = ReferenceEvaluator(decoder()).run(None, {"z": z})
    np.testing.assert_allclose(decode(tmp_path / "file", z), expected, atol=1e-5)


def test_keeps_weights_apart_whose_names_differ_in_a_dot(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Mul", ["x", "a.b"], ["scaled"]),
        helper.make_node("Add", ["scaled", "a/b"], ["y"]),
    ]
    model = decoder(nodes)
    for name, value in (("a.b", 0.5), ("a/b", 2.0)):
        values = np.full(48, value, np.float32)
        model.graph.initializer.append(numpy_helper.from_array(values, name))
    zlide.export(save(model, tmp_path), AXES, to=tmp_path / "file", precision="float32")
    z = np.random.default_rng(4).normal(size=(5, LATENT)).astype(np.float32)
    (expected,) = ReferenceEvaluator(model).run(None, {"z": z})
    np.testing.assert_allclose(decode(tmp_path / "file", z), expected, atol=1e-5)


def test_refuses_a_file_for_text_in_words(tmp_path: Path) -> None:
    path, words = save(decoder(), tmp_path), ["<begin>", "<end>", "word"]
    error = refusal(zlide.export, path, AXES, to=tmp_path / "bundle", vocabulary=words)
    assert path.name in str(error)
    assert "start and step" in error.remedy


@pytest.mark.parametrize("kind", BAD_FILES)
def test_refuses_a_bad_file_in_one_line(kind: str, tmp_path: Path) -> None:
    make, word = BAD_FILES[kind]
    path = make(tmp_path)
    error = refusal(zlide.export, str(path), AXES, to=tmp_path / "bundle")
    assert path.name in str(error)
    assert word in str(error).lower()
    assert error.remedy
    assert not (tmp_path / "bundle").exists()


def test_the_command_line_exports_a_file_with_its_latents(tmp_path: Path) -> None:
    latents = np.random.default_rng(2).normal(size=(200, LATENT)).astype(np.float32)
    np.save(tmp_path / "latents.npy", latents)
    path, to = save(decoder(), tmp_path), tmp_path / "mine"
    words = ["export", str(path), "--output", str(to)]
    done = CliRunner().invoke(main, [*words, "--latents", str(tmp_path / "latents.npy")])
    assert done.exit_code == 0, done.output
    manifest = read_bundle(to)
    assert [axes.name for axes in manifest.axes] == ["pca"]
    assert len(manifest.axes[0].axes) == LATENT
    assert CliRunner().invoke(main, words).exit_code == 2


@pytest.mark.parametrize(
    "name", ["missing.npy", "text.npy", "objects.npy", "archive.npz", "negative.npy"]
)
def test_the_command_line_refuses_other_latents(name: str, tmp_path: Path) -> None:
    (tmp_path / "text.npy").write_text("0.1 0.2\n", "utf-8")
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (-5, 6)}".ljust(117) + b"\n"
    (tmp_path / "negative.npy").write_bytes(b"\x93NUMPY\x01\x00\x76\x00" + header)
    np.savez(tmp_path / "archive.npz", latents=np.zeros((20, LATENT)))
    words = ["export", str(save(decoder(), tmp_path)), "--output", str(tmp_path / "mine")]
    done = CliRunner().invoke(main, [*words, "--latents", str(tmp_path / name)])
    assert done.exit_code == 1
    assert done.stderr.count("\n") == 1
    assert name in done.stderr
    assert not (tmp_path / "mine").exists()
