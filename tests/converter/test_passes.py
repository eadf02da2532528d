"""Each pass computes the same as before, with the ops that it promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from zlide.graph import passes
from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.ir import (
    BOOL,
    FLOAT,
    PART,
    Rule,
    Value,
    const,
    in_order,
    make,
    placeholder,
    rewrite,
)
from zlide.graph.ir.build import (
    add,
    concat,
    gather,
    matmul,
    maximum,
    mul,
    pad,
    reduce,
    reshape,
    slice_,
    to_float,
    total,
    transpose,
    unary,
)

ROWS = 3
RNG = np.random.default_rng(5)
PLAIN = {"strides": [1] * 4, "padding": "VALID", "dilations": [1] * 4}


def numbers(*shape: int) -> Value:
    return const(RNG.normal(size=shape).astype(np.float32))


def run(output: Value, inputs: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Compute a value with the evaluator."""
    found: dict[Value, Any] = {}
    for value in in_order([output]):
        if value.op == "Placeholder":
            found[value] = inputs[value.name]
        elif value.array is not None:
            found[value] = value.array
        elif value.op == PART:
            found[value] = found[value.inputs[0]][value.attributes["index"]]
        else:
            operands = [found[each] for each in value.inputs]
            operation = OPERATIONS[value.op]
            read = {k: v for k, v in value.attributes.items() if k in operation.attributes}
            found[value] = operation.compute(*operands, **read)
    return np.asarray(found[output])


def ops(output: Value) -> list[str]:
    """Return the ops that compute a value, in order, without inputs and constants."""
    hidden = {"Placeholder", "Const", PART}
    return [value.op for value in in_order([output]) if value.op not in hidden]


Z = placeholder("z", (-1, 6), FLOAT)
X = placeholder("x", (-1, 4, 5, 3), FLOAT)  # channels last
STATE = placeholder("state", (-1, 2, 6), FLOAT)
MASK = placeholder("mask", (-1, 4), BOOL)
WIDE = placeholder("wide", (-1, 2, 3, 2, 4), FLOAT)
INPUTS = {
    value.name: (
        RNG.normal(size=(ROWS, *value.shape[1:])) > 0
        if value.dtype == BOOL
        else RNG.normal(size=(ROWS, *value.shape[1:])).astype(np.float32)
    )
    for value in (Z, X, STATE, MASK, WIDE)
}


def conv(x: Value, outputs: int = 8) -> Value:
    return make("Conv2D", x, numbers(2, 2, x.shape[-1], outputs), **PLAIN)


def nearest(x: Value, rows: int, columns: int) -> Value:
    """Repeat each row and each column."""
    size = const(np.array([x.shape[1] * rows, x.shape[2] * columns], np.int32))
    plain = {"align_corners": False, "half_pixel_centers": False}
    return make("ResizeNearestNeighbor", x, size, **plain)


def upsampled(
    x: Value, rows: int, columns: int, kernel: tuple[int, int], pads: tuple[int, int, int, int]
) -> Value:
    """Repeat rows and columns, then convolve. pads: before and after, of rows and columns."""
    attributes = {**PLAIN, "padding": "EXPLICIT", "explicit_paddings": [0, 0, *pads, 0, 0]}
    weight = numbers(*kernel, x.shape[-1], 8)
    return make("Conv2D", nearest(x, rows, columns), weight, **attributes)


def layer(x: Value, outputs: int) -> Value:
    return matmul(x, numbers(x.shape[-1], outputs))


def picked() -> Value:
    return slice_(transpose(STATE, (1, 0, 2)), (1, 0, 0), (1, -1, -1))


def joined() -> Value:
    return concat([reshape(Z, (1, -1, 6)), reshape(unary("Relu", Z), (1, -1, 6))], 0)


