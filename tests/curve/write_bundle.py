"""Write a bundle of curves by hand, so that the page is tested without an export."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

GOLDEN = Path(__file__).parents[1] / "golden" / "image"
LENGTH = 24

Rows = NDArray[np.float32]


def write_bundle(folder: Path) -> None:
    """Write the golden bundle of pictures to `folder`, with a decoder of curves in their place."""
    shutil.copytree(GOLDEN, folder, ignore=shutil.ignore_patterns("encoder", "image", "*.png"))
    weights = _weights()
    (folder / "decoder/curve").mkdir(parents=True)
    (folder / "decoder/curve/weights.bin").write_bytes(weights.tobytes())
    (folder / "decoder/curve/model.json").write_text(json.dumps(_graph(weights)), "utf-8")
    probe = load_file(folder / "probe.safetensors")
    positions = {name: probe[name] for name in ("sliders", "residual", "z")}
    values = decode(probe["z"])
    save_file({**positions, "values": values}, folder / "probe.safetensors")
    examples = [
        {"text": f"curve {i + 1}", "sliders": sliders.tolist(), "residual": residual.tolist()}
        for i, (sliders, residual) in enumerate(
            zip(probe["sliders"], probe["residual"], strict=True)
        )
    ]
    (folder / "examples.json").write_text(json.dumps({"examples": examples}), "utf-8")
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    manifest |= {
        "name": "curve",
        "title": "A golden curve VAE",
        "decoder": {
            "kind": "curve",
            "curve": {"path": "decoder/curve/model.json", "inputs": ["z"], "outputs": ["values"]},
            "length": LENGTH,
        },
        "encoder": None,
        "pictures": None,
        "posters": [
            {"text": each["text"], "sliders": each["sliders"], "decoded": _base64(curve)}
            for each, curve in zip(examples, values, strict=True)
        ],
    }
    (folder / "manifest.json").unlink()
    manifest["files"] = [
        _listed(folder, path) for path in sorted(folder.rglob("*")) if path.is_file()
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")


def decode(z: Rows) -> Rows:
    """z (B, Z) → curves (B, T)."""
    return np.asarray(np.tanh(z @ _weights()), np.float32)


def _weights() -> Rows:
    """Return waves (Z, T), slower ones first."""
    steps = np.linspace(0, 1, LENGTH)
    return np.array([np.sin((i + 1) * np.pi * steps) for i in range(8)], np.float32)


def _graph(weights: Rows) -> dict[str, Any]:
    """Return a TensorFlow.js graph model: z → tanh(z @ weights)."""

    def shape(*sizes: int) -> dict[str, Any]:
        return {"dim": [{"size": str(size)} for size in sizes]}

    kind = {"type": "DT_FLOAT"}
    constant = {"tensor": {"dtype": "DT_FLOAT", "tensorShape": shape(*weights.shape)}}
    ends = {
        name: {"name": f"{name}:0", "dtype": "DT_FLOAT", "tensorShape": shape(-1, width)}
        for name, width in zip(("z", "values"), weights.shape, strict=True)
    }
    nodes = [
        ("z", "Placeholder", [], {"dtype": kind, "shape": {"shape": shape(-1, len(weights))}}),
        ("weights", "Const", [], {"dtype": kind, "value": constant}),
        (
            "product",
            "MatMul",
            ["z", "weights"],
            {"T": kind, "transpose_a": {"b": False}, "transpose_b": {"b": False}},
        ),
        ("values", "Tanh", ["product"], {"T": kind}),
    ]
    listed = {"name": "weights", "shape": list(weights.shape), "dtype": "float32"}
    return {
        "format": "graph-model",
        "signature": {"inputs": {"z": ends["z"]}, "outputs": {"values": ends["values"]}},
        "modelTopology": {
            "node": [
                {"name": name, "op": op, "input": inputs, "attr": attributes}
                for name, op, inputs, attributes in nodes
            ],
            "versions": {"producer": 1645},
        },
        "weightsManifest": [{"paths": ["weights.bin"], "weights": [listed]}],
    }


def _base64(curve: Rows) -> str:
    return base64.b64encode(curve.astype("<f4").tobytes()).decode()


def _listed(folder: Path, path: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
