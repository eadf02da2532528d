"""Replacements of onnx-tf's handlers whose graphs do not suit a browser.

onnx-tf 1.10 checks the bounds of every Gather with control flow, multiplies every Gemm by alpha and
beta, and computes the bounds of every Slice and Reshape in the graph. Importing this module
registers the handlers below: onnx-tf takes the last subclass of `BackendHandler` for an op.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import dropwhile
from typing import Any

import numpy as np
import tensorflow as tf
from onnx_tf.handlers.backend_handler import BackendHandler
from onnx_tf.handlers.handler import onnx_op

from zlide.errors import ZlideError


class Handler:
    """A handler with one `convert` for every opset version that torch exports."""

    @classmethod
    def _run(cls, node: Any, **kwargs: Any) -> list[tf.Tensor]:
        tensors = kwargs["tensor_dict"]
        result = cls.convert(node, *[tensors[name] if name else None for name in node.inputs])
        return result if isinstance(result, list) else [result]

    version_1 = version_2 = version_5 = version_6 = version_7 = version_9 = version_10 = (
        version_11
    ) = version_12 = _run

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor | list[tf.Tensor]:
        raise NotImplementedError


def static(node: Any, tensor: tf.Tensor) -> list[int]:
    """Return a constant tensor as integers. Raises ZlideError if it depends on the input."""
    value = tf.get_static_value(tensor)
    if value is None:
        raise ZlideError(
            node.name,
            f"expected constant bounds, found {node.op_type} with bounds that depend on the input",
            "use static shapes",
        )
    return [int(v) for v in np.ravel(value)]


@onnx_op("Gather")
class Gather(Handler, BackendHandler):
    """Gather without the bounds check: tokens are in range, constants come from the exporter."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, indices = inputs
        axis = node.attrs.get("axis", 0)
        found = tf.get_static_value(indices)
        if (
            found is not None and (found < 0).any()
        ):  # from the end, which TensorFlow does not support
            indices = tf.constant(np.where(found < 0, found + x.shape[axis], found))
        return tf.gather(x, indices, axis=axis)


@onnx_op("Gemm")
class Gemm(Handler, BackendHandler):
    """MatMul and BiasAdd, which TensorFlow fuses; a constant weight is transposed beforehand."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, weight, *bias = inputs
        weight = tf.transpose(weight) if node.attrs.get("transB", 0) else weight
        y = tf.matmul(x, weight, transpose_a=bool(node.attrs.get("transA", 0)))
        if (alpha := node.attrs.get("alpha", 1.0)) != 1.0:
            y *= alpha
        if not bias:
            return y
        beta = node.attrs.get("beta", 1.0)
        term = bias[0] if beta == 1.0 else bias[0] * beta
        return tf.nn.bias_add(y, term) if term.shape.rank == 1 else y + term


@onnx_op("MatMul")
class MatMul(Handler, BackendHandler):
    """A product in which at most one factor is broadcast.

    TensorFlow.js multiplies the wrong matrices if it has to broadcast both. In that case both are
    expanded to the batch of the product first.
    """

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:  # noqa: ARG003 (it has no attributes)
        x, y = inputs
        if not (_recurs(x.shape[:-2], y.shape[:-2]) or _recurs(y.shape[:-2], x.shape[:-2])):
            x += y[..., :1, :1] * 0
            y += x[..., :1, :1] * 0
        return tf.matmul(x, y)


def _recurs(shape: tf.TensorShape, within: tf.TensorShape) -> bool:
    """Return whether `within` repeats `shape`. An unknown size is the batch."""
    sizes: list[int | None] = list(dropwhile(lambda size: size == 1, shape.as_list()))
    whole: list[int | None] = within.as_list()
    return len(sizes) <= len(whole) and whole[len(whole) - len(sizes) :] == sizes


class Reduction(Handler):
    """A reduction of floats, because WebGPU has no shader that reduces integers."""

    reduce: Callable[..., tf.Tensor]

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        reduced = cls.reduce(
            tf.cast(inputs[0], tf.float32),
            node.attrs.get("axes"),
            keepdims=bool(node.attrs.get("keepdims", 1)),
        )
        return tf.cast(reduced, inputs[0].dtype)


@onnx_op("ReduceSum")
class ReduceSum(Reduction, BackendHandler):
    reduce = tf.reduce_sum


@onnx_op("ReduceMean")
class ReduceMean(Reduction, BackendHandler):
    reduce = tf.reduce_mean


@onnx_op("ReduceMax")
class ReduceMax(Reduction, BackendHandler):
    reduce = tf.reduce_max


@onnx_op("ReduceMin")
class ReduceMin(Reduction, BackendHandler):
    reduce = tf.reduce_min


@onnx_op("ArgMax")
class ArgMax(Handler, BackendHandler):
    """ArgMax with int32 results, the dtype of the next step's token."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        axis = node.attrs.get("axis", 0)
        best = tf.argmax(tf.cast(inputs[0], tf.float32), axis=axis, output_type=tf.int32)
        return tf.expand_dims(best, axis) if node.attrs.get("keepdims", 1) else best