ORDER = const(np.array([2, 0, 3, 1], np.int32))
CASES: dict[str, tuple[Rule, Callable[[], Value], list[str]]] = {
    "remove_noop": (passes.remove_noop, lambda: add(mul(Z, 1.0), 0.0), []),
    "merge_reshapes": (
        passes.merge_reshapes,
        lambda: reshape(reshape(Z, (-1, 2, 3)), (-1, 3, 2)),
        ["Reshape"],
    ),
    "merge_transposes": (
        passes.merge_transposes,
        lambda: transpose(transpose(X, (0, 3, 1, 2)), (0, 2, 1, 3)),
        ["Transpose"],
    ),
    "transpose_before_reshape": (
        passes.transpose_before_reshape,
        lambda: transpose(reshape(X, (-1, 20, 3)), (0, 2, 1)),
        ["Transpose", "Reshape"],
    ),
    "slice_before_transpose": (passes.slice_before_transpose, picked, ["Slice", "Transpose"]),
    "slice_of_all": (
        passes.slice_of_all,
        lambda: make("Slice", Z, const([0, 0]), const([-1, 6])),
        [],
    ),
    "slice_of_concat": (
        passes.slice_of_concat,
        lambda: slice_(joined(), (1, 0, 0), (1, -1, -1)),
        ["Relu", "Reshape"],
    ),
    "transpose_before_concat": (
        passes.transpose_before_concat,
        lambda: transpose(joined(), (1, 0, 2)),
        ["Reshape", "Transpose", "Relu", "Reshape", "Transpose", "ConcatV2"],
    ),
    "permute_columns": (
        passes.permute_columns,
        lambda: transpose(reshape(add(layer(Z, 24), 1.0), (-1, 2, 3, 4)), (0, 2, 3, 1)),
        ["MatMul", "AddV2", "Reshape"],
    ),
    "permute_channels": (
        passes.permute_columns,
        lambda: gather(unary("Relu", conv(X, 4)), ORDER, 3),
        ["Conv2D", "Relu"],
    ),
    "permute_rows": (
        passes.permute_rows,
        lambda: layer(reshape(transpose(X, (0, 3, 1, 2)), (-1, 60)), 5),
        ["Reshape", "MatMul"],
    ),
    "pad_into_convolution": (
        passes.pad_into_convolution,
        lambda: conv(pad(X, [(0, 0), (1, 0), (0, 2), (0, 0)])),
        ["Conv2D"],
    ),
    "fold_affine": (
        passes.fold_affine,
        lambda: add(mul(add(conv(X), numbers(8)), numbers(8)), numbers(8)),
        ["Conv2D", "AddV2"],
    ),
    "fold_affine of two factors": (
        passes.fold_affine,
        lambda: mul(add(mul(unary("Relu", X), 2.0), 3.0), 0.4),
        ["Relu", "Mul", "AddV2"],
    ),
    "tanh_as_sigmoid": (
        passes.tanh_as_sigmoid,
        lambda: unary("Tanh", layer(Z, 2048)),
        ["MatMul", "Mul", "Sigmoid", "Mul", "AddV2"],
    ),
    "elementwise_before_resize": (
        passes.elementwise_before_resize,
        lambda: add(unary("Relu", nearest(X, 3, 1)), numbers(3)),
        ["Relu", "AddV2", "ResizeNearestNeighbor"],
    ),
    "upsample_into_convolution": (
        passes.upsample_into_convolution,
        lambda: upsampled(X, 2, 2, (3, 3), (1, 1, 1, 1)),
        [*["Conv2D", "Reshape", "Reshape"] * 2, "ConcatV2", "Reshape"],
    ),
    "upsample_into_convolution with uneven factors": (
        passes.upsample_into_convolution,
        lambda: upsampled(X, 2, 1, (4, 2), (2, 0, 0, 3)),
        [*["Conv2D", "Reshape"] * 2, "ConcatV2", "Reshape", "Slice"],
    ),
    "upsample_into_convolution without padding": (
        passes.upsample_into_convolution,
        lambda: upsampled(X, 3, 2, (3, 2), (0, 0, 0, 0)),
        [*["Conv2D", "Reshape", "Reshape"] * 3, "ConcatV2", "Reshape", "Slice"],
    ),
    "upsample_into_convolution of 1×1": (
        passes.upsample_into_convolution,
        lambda: upsampled(X, 2, 2, (1, 1), (0, 0, 0, 0)),
        ["Conv2D", "ResizeNearestNeighbor"],
    ),
    "leaky_relu_as_prelu": (
        passes.leaky_relu_as_prelu,
        lambda: make("LeakyRelu", conv(X), alpha=0.3),
        ["Conv2D", "Prelu"],
    ),
    "merge_linear_layers": (
        passes.merge_linear_layers,
        lambda: layer(add(layer(Z, 40), numbers(40)), 3),
        ["MatMul", "AddV2"],
    ),
    "hoist_elementwise": (
        passes.hoist_elementwise,
        lambda: unary("Relu", add(reshape(conv(X), (-1, 3, 8, 4)), numbers(4))),
        ["Conv2D", "AddV2", "Relu", "Reshape"],
    ),
    "fuse_bias": (passes.fuse_bias, lambda: add(conv(X), numbers(8)), ["_FusedConv2D"]),
    "transpose_in_product": (
        passes.transpose_in_product,
        lambda: matmul(STATE, transpose(STATE, (0, 2, 1))),
        ["BatchMatMulV2"],
    ),
    "collapse_dimensions": (
        passes.collapse_dimensions,
        lambda: pad(WIDE, [(0, 0), (0, 0), (0, 0), (0, 0), (1, 2)]),
        ["Reshape", "Pad", "Reshape"],
    ),
    "collapse_one": (
        passes.collapse_dimensions,
        lambda: pad(
            reshape(WIDE, (*WIDE.shape, 1)), [(0, 0), (0, 0), (0, 2), (0, 0), (1, 0), (0, 0)]
        ),
        ["Reshape", "Reshape", "Pad", "Reshape"],
    ),
    "collapse_broadcast": (
        passes.collapse_dimensions,
        lambda: maximum(WIDE, numbers(2, 4)),
        ["Reshape", "Maximum", "Reshape"],
    ),
    "store_as_floats": (
        passes.store_as_floats,
        lambda: total(reshape(to_float(MASK), (-1, 2, 2)), [1]),
        ["Cast", "Reshape", "Mul", "Sum"],
    ),
    "transpose_as_float": (
        passes.transpose_as_float,
        lambda: make("Transpose", MASK, const([1, 0])),
        ["Cast", "Transpose", "Cast"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rule_computes_the_same_with_the_ops_that_it_promises(name: str) -> None:
    rule, build, promised = CASES[name]
    before = build()
    (after,) = rewrite([before], [rule])
    assert ops(after) == promised
    np.testing.assert_allclose(run(after, INPUTS), run(before, INPUTS), rtol=1e-4, atol=1e-5)


def test_half_of_a_tanh_is_a_sigmoid() -> None:
    before = add(mul(unary("Tanh", layer(Z, 2048)), 0.5), 0.5)
    rules = [passes.tanh_as_sigmoid, passes.fold_affine, passes.remove_noop]
    (after,) = rewrite([before], rules)
    assert ops(after) == ["MatMul", "Sigmoid"]
    np.testing.assert_allclose(run(after, INPUTS), run(before, INPUTS), rtol=1e-4, atol=1e-5)


def test_leaky_relu_is_fused_with_a_convolution_and_its_bias() -> None:
    before = make("LeakyRelu", add(conv(X), numbers(8)), alpha=0.3)
    rules = [passes.leaky_relu_as_prelu, passes.fuse_bias, passes.fuse_activation]
    (after,) = rewrite([before], rules)
    assert ops(after) == ["_FusedConv2D"]
    np.testing.assert_allclose(run(after, INPUTS), run(before, INPUTS), rtol=1e-4, atol=1e-5)


def test_activations_are_fused_with_a_product_and_its_bias() -> None:
    before = unary("Relu", add(layer(Z, 5), numbers(5)))
    (after,) = rewrite([before], [passes.fuse_bias, passes.fuse_activation])
    assert ops(after) == ["_FusedMatMul"]
    np.testing.assert_allclose(run(after, INPUTS), run(before, INPUTS), rtol=1e-4, atol=1e-5)


def first(x: Value) -> Value:
    return transpose(x, (0, 3, 1, 2))


def last(x: Value) -> Value:
    return transpose(x, (0, 2, 3, 1))


def pictures() -> Sequence[Value]:
    """Return pictures with their channels first between convolutions, as ONNX has them."""
    scale = numbers(8, 1, 1)
    y = mul(unary("Relu", first(conv(X))), scale)
    squeezed = mul(y, unary("Sigmoid", reduce("Mean", y, [2, 3])))
    both = concat([squeezed, y], 1)
    return [last(first(conv(last(pad(both, [(0, 0), (0, 0), (1, 1), (0, 0)])))))]


def test_layouts_leave_no_transpose_between_convolutions() -> None:
    (before,) = pictures()
    (after,) = passes.optimize([before])
    assert ops(before).count("Transpose") > 2
    assert "Transpose" not in ops(after)
    np.testing.assert_allclose(run(after, INPUTS), run(before, INPUTS), rtol=1e-4, atol=1e-5)
