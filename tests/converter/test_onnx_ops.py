"""The fast ops of ONNX files equal those of `onnx.reference`, and files are read safely."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

from tests.coverage.onnx_files import decoder, save
from tests.refusal import refusal
from zlide.graph import read_onnx_module
from zlide.graph.onnx_file.fast_ops import FAST_OPS

Case = tuple[str, list[Any], dict[str, Any]]


def numbers(*shape: int) -> Any:
    return np.random.default_rng(sum(shape)).normal(size=shape).astype(np.float32)


def resize(scales: list[float] | None, sizes: list[int] | None, **attributes: Any) -> Case:
    none = np.array([], np.float32)
    inputs = [numbers(2, 2, 5, 4), none, none if scales is None else np.array(scales, np.float32)]
    return "Resize", [*inputs, *([] if sizes is None else [np.array(sizes, np.int64)])], attributes


PICTURE, KERNEL, TURNED = numbers(2, 4, 7, 6), numbers(6, 4, 3, 2), numbers(4, 6, 3, 2)
CASES: dict[str, Case] = {
    "sigmoid": ("Sigmoid", [PICTURE * 30], {}),
    "erf": ("Erf", [PICTURE], {}),
    "conv": ("Conv", [PICTURE, KERNEL, numbers(6)], {"pads": [1, 0, 2, 1]}),
    "conv_strided": ("Conv", [PICTURE, KERNEL], {"strides": [2, 1], "dilations": [2, 1]}),
    "conv_groups": ("Conv", [PICTURE, numbers(6, 2, 3, 3)], {"group": 2}),
    "conv_same_upper": ("Conv", [PICTURE, KERNEL], {"auto_pad": "SAME_UPPER"}),
    "conv_same_lower": ("Conv", [PICTURE, KERNEL], {"auto_pad": "SAME_LOWER"}),
    "conv_1d": ("Conv", [numbers(2, 3, 8), numbers(5, 3, 3)], {"pads": [1, 1]}),
    "transposed": ("ConvTranspose", [PICTURE, TURNED, numbers(6)], {"strides": [2, 2]}),
    "transposed_padded": (
        "ConvTranspose",
        [PICTURE, TURNED],
        {"strides": [2, 2], "pads": [1, 0, 1, 1], "output_padding": [1, 0]},
    ),
    "transposed_same": (
        "ConvTranspose",
        [PICTURE, TURNED],
        {"strides": [2, 2], "auto_pad": "SAME_UPPER"},
    ),
    "max": ("MaxPool", [PICTURE], {"kernel_shape": [3, 2], "strides": [2, 2]}),
    "max_padded": (
        "MaxPool",
        [PICTURE],
        {"kernel_shape": [3, 3], "strides": [2, 2], "pads": [1, 1, 1, 1]},
    ),
    "average": ("AveragePool", [PICTURE], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    "average_padded": ("AveragePool", [PICTURE], {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1]}),
    "average_counted": (
        "AveragePool",
        [PICTURE],
        {"kernel_shape": [3, 3], "pads": [1, 1, 1, 1], "count_include_pad": 1},
    ),
    "nearest": resize([1, 1, 2, 2], None, mode="nearest"),
    "nearest_asymmetric": resize(
        [1, 1, 1.5, 2],
        None,
        mode="nearest",
        nearest_mode="floor",
        coordinate_transformation_mode="asymmetric",
    ),
    "linear": resize([1, 1, 2, 1.3], None, mode="linear"),
    "linear_corners": resize(
        None, [2, 2, 9, 7], mode="linear", coordinate_transformation_mode="align_corners"
    ),
    "cubic": resize(None, [2, 2, 8, 9], mode="cubic", exclude_outside=1),
    "antialias": resize([1, 1, 0.6, 0.5], None, mode="linear", antialias=1),
    "axes": resize([2, 3], None, mode="linear", axes=[2, 3]),
}


def run(name: str, new_ops: Any) -> Any:
    op, inputs, attributes = CASES[name]
    names = [f"x{i}" if value.size else "" for i, value in enumerate(inputs)]
    known = [(n, value) for n, value in zip(names, inputs, strict=True) if n]
    declared = [
        helper.make_tensor_value_info(n, helper.np_dtype_to_tensor_dtype(value.dtype), value.shape)
        for n, value in known
    ]
    output = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph(
        [helper.make_node(op, names, ["y"], **attributes)], op, declared, [output]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    (result,) = ReferenceEvaluator(model, new_ops=new_ops).run(None, dict(known))
    return result


@pytest.mark.parametrize("name", CASES)
def test_a_fast_op_equals_the_reference(name: str) -> None:
    expected, found = run(name, None), run(name, FAST_OPS)
    assert found.dtype == expected.dtype
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_every_fast_op_has_a_case() -> None:
    assert {op for op, _, _ in CASES.values()} == {each.__name__ for each in FAST_OPS}


def test_a_transposed_convolution_in_groups_equals_pytorch() -> None:
    x, weight = numbers(2, 4, 7, 6), numbers(4, 3, 3, 3)
    node = helper.make_node("ConvTranspose", ["x", "w"], ["y"], group=2, strides=[2, 2])
    infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("x", "w", "y")]
    graph = helper.make_graph([node], "groups", infos[:2], infos[2:])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    (found,) = ReferenceEvaluator(model, new_ops=FAST_OPS).run(None, {"x": x, "w": weight})
    expected = F.conv_transpose2d(
        torch.from_numpy(x), torch.from_numpy(weight), stride=2, groups=2
    ).numpy()
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_pools_in_ceil_mode_equal_pytorch() -> None:
    x = numbers(2, 3, 7, 6)
    for op, pool in (("MaxPool", F.max_pool2d), ("AveragePool", F.avg_pool2d)):
        node = helper.make_node(op, ["x"], ["y"], kernel_shape=[3, 2], strides=[2, 3], ceil_mode=1)
        infos = [helper.make_tensor_value_info(n, TensorProto.FLOAT, None) for n in ("x", "y")]
        graph = helper.make_graph([node], op, infos[:1], infos[1:])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
        (found,) = ReferenceEvaluator(model, new_ops=FAST_OPS).run(None, {"x": x})
        expected = pool(torch.from_numpy(x), (3, 2), (2, 3), ceil_mode=True).numpy()
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_node_that_fails_is_named(tmp_path: Path) -> None:
    node = helper.make_node("Reshape", ["x", "odd"], ["y"], name="culprit")
    odd = helper.make_node("Constant", [], ["odd"], value_ints=[-1, 7])
    error = refusal(read_onnx_module, save(decoder([odd, node]), tmp_path))
    assert error.where == "decoder.onnx, node culprit"
    assert error.problem.startswith("Reshape")


def test_a_module_keeps_its_weights_apart_from_copies(tmp_path: Path) -> None:
    module = read_onnx_module(save(decoder(), tmp_path))
    z, other = torch.randn(3, 6), deepcopy(module)
    before = module(z)
    for parameter in other.parameters():
        parameter.zero_()
    assert torch.equal(module(z), before)
    assert not torch.allclose(other(z), before)
