"""Shapes and dtypes of the outputs of ops."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.ir.shape import Shape, broadcast, reshaped

Array = NDArray[Any]
Arrays = Sequence[Array | None]
"""The numbers of inputs; None for those that are not constant."""

FLOAT, INT, BOOL = np.dtype(np.float32), np.dtype(np.int32), np.dtype(np.bool_)


@dataclass(frozen=True)
class Spec:
    """Shape and dtype of a value."""

    shape: Shape
    dtype: np.dtype[Any]


Rule = Callable[[Sequence[Spec], Arrays, Mapping[str, Any]], Iterator[Spec] | Sequence[Spec]]


def infer(
    op: str, inputs: Sequence[Spec], arrays: Arrays, attributes: Mapping[str, Any]
) -> list[Spec]:
    """Return shape and dtype of each output of an op.

    Raises ValueError if the inputs do not fit each other, and KeyError for an unknown op.
    """
    return list(_RULES[op](inputs, arrays, attributes))


def needed(array: Array | None) -> list[int]:
    """Return a constant input as integers. Raises ValueError if it is not constant."""
    if array is None:
        raise ValueError("expected constant bounds and sizes, found some that depend on the data")
    return [int(each) for each in np.ravel(array)]


def _elementwise(
    inputs: Sequence[Spec], _arrays: Arrays, _attributes: Mapping[str, Any]
) -> list[Spec]:
    return [Spec(broadcast(*(each.shape for each in inputs)), inputs[-1].dtype)]


def _logical(inputs: Sequence[Spec], _arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    return [Spec(broadcast(*(each.shape for each in inputs)), BOOL)]


def _cast(inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    return [Spec(inputs[0].shape, attributes["DstT"])]


def _same(inputs: Sequence[Spec], _arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    return [inputs[0]]


def _reduction(inputs: Sequence[Spec], arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    shape = inputs[0].shape
    axes = {axis % len(shape) for axis in needed(arrays[1])}
    if attributes.get("keep_dims", False):
        kept = tuple(1 if i in axes else size for i, size in enumerate(shape))
    else:
        kept = tuple(size for i, size in enumerate(shape) if i not in axes)
    return [Spec(kept, inputs[0].dtype)]


def _arg(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    (axis,) = needed(arrays[1])
    shape = list(inputs[0].shape)
    del shape[axis]
    return [Spec(tuple(shape), INT)]


def _top_k(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    (count,) = needed(arrays[1])
    shape = (*inputs[0].shape[:-1], count)
    return [Spec(shape, inputs[0].dtype), Spec(shape, INT)]


def _reshape(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    return [Spec(reshaped(inputs[0].shape, needed(arrays[1])), inputs[0].dtype)]


def _transpose(
    inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]
) -> list[Spec]:
    return [Spec(tuple(inputs[0].shape[i] for i in needed(arrays[1])), inputs[0].dtype)]


def _concat(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    (axis,) = needed(arrays[-1])
    *parts, _ = inputs
    shape = list(parts[0].shape)
    axis %= len(shape)
    others = {tuple(s for i, s in enumerate(part.shape) if i != axis) for part in parts}
    if len(others) > 1:
        raise ValueError(f"expected equal sizes but along axis {axis}, found {sorted(others)}")
    shape[axis] = sum(part.shape[axis] for part in parts)
    return [Spec(tuple(shape), parts[0].dtype)]


def _pack(inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    shape = list(inputs[0].shape)
    shape.insert(attributes["axis"], len(inputs))
    return [Spec(tuple(shape), inputs[0].dtype)]


def _split(inputs: Sequence[Spec], arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    (axis,), count = needed(arrays[0]), attributes["num_split"]
    return [_resized(inputs[1], axis, inputs[1].shape[axis] // count)] * count


def _split_v(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    (axis,) = needed(arrays[2])
    return [_resized(inputs[0], axis, size) for size in needed(arrays[1])]


def _resized(spec: Spec, axis: int, size: int) -> Spec:
    shape = list(spec.shape)
    shape[axis] = size
    return Spec(tuple(shape), spec.dtype)


def _tile(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    pairs = zip(inputs[0].shape, needed(arrays[1]), strict=True)
    return [Spec(tuple(size * times for size, times in pairs), inputs[0].dtype)]


def _pad(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    widths = np.reshape(needed(arrays[1]), (-1, 2)).sum(1)
    if any(size < 0 and width for size, width in zip(inputs[0].shape, widths, strict=True)):
        raise ValueError("expected no padding along the batch")
    pairs = zip(inputs[0].shape, widths, strict=True)
    return [Spec(tuple(int(size + width) for size, width in pairs), inputs[0].dtype)]


def _slice(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    begins, sizes = needed(arrays[1]), needed(arrays[2])
    shape = [
        (whole if whole < 0 else whole - begin) if size == -1 else size
        for whole, begin, size in zip(inputs[0].shape, begins, sizes, strict=True)
    ]
    return [Spec(tuple(shape), inputs[0].dtype)]


def _strided_slice(
    inputs: Sequence[Spec], arrays: Arrays, attributes: Mapping[str, Any]
) -> list[Spec]:
    begins, ends, steps = (needed(array) for array in arrays[1:4])
    shape = []
    for i, size in enumerate(inputs[0].shape):
        begin = None if attributes["begin_mask"] >> i & 1 else begins[i]
        end = None if attributes["end_mask"] >> i & 1 else ends[i]
        if size < 0:
            shape.append(size)
        else:
            shape.append(len(range(*slice(begin, end, steps[i]).indices(size))))
    return [Spec(tuple(shape), inputs[0].dtype)]


def _gather(inputs: Sequence[Spec], arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    (axis,), batch = needed(arrays[2]), attributes.get("batch_dims", 0)
    x, indices = inputs[0].shape, inputs[1].shape
    return [Spec((*x[:axis], *indices[batch:], *x[axis + 1 :]), inputs[0].dtype)]


def _mat_mul(inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    turns = ("transpose_a", "adj_x"), ("transpose_b", "adj_y")
    (*batch_a, m, k), (*batch_b, other, n) = (
        (*each.shape[:-2], each.shape[-1], each.shape[-2])
        if any(attributes.get(name, False) for name in names)
        else each.shape
        for each, names in zip(inputs, turns, strict=False)
    )
    if k != other:
        raise ValueError(f"expected factors (…, M, K) and (…, K, N), found K {k} and {other}")
    return [Spec((*broadcast(batch_a, batch_b), m, n) if batch_a or batch_b else (m, n), FLOAT)]


def _windows(shape: Shape, kernel: Sequence[int], attributes: Mapping[str, Any]) -> tuple[int, ...]:
    """Return the number of windows along each spatial dimension."""
    strides = attributes["strides"]
    dilations = attributes.get("dilations") or [1] * len(shape)
    pads = attributes.get("explicit_paddings") or [0] * 2 * len(shape)
    counts = []
    for i in range(1, len(shape) - 1):
        extent = (kernel[i - 1] - 1) * dilations[i] + 1
        if attributes["padding"] == "SAME":
            counts.append(-(-shape[i] // strides[i]))
        else:
            counts.append((shape[i] + pads[2 * i] + pads[2 * i + 1] - extent) // strides[i] + 1)
    if min(counts) < 1:
        raise ValueError(f"windows {tuple(kernel)} do not fit {shape}")
    return tuple(counts)


def _conv(inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    x, kernel = inputs[0].shape, inputs[1].shape
    if x[-1] != kernel[-2]:
        raise ValueError(f"expected pictures of {kernel[-2]} channels, found {x}")
    return [Spec((x[0], *_windows(x, kernel, attributes), kernel[-1]), FLOAT)]


def _depthwise(
    inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]
) -> list[Spec]:
    x, kernel = inputs[0].shape, inputs[1].shape
    return [Spec((x[0], *_windows(x, kernel, attributes), kernel[2] * kernel[3]), FLOAT)]


def _pool(inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]) -> list[Spec]:
    x = inputs[0].shape
    return [Spec((x[0], *_windows(x, attributes["ksize"][1:-1], attributes), x[-1]), FLOAT)]


def _resize(inputs: Sequence[Spec], arrays: Arrays, _attributes: Mapping[str, Any]) -> list[Spec]:
    x = inputs[0].shape
    return [Spec((x[0], *needed(arrays[1]), x[3]), FLOAT)]


def _depth_to_space(
    inputs: Sequence[Spec], _arrays: Arrays, attributes: Mapping[str, Any]
) -> list[Spec]:
    (batch, height, width, depth), block = inputs[0].shape, attributes["block_size"]
    return [Spec((batch, height * block, width * block, depth // block**2), FLOAT)]


_ELEMENTWISE = """
AddV2 Sub Mul RealDiv Maximum Minimum Pow SquaredDifference Sigmoid Tanh Relu Relu6 Elu LeakyRelu
Prelu Softplus Exp Log Sqrt Rsqrt Square Neg Abs Erf Floor Reciprocal Sin Cos Expm1 Log1p Sign Ceil
Round SelectV2 Atan Atan2 ClipByValue
"""
_LOGICAL = """
Greater GreaterEqual Less LessEqual Equal NotEqual LogicalAnd LogicalOr LogicalNot
"""

_RULES: dict[str, Rule] = {
    **dict.fromkeys(_ELEMENTWISE.split(), _elementwise),
    **dict.fromkeys(_LOGICAL.split(), _logical),
    **dict.fromkeys("Sum Mean Max Min Prod".split(), _reduction),
    **dict.fromkeys("Identity BiasAdd Softmax Cumsum".split(), _same),
    **dict.fromkeys("Pad PadV2 MirrorPad".split(), _pad),
    **dict.fromkeys("MatMul BatchMatMulV2 _FusedMatMul".split(), _mat_mul),
    **dict.fromkeys("Conv2D _FusedConv2D Conv3D".split(), _conv),
    **dict.fromkeys("DepthwiseConv2dNative FusedDepthwiseConv2dNative".split(), _depthwise),
    **dict.fromkeys("AvgPool MaxPool".split(), _pool),
    **dict.fromkeys("ResizeBilinear ResizeNearestNeighbor".split(), _resize),
    "Cast": _cast,
    "ArgMax": _arg,
    "TopKV2": _top_k,
    "Reshape": _reshape,
    "Transpose": _transpose,
    "ConcatV2": _concat,
    "Pack": _pack,
    "Split": _split,
    "SplitV": _split_v,
    "Tile": _tile,
    "Slice": _slice,
    "StridedSlice": _strided_slice,
    "GatherV2": _gather,
    "DepthToSpace": _depth_to_space,
}
