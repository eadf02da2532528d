"""onnx-tf handlers for the channels-last ops of `channels_last.py`.

Importing this module registers them.
"""

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
    """x (B, H, W, C), weight (h, w, C/g, O), bias (O,) → (B, H', W', O); g is 1 or C."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, weight, *bias = inputs
        strides, pads = node.attrs.get("strides", [1, 1]), node.attrs.get("pads", [0] * 4)
        dilations, groups = node.attrs.get("dilations", [1, 1]), node.attrs.get("group", 1)
        around = [[0, 0], [pads[0], pads[2]], [pads[1], pads[3]], [0, 0]] if any(pads) else "VALID"
        if groups == 1:
            y = tf.nn.conv2d(x, weight, strides, around, dilations=dilations)
        elif groups == x.shape[3]:
            depthwise = tf.reshape(weight, [*weight.shape[:2], groups, -1])
            x = x if around == "VALID" else tf.pad(x, around)  # it cannot pad by itself
            y = tf.nn.depthwise_conv2d(x, depthwise, [1, *strides, 1], "VALID", dilations=dilations)
        else:
            raise ZlideError(
                node.name,
                f"expected a convolution in one group or one a channel, found {groups} groups",
                "change its groups",
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
        """Return the padded picture and the arguments of the pooling function."""
        pads = node.attrs.get("pads", [0] * 4)
        excludes_padding = (
            any(pads)
            and node.op_type == "AveragePool"
            and not node.attrs.get("count_include_pad", 0)
        )
        if (
            excludes_padding
            or node.attrs.get("ceil_mode", 0)
            or node.attrs.get("dilations", [1, 1]) != [1, 1]
        ):
            raise ZlideError(
                node.name,
                f"expected {node.op_type} with windows inside the picture, without dilation or "
                "ceil_mode",
                "pad first, or leave these options out",
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
    """Max pooling."""

    fill = float(np.finfo(np.float32).min)

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, options = cls.window(node, inputs[0])
        return tf.nn.max_pool2d(x, **options)


@onnx_op("AveragePool")
@domain(OWN)
class AveragePool(_Pool, BackendHandler):
    """Average pooling."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, options = cls.window(node, inputs[0])
        return tf.nn.avg_pool2d(x, **options)


@onnx_op("Resize")
@domain(OWN)
class Resize(Handler, BackendHandler):
    """Resize by the nearest pixel or bilinearly."""

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
        method, coordinates = (m.decode() if isinstance(m, bytes) else m for m in mode)
        if coordinates != "align_corners" and not np.allclose(exact, size, rtol=0, atol=1e-3):
            found = " × ".join(f"{s:.3g}" for s in exact)
            raise ZlideError(
                node.name,
                f"expected a whole number of pixels, found a factor that resizes to {found} pixels",
                "give the size instead of the factor: size=(…)",
            )
        if method == "nearest" and coordinates == "asymmetric":
            return _nearest(x, size)
        if method == "linear" and coordinates in {
            "align_corners",
            "pytorch_half_pixel",
            "half_pixel",
        }:
            return tf.raw_ops.ResizeBilinear(
                images=x,
                size=size,
                align_corners=coordinates == "align_corners",
                half_pixel_centers=coordinates != "align_corners",
            )
        raise ZlideError(
            node.name,
            f"expected Resize with nearest or bilinear, found {method}, {coordinates} "
            f"to {tuple(size)}",
            "use one of these modes",
        )


def _nearest(x: tf.Tensor, size: list[int]) -> tf.Tensor:
    """Resize x (B, H, W, C) to (B, *size, C) by the nearest pixel, as PyTorch does."""
    if all(s % n == 0 for s, n in zip(size, x.shape[1:3], strict=True)):
        return tf.raw_ops.ResizeNearestNeighbor(images=x, size=size)
    for axis, (s, n) in enumerate(zip(size, x.shape[1:3], strict=True), start=1):
        # In float32, as PyTorch computes them.
        sources = np.floor(np.arange(s, dtype=np.float32) * np.float32(n / s))
        x = x if s == n else tf.gather(x, np.minimum(sources, n - 1).astype(np.int32), axis=axis)
    return x
