"""Replacements of onnx-tf's handlers whose graphs do not suit a browser.

onnx-tf 1.10 checks the bounds of every Gather with control flow, and computes the bounds of Slice,
Reshape and others in the graph. Importing this module registers the handlers below: onnx-tf takes
the last subclass of `BackendHandler` for an op.
"""

from __future__ import annotations

import math
from itertools import dropwhile
from typing import Any

import numpy as np
import tensorflow as tf
from onnx_tf.handlers.backend_handler import BackendHandler
from onnx_tf.handlers.handler import onnx_op

from zlide.errors import ZlideError
from zlide.graph.onnx_tf.sizes import constant, shape


class Handler:
    """A handler with one `convert` for every opset version that torch exports."""

    @classmethod
    def _run(cls, node: Any, **kwargs: Any) -> list[tf.Tensor]:
        tensors = kwargs["tensor_dict"]
        result = cls.convert(node, *[tensors[name] if name else None for name in node.inputs])
        return result if isinstance(result, list) else [result]

    version_1 = version_2 = version_5 = version_6 = version_7 = version_8 = _run
    version_9 = version_10 = version_11 = version_12 = _run

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor | list[tf.Tensor]:
        raise NotImplementedError


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


@onnx_op("Transpose")
class Transpose(Handler, BackendHandler):
    """Axes from the front: TensorFlow ends the process where the exporter counts from the end."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        (x,) = inputs
        backwards = list(reversed(range(x.shape.rank)))
        return tf.transpose(x, [axis % x.shape.rank for axis in node.attrs.get("perm", backwards)])


@onnx_op("Split")
class Split(Handler, BackendHandler):
    """Split into the sizes of the exporter; onnx-tf computes equal ones in the graph."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> list[tf.Tensor]:
        sizes = node.attrs.get("split", len(node.outputs))
        return list(tf.split(inputs[0], sizes, axis=node.attrs.get("axis", 0)))


@onnx_op("Slice")
class Slice(Handler, BackendHandler):
    """Slice with static bounds."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, *bounds = inputs
        starts, ends = constant(node, bounds[0]), constant(node, bounds[1])
        axes = (
            constant(node, bounds[2])
            if len(bounds) > 2 and bounds[2] is not None
            else list(range(len(starts)))
        )
        steps = (
            constant(node, bounds[3])
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
        pairs = np.reshape(
            constant(node, widths), (2, -1)
        ).T  # (rank, 2): before and after each axis
        if mode == "edge":
            raise ZlideError(
                f"Pad {node.name}",
                "expected padding with a constant or a reflection, found copies of the edge",
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
        (size,) = constant(node, depth)
        if node.attrs.get("axis", -1) not in {-1, indices.shape.rank}:
            raise ZlideError(
                f"OneHot {node.name}",
                "expected the last axis, found another axis",
            )
        off, on = tf.get_static_value(values)
        return tf.gather(tf.constant(off + np.eye(size, dtype=off.dtype) * (on - off)), indices)


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
        if tf.get_static_value(target) is None:
            target = shape(tf.shape(tf.reshape(x, target)))
        else:
            target = constant(node, target)
        return tf.reshape(x, _with_batch(x.shape, target))


def _with_batch(found: tf.TensorShape, target: list[int]) -> list[int]:
    """Return a target shape in which 0 is the size found, and the first size is the batch.

    The exporter may write the number of rows that it traced. A first size is that number if all
    others make a whole row.
    """
    sizes = [found[i] if size == 0 else size for i, size in enumerate(target)]
    sizes = [-1 if size is None else size for size in sizes]
    row = found[1:].num_elements()
    if found[0] is not None or not row:
        return sizes
    rest = [row // -math.prod(sizes[1:]) if size == -1 else size for size in sizes[1:]]
    return [-1, *rest] if math.prod(rest) == row else sizes


@onnx_op("Expand")
class Expand(Handler, BackendHandler):
    """A product with ones of the target's sizes, which keeps the batch of x."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:  # noqa: ARG003
        x, target = inputs
        ones = np.ones([1 if size == -1 else size for size in shape(target)], np.float32)
        return x * tf.cast(ones, x.dtype)
