"""ONNX files of decoders of pictures: a good one, and one for each kind of bad input."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tests.coverage.decoders import LATENT

SIDE = 4
PIXELS = SIDE * SIDE * 3
NODES = ("Gemm", "Sigmoid", "Reshape")
GIGABYTE = 2**30


def decoder(
    extra: Sequence[Any] = (), *, batch: int | str = "batch", opset: int = 17, weight: Any = None
) -> onnx.ModelProto:
    """Return z (B, 6) → Gemm → `extra` → Sigmoid → Reshape → pixels (B, 4, 4, 3).

    extra: nodes from "x" to "y", both (B, 48). weight: replaces the initializer of Gemm.
    """
    rng = np.random.default_rng(5)
    values = rng.normal(size=(LATENT, PIXELS)).astype(np.float32) / 2
    rows = batch if isinstance(batch, int) else -1
    shape = np.array([rows, SIDE, SIDE, 3], np.int64)
    nodes = [
        helper.make_node("Gemm", ["z", "weight", "bias"], ["x"], name="first"),
        *(extra or [helper.make_node("Identity", ["x"], ["y"])]),
        helper.make_node("Sigmoid", ["y"], ["s"]),
        helper.make_node("Reshape", ["s", "shape"], ["pixels"]),
    ]
    graph = helper.make_graph(
        nodes,
        "decoder",
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, [batch, LATENT])],
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, SIDE, SIDE, 3])],
        [
            weight or numpy_helper.from_array(values, "weight"),
            numpy_helper.from_array(np.zeros(PIXELS, np.float32), "bias"),
            numpy_helper.from_array(shape, "shape"),
        ],
    )
    domains = {node.domain for node in nodes if node.domain}
    opsets = [helper.make_opsetid("", opset), *(helper.make_opsetid(d, 1) for d in domains)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def branch() -> Any:
    """Return an If whose condition is the sign of the first value."""
    info = helper.make_tensor_value_info("taken", TensorProto.FLOAT, None)
    then, otherwise = (
        helper.make_graph([helper.make_node(op, ["x"], ["taken"])], op, [], [info])
        for op in ("Neg", "Identity")
    )
    return helper.make_node("If", ["positive"], ["y"], then_branch=then, else_branch=otherwise)


def sum_is_positive() -> list[Any]:
    return [
        helper.make_node("ReduceSum", ["x"], ["total"], keepdims=0),
        helper.make_node("Sign", ["total"], ["sign"]),
        helper.make_node("Cast", ["sign"], ["positive"], to=TensorProto.BOOL),
    ]


def of_one_node(op: str, **attributes: Any) -> onnx.ModelProto:
    return decoder([helper.make_node(op, ["x"], ["y"], name="culprit", **attributes)])


def determinant() -> onnx.ModelProto:
    shape = helper.make_node("Constant", [], ["square"], value_ints=[-1, 3, 4, 4])
    return decoder(
        [
            shape,
            helper.make_node("Reshape", ["x", "square"], ["squares"]),
            helper.make_node("Det", ["squares"], ["d"], name="culprit"),
            helper.make_node("ReduceSum", ["d"], ["total"], keepdims=0),
            helper.make_node("Mul", ["x", "total"], ["y"]),
        ]
    )


def nonzero() -> onnx.ModelProto:
    return decoder(
        [
            helper.make_node("NonZero", ["x"], ["where"], name="culprit"),
            helper.make_node("Cast", ["where"], ["places"], to=TensorProto.FLOAT),
            helper.make_node("ReduceSum", ["places"], ["total"], keepdims=0),
            helper.make_node("Mul", ["x", "total"], ["y"]),
        ]
    )


def row_by_row() -> onnx.ModelProto:
    """Return a decoder for two rows that adds other numbers to each of them."""
    shifts = helper.make_node(
        "Constant",
        [],
        ["shifts"],
        value=numpy_helper.from_array(np.array([[1.0], [-1.0]], np.float32)),
    )
    return decoder([shifts, helper.make_node("Add", ["x", "shifts"], ["y"])], batch=2)


def function() -> onnx.ModelProto:
    model = decoder([helper.make_node("Twice", ["x"], ["y"], domain="local")])
    body = [helper.make_node("Add", ["a", "a"], ["b"])]
    opsets = [helper.make_opsetid("", 17)]
    model.functions.append(helper.make_function("local", "Twice", ["a"], ["b"], body, opsets))
    return model


def sparse() -> onnx.ModelProto:
    model = decoder([helper.make_node("Add", ["x", "few"], ["y"])])
    values = helper.make_tensor("few", TensorProto.FLOAT, [1], [0.5])
    index = helper.make_tensor("index", TensorProto.INT64, [1], [3])
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, index, [PIXELS]))
    return model


def half() -> onnx.ModelProto:
    return decoder(weight=numpy_helper.from_array(np.ones((LATENT, PIXELS), np.float16), "weight"))


def quantized() -> onnx.ModelProto:
    model = decoder(
        [
            helper.make_node("QuantizeLinear", ["x", "scale", "zero"], ["q"], name="culprit"),
            helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["y"]),
        ]
    )
    model.graph.initializer.append(numpy_helper.from_array(np.float32(0.1), "scale"))
    model.graph.initializer.append(numpy_helper.from_array(np.uint8(128), "zero"))
    return model


def quantized_weights() -> onnx.ModelProto:
    names = ["whole", "scale", "zero"]
    model = decoder(
        [
            helper.make_node("DequantizeLinear", names, ["factors"], name="culprit"),
            helper.make_node("Mul", ["x", "factors"], ["y"]),
        ]
    )
    values = np.ones(PIXELS, np.int8), np.float32(0.1), np.int8(0)
    model.graph.initializer.extend(map(numpy_helper.from_array, values, names))
    return model


def bfloat16_inside() -> onnx.ModelProto:
    return decoder(
        [
            helper.make_node("Cast", ["x"], ["half"], name="culprit", to=TensorProto.BFLOAT16),
            helper.make_node("Cast", ["half"], ["y"], to=TensorProto.FLOAT),
        ]
    )


def training_dropout() -> onnx.ModelProto:
    model = decoder([helper.make_node("Dropout", ["x", "ratio", "training"], ["y"])])
    for name, value in (("ratio", np.float32(0.5)), ("training", np.bool_(True))):
        model.graph.initializer.append(numpy_helper.from_array(np.array(value), name))
    return model


def negative_padding() -> onnx.ModelProto:
    kernel = numpy_helper.from_array(np.ones((3, 3, 1, 1), np.float32))
    return decoder(
        [
            helper.make_node("Constant", [], ["kernel"], value=kernel),
            helper.make_node("Constant", [], ["square"], value_ints=[-1, 3, 4, 4]),
            helper.make_node("Constant", [], ["flat"], value_ints=[-1, PIXELS]),
            helper.make_node("Reshape", ["x", "square"], ["picture"]),
            helper.make_node("Conv", ["picture", "kernel"], ["moved"], pads=[-1, -1, 1, 1]),
            helper.make_node("Reshape", ["moved", "flat"], ["y"]),
        ]
    )


def two_inputs() -> onnx.ModelProto:
    model = decoder([helper.make_node("Add", ["x", "noise"], ["y"])])
    noise = helper.make_tensor_value_info("noise", TensorProto.FLOAT, ["batch", PIXELS])
    model.graph.input.append(noise)
    return model


def planet() -> onnx.ModelProto:
    """Return a decoder that makes 2**50 zeros of a few bytes."""
    size = helper.make_node("Constant", [], ["size"], value_ints=[2**25, 2**25, 1])
    zeros = helper.make_node("ConstantOfShape", ["size"], ["zeros"], name="culprit")
    total = helper.make_node("ReduceSum", ["zeros"], ["total"], keepdims=0)
    return decoder([size, zeros, total, helper.make_node("Add", ["x", "total"], ["y"])])


def external(location: str, size: int = 4 * LATENT * PIXELS) -> onnx.ModelProto:
    """Return a decoder whose weight lies in another file, of `size` bytes."""
    weight = TensorProto(name="weight", data_type=TensorProto.FLOAT)
    weight.dims.extend([LATENT, size // 4 // LATENT])
    weight.data_location = TensorProto.EXTERNAL
    for key, value in (("location", location), ("offset", 0), ("length", size)):
        weight.external_data.add(key=key, value=str(value))
    return decoder(weight=weight)


def save(model: onnx.ModelProto, folder: Path) -> Path:
    path = folder / "decoder.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def _saved(make: Callable[[], onnx.ModelProto]) -> Callable[[Path], Path]:
    return lambda folder: save(make(), folder)


def truncated(folder: Path) -> Path:
    path = save(decoder(), folder)
    path.write_bytes(path.read_bytes()[:-700])
    return path


def text(folder: Path) -> Path:
    path = folder / "decoder.onnx"
    path.write_text("This is a page of text, and not a graph.\n" * 20, "utf-8")
    return path


def huge(folder: Path) -> Path:
    """Three gigabytes of weights in another file, all holes."""
    size = 3 * GIGABYTE
    with (folder / "weights.bin").open("wb") as file:
        file.truncate(size)
    return save(external("weights.bin", size), folder)


def outside(folder: Path) -> Path:
    inner = folder / "inner"
    inner.mkdir()
    (folder / "weights.bin").write_bytes(bytes(4 * LATENT * PIXELS))
    return save(external("../weights.bin"), inner)


def link(folder: Path) -> Path:
    """A link beside the file that leads out of its folder."""
    inner = folder / "inner"
    inner.mkdir()
    (folder / "secret").write_bytes(bytes(4 * LATENT * PIXELS))
    (inner / "weights.bin").symlink_to(folder / "secret")
    return save(external("weights.bin"), inner)


def _external_short(folder: Path) -> Path:
    (folder / "weights.bin").write_bytes(bytes(100))
    return save(external("weights.bin"), folder)


BAD_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "custom_op": (_saved(lambda: of_one_node("Swirl", domain="com.example")), "swirl"),
    "control_flow": (_saved(lambda: decoder([*sum_is_positive(), branch()])), "if"),
    "fixed_batch": (_saved(row_by_row), "batch of 2"),
    "opset_8": (_saved(lambda: decoder(opset=8)), "opset 8"),
    "opset_of_tomorrow": (_saved(lambda: decoder(opset=999)), "opset 999"),
    "function": (_saved(function), "twice"),
    "sparse": (_saved(sparse), "sparse"),
    "half": (_saved(half), "float16"),
    "quantized": (_saved(quantized), "quantizelinear"),
    "two_inputs": (_saved(two_inputs), "one input"),
    "size_of_a_planet": (_saved(planet), "numbers"),
    "broken_graph": (_saved(lambda: of_one_node("Add")), "input size 1"),
    "no_backend": (_saved(determinant), "det"),
    "depends_on_data": (_saved(nonzero), "nonzero"),
    "random": (_saved(lambda: of_one_node("RandomNormalLike")), "randomnormallike"),
    "random_of_probabilities": (_saved(lambda: of_one_node("Bernoulli")), "leave chance out"),
    "quantized_weights": (_saved(quantized_weights), "in float32"),
    "bfloat16_inside": (_saved(bfloat16_inside), "float32"),
    "dropout": (_saved(training_dropout), "eval mode"),
    "negative_padding": (_saved(negative_padding), "negative padding"),
    "truncated": (truncated, "onnx"),
    "text": (text, "onnx"),
    "missing": (lambda folder: folder / "missing.onnx", "missing.onnx"),
    "external_missing": (_saved(lambda: external("weights.bin")), "weights.bin"),
    "external_outside": (outside, "weights.bin"),
    "external_short": (_external_short, "bytes"),
    "external_lies": (_saved(lambda: external("weights.bin", 4)), "weights.bin"),
    "external_link": (link, "folder"),
    "external_3_gb": (huge, "gb"),
}
"""Kind of bad input → how to write the file, and a word of its refusal, in lower case."""
