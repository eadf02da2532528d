"""The numbers in a tensor of sizes, which onnx-tf computes in the graph.

TensorFlow runs the graph up to the tensor, with two batches of zeros. A number that grows with the
batch is the batch, or a multiple of it; all others count as constant. The comparison with PyTorch
finds those that depend on values.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from zlide.errors import ZlideError

BATCHES = (2, 3)


def constant(node: Any, tensor: tf.Tensor) -> list[int]:
    """Return the numbers of a tensor that is constant.

    Raises ZlideError, which names the node, if one depends on the batch.
    """
    sizes = _sizes(tensor)
    if None in sizes:
        problem = "expected constant numbers, found some that depend on the input"
        raise ZlideError(f"{node.op_type} {node.name}", problem)
    return [int(size) for size in sizes if size is not None]


def shape(tensor: tf.Tensor) -> list[int]:
    """Return a shape of which one size at most depends on the batch; that one is -1."""
    return [-1 if size is None else size for size in _sizes(tensor)]


def _sizes(tensor: tf.Tensor) -> list[int | None]:
    """Return the numbers of a tensor; None for those that depend on the batch."""
    value = tf.get_static_value(tensor)
    if value is not None:
        return [int(each) for each in np.ravel(value)]
    few, many = (np.ravel(_run(tensor, batch)) for batch in BATCHES)
    return [int(a) if a == b else None for a, b in zip(few, many, strict=True)]


def _run(tensor: tf.Tensor, batch: int) -> NDArray[Any]:
    """Return the tensor for inputs of zeros."""
    graph = tensor.graph
    captured = {inside.name: outside.numpy() for outside, inside in graph.captures}
    inputs = {
        each.name: np.zeros([batch, *each.shape[1:]], each.dtype.as_numpy_dtype)
        for each in graph.inputs
        if each.name not in captured
    }
    with tf.compat.v1.Session(graph=graph) as session:
        return np.asarray(session.run(tensor, {**inputs, **captured}))
