"""onnx-tf's handlers for operations on pictures with channels last, which `channels_last.py` makes. Importing this module registers them."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from onnx_tf.handlers.backend_handler import BackendHandler
from onnx_tf.handlers.handler import domain, onnx_op

from zlide.errors import ZlideError
from zlide.graph.handlers import Handler, static
from zlide.graph.rewriting import OWN


@onnx_op("Conv")
@domain(OWN)
class Conv(Handler, BackendHandler):
    """x (B, H, W, C), weight (h, w, C/g, O), bias (O,) → (B, H', W', O); plain, or a kernel of its own for each channel."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, weight, *bias = inputs
        strides, pads = node.attrs.get("strides", [1, 1]), node.attrs.get("pads", [0] * 4)
        dilations, groups = node.attrs.get("dilations", [1, 1]), node.attrs.get("group", 1)
        around = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]] if any(pads) else "VALID"
        if groups == 1:
            y = tf.nn.conv2d(x, weight, strides, around, dilations=dilations)
        elif groups == x.shape[3]:
            each = tf.reshape(weight, [*weight.shape[:2], groups, -1])
            x = x if around == "VALID" else tf.pad(x, around)  # this one cannot pad by itself
            y = tf.nn.depthwise_conv2d(x, each, [1, *strides, 1], "VALID", dilations=dilations)
        else:
            raise ZlideError(
                node.name,
                f"a convolution in {groups} groups",
                "use one group, or one for each channel",
            )
        return tf.nn.bias_add(y, bias[0]) if bias else y


@onnx_op("DepthToSpace")
@domain(OWN)
class DepthToSpace(Handler, BackendHandler):
    """(B, H, W, s·s·C) → (B, s·H, s·W, C)."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(inputs[0], node.attrs["blocksize"])


class _Pool(Handler):
    fill = 0.0

    @classmethod
    def window(cls, node: Any, x: tf.Tensor) -> tuple[tf.Tensor, dict[str, Any]]:
        """The picture, padded, and how to pool it."""
        pads = node.attrs.get("pads", [0] * 4)
        averaged = (
            any(pads)
            and node.op_type == "AveragePool"
            and not node.attrs.get("count_include_pad", 0)
        )
        if (
            averaged
            or node.attrs.get("ceil_mode", 0)
            or node.attrs.get("dilations", [1, 1]) != [1, 1]
        ):
            raise ZlideError(
                node.name,
                f"{node.op_type} with a window that reaches beyond the picture, or with holes",
                "pad first, or leave it out",
            )
        if any(pads):
            x = tf.pad(
                x,
                [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]],
                constant_values=cls.fill,
            )
        return x, {
            "ksize": node.attrs["kernel_shape"],
            "strides": node.attrs.get("strides", [1, 1]),
            "padding": "VALID",
        }


@onnx_op("MaxPool")
@domain(OWN)
class MaxPool(_Pool, BackendHandler):
    """The largest of each window."""

    fill = float(np.finfo(np.float32).min)

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, how = cls.window(node, inputs[0])
        return tf.nn.max_pool2d(x, **how)


@onnx_op("AveragePool")
@domain(OWN)
class AveragePool(_Pool, BackendHandler):
    """The mean of each window."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, how = cls.window(node, inputs[0])
        return tf.nn.avg_pool2d(x, **how)


@onnx_op("Resize")
@domain(OWN)
class Resize(Handler, BackendHandler):
    """To another size: the nearest pixel, or bilinear."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, _roi, scales, *sizes = inputs
        if sizes and sizes[0] is not None:
            size = exact = static(node, sizes[0])[2:]
        else:
            exact = [
                n * float(s)
                for n, s in zip(
                    x.shape[1:3], np.ravel(tf.get_static_value(scales))[2:], strict=True
                )
            ]
            size = [round(s) for s in exact]
        mode = (
            node.attrs.get("mode", b"nearest"),
            node.attrs.get("coordinate_transformation_mode", b"half_pixel"),
        )
        kind, places = (m.decode() if isinstance(m, bytes) else m for m in mode)
        if places != "align_corners" and not np.allclose(exact, size, rtol=0, atol=1e-3):
            found = " × ".join(f"{s:.3g}" for s in exact)
            raise ZlideError(
                node.name,
                f"Resize by a factor to {found} pixels",
                "give the size instead of the factor: size=(…)",
            )
        if kind == "nearest" and places == "asymmetric":
            return _nearest(x, size)
        if kind == "linear" and places in {"align_corners", "pytorch_half_pixel", "half_pixel"}:
            return tf.raw_ops.ResizeBilinear(
                images=x,
                size=size,
                align_corners=places == "align_corners",
                half_pixel_centers=places != "align_corners",
            )
        raise ZlideError(
            node.name,
            f"Resize ({kind}, {places}) to {tuple(size)}",
            "resize with nearest or bilinear",
        )


def _nearest(x: tf.Tensor, size: list[int]) -> tf.Tensor:
    """x (B, H, W, C) → (B, *size, C)."""
    if all(s % n == 0 for s, n in zip(size, x.shape[1:3], strict=True)):
        return tf.raw_ops.ResizeNearestNeighbor(images=x, size=size)
    for axis, (s, n) in enumerate(zip(size, x.shape[1:3], strict=True), start=1):
        taken = np.floor(
            np.arange(s, dtype=np.float32) * np.float32(n / s)
        )  # in float32, as PyTorch computes them
        x = x if s == n else tf.gather(x, np.minimum(taken, n - 1).astype(np.int32), axis=axis)
    return x