@onnx_op("CumSum")
class CumSum(Handler, BackendHandler):
    """Over an axis counted from the first: no backend of TensorFlow.js counts it from the last."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, axis = inputs
        (place,) = static(node, axis)
        exclusive, reverse = (bool(node.attrs.get(key, 0)) for key in ("exclusive", "reverse"))
        return tf.cumsum(x, place % x.shape.rank, exclusive=exclusive, reverse=reverse)


@onnx_op("Split")
class Split(Handler, BackendHandler):
    """Split; equal parts need no list of sizes."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> list[tf.Tensor]:
        axis = node.attrs.get("axis", 0)
        sizes = node.attrs.get("split")
        equal = sizes is None or len(set(sizes)) == 1
        return list(tf.split(inputs[0], len(node.outputs) if equal else sizes, axis=axis))


@onnx_op("Slice")
class Slice(Handler, BackendHandler):
    """Slice with static bounds."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, *bounds = inputs
        starts, ends = static(node, bounds[0]), static(node, bounds[1])
        axes = (
            static(node, bounds[2])
            if len(bounds) > 2 and bounds[2] is not None
            else list(range(len(starts)))
        )
        steps = (
            static(node, bounds[3])
            if len(bounds) > 3 and bounds[3] is not None
            else [1] * len(starts)
        )
        index = [slice(None)] * x.shape.rank
        for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
            size = x.shape[axis]
            # Backwards, as in a flip, the end is before the first element.
            whole = end >= (size or 2**31 - 1) if step > 0 else end < -(size or 2**31 - 1)
            index[axis] = slice(start, None if whole else end, step)
        return x[tuple(index)]


@onnx_op("Pad")
class Pad(Handler, BackendHandler):
    """Pad by constant widths, with a number or a reflection.

    onnx-tf's own handler requires the number, which PyTorch omits if it is 0.
    """

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, widths, *number = inputs
        mode = str(node.attrs.get("mode", "constant"))
        pairs = np.reshape(static(node, widths), (2, -1)).T  # (rank, 2): before and after each axis
        if mode == "edge":
            raise ZlideError(
                node.name,
                "expected padding with a constant or a reflection, found copies of the edge",
                "pad with zeros or a reflection",
            )
        if (pairs < 0).any():  # negative padding crops
            x = x[tuple(slice(max(0, -a), b if b < 0 else None) for a, b in pairs)]
            pairs = pairs.clip(0)
        value = tf.get_static_value(number[0]) if number and number[0] is not None else 0
        return tf.pad(x, pairs, mode=mode, constant_values=value)


@onnx_op("Flatten")
class Flatten(Handler, BackendHandler):
    """Reshape to two dimensions, one of which has the batch."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        (x,) = inputs
        axis = node.attrs.get("axis", 1)
        halves = x.shape[:axis], x.shape[axis:]
        return tf.reshape(
            x, [half.num_elements() if half.is_fully_defined() else -1 for half in halves]
        )


@onnx_op("Erf")
class Erf(Handler, BackendHandler):
    """−erf(−x), the same: TensorFlow would fuse erf(x) to GeluExact, which is not portable."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:  # noqa: ARG003
        return -tf.math.erf(-inputs[0])


@onnx_op("OneHot")
class OneHot(Handler, BackendHandler):
    """Rows of the identity matrix, by Gather, which is portable."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        indices, depth, values = inputs
        (size,) = static(node, depth)
        if node.attrs.get("axis", -1) not in {-1, indices.shape.rank}:
            raise ZlideError(
                node.name,
                "expected OneHot along the last axis, found another axis",
                "move that axis to the end",
            )
        off, on = tf.get_static_value(values)
        return tf.gather(tf.constant(off + np.eye(size, dtype=off.dtype) * (on - off)), indices)


@onnx_op("LogSoftmax")
class LogSoftmax(Handler, BackendHandler):
    """x − max − log Σ exp(x − max), from portable ops."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        (x,) = inputs
        axis = node.attrs.get("axis", 1)
        if axis not in {-1, x.shape.rank - 1}:
            raise ZlideError(
                node.name,
                "expected LogSoftmax along the last axis, found another axis",
                "move that axis to the end",
            )
        x -= tf.reduce_max(x, axis=-1, keepdims=True)
        return x - tf.math.log(tf.reduce_sum(tf.exp(x), axis=-1, keepdims=True))


@onnx_op("Selu")
class Selu(Handler, BackendHandler):
    """Klambauer et al. 2017, equation 2, from portable ops."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        (x,) = inputs
        alpha, gamma = (
            node.attrs.get("alpha", 1.67326319217681884765625),
            node.attrs.get("gamma", 1.05070102214813232421875),
        )
        return gamma * (tf.nn.relu(x) + alpha * tf.exp(tf.minimum(x, 0.0)) - alpha)


@onnx_op("Reshape")
class Reshape(Handler, BackendHandler):
    """Reshape to a constant shape, in which 0 keeps the dimension of the input."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, target = inputs
        shape = [x.shape[i] if size == 0 else size for i, size in enumerate(static(node, target))]
        return tf.reshape(x, [-1 if size is None else size for size in shape])
