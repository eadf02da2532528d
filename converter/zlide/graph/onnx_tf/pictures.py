"""Handlers of layers of pictures whose graphs suit a browser. Importing this module registers them.

onnx-tf 1.10 transposes convolutions by a gradient, which is not portable, and computes the sizes of
Resize and DepthToSpace in the graph.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from onnx_tf.handlers.backend_handler import BackendHandler
from onnx_tf.handlers.handler import onnx_op

from zlide.errors import ZlideError
from zlide.graph.onnx_tf.handlers import Handler
from zlide.graph.onnx_tf.sizes import shape


@onnx_op("ConvTranspose")
class ConvTranspose(Handler, BackendHandler):
    """Zeros between the pixels, then a convolution with the kernel turned by 180°.

    x (B, C, H, W), kernel (C, O/g, h, w), bias (O,) → (B, O, H', W').
    """

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, kernel, *bias = inputs
        options = {
            "strides": [1, 1],
            "pads": [0] * 4,
            "output_padding": [0] * 2,
            "dilations": [1, 1],
            "group": 1,
            **node.attrs,
        }
        if x.shape.rank != 4 or options["dilations"] != [1, 1]:
            problem = "expected a transposed convolution in two dimensions without dilation"
            raise ZlideError(f"{node.op_type} {node.name}", problem)
        x = _with_zeros_between(tf.transpose(x, [0, 2, 3, 1]), options["strides"])
        x = _pad_or_crop(x, _widths(kernel.shape[2:], options))
        groups = options["group"]
        turned = tf.reverse(tf.transpose(kernel, [2, 3, 0, 1]), [0, 1])  # (h, w, C, O/g)
        parts = zip(tf.split(x, groups, 3), tf.split(turned, groups, 2), strict=True)
        y = tf.concat([tf.nn.conv2d(part, own, 1, "VALID") for part, own in parts], 3)
        return tf.transpose(tf.nn.bias_add(y, bias[0]) if bias else y, [0, 3, 1, 2])


def _with_zeros_between(x: tf.Tensor, strides: list[int]) -> tf.Tensor:
    """Return x (B, H, W, C) as (B, sH, tW, C): zeros below and right of each pixel."""
    _, height, width, channels = x.shape
    down, right = strides
    x = tf.reshape(x, [-1, height * width, 1, channels])
    x = tf.pad(x, [[0, 0], [0, 0], [0, right - 1], [0, 0]])
    x = tf.reshape(x, [-1, height, 1, width * right * channels])
    x = tf.pad(x, [[0, 0], [0, 0], [0, down - 1], [0, 0]])
    return tf.reshape(x, [-1, height * down, width * right, channels])


def _widths(kernel: list[int], options: dict[str, Any]) -> list[tuple[int, int]]:
    """Return the zeros before and after each dimension of a picture; negative ones are cropped."""
    pads = options["pads"]
    return [
        (size - 1 - before, size - after + extra - stride)
        for size, before, after, extra, stride in zip(
            kernel, pads[:2], pads[2:], options["output_padding"], options["strides"], strict=True
        )
    ]


def _pad_or_crop(x: tf.Tensor, widths: list[tuple[int, int]]) -> tf.Tensor:
    """Return x (B, H, W, C) with zeros around, or without what is cropped."""
    crop = [slice(max(0, -before), min(0, after) or None) for before, after in widths]
    zeros = [(max(0, before), max(0, after)) for before, after in widths]
    return tf.pad(x[:, crop[0], crop[1]], [(0, 0), *zeros, (0, 0)])


@onnx_op("DepthToSpace")
class DepthToSpace(Handler, BackendHandler):
    """Pixel shuffle: x (B, C·s·s, H, W) → (B, C, s·H, s·W)."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        (x,) = inputs
        side = node.attrs["blocksize"]
        _, depth, height, width = x.shape
        channels = depth // side**2
        depth_first = str(node.attrs.get("mode", "DCR")) == "DCR"
        split, order = (
            ([side, side, channels], [0, 3, 4, 1, 5, 2])
            if depth_first
            else ([channels, side, side], [0, 1, 4, 2, 5, 3])
        )
        x = tf.transpose(tf.reshape(x, [-1, *split, height, width]), order)
        return tf.reshape(x, [-1, channels, side * height, side * width])


@onnx_op("Resize")
class Resize(Handler, BackendHandler):
    """Resize x (B, C, H, W) by the nearest pixel or bilinearly."""

    @classmethod
    def convert(cls, node: Any, *inputs: tf.Tensor) -> tf.Tensor:
        x, _roi, scales, *sizes = inputs
        if sizes and sizes[0] is not None:
            size = exact = shape(sizes[0])[2:]
        else:
            factors = np.ravel(tf.get_static_value(scales))[2:]
            exact = [n * float(s) for n, s in zip(x.shape[2:], factors, strict=True)]
            size = [round(n) for n in exact]
        mode, coordinates = (
            str(node.attrs.get(key, default))
            for key, default in (
                ("mode", "nearest"),
                ("coordinate_transformation_mode", "half_pixel"),
            )
        )
        whole = coordinates == "align_corners" or np.allclose(exact, size, rtol=0, atol=1e-3)
        resize = _RESIZES.get((mode, coordinates)) if x.shape.rank == 4 and whole else None
        if resize is None:
            problem = f"expected nearest or bilinear pictures, found {mode}, {coordinates}"
            raise ZlideError(f"{node.op_type} {node.name}", problem)
        return tf.transpose(resize(tf.transpose(x, [0, 2, 3, 1]), size), [0, 3, 1, 2])


def _nearest(x: tf.Tensor, size: list[int]) -> tf.Tensor:
    """Resize x (B, H, W, C) to (B, *size, C) by the nearest pixel, as PyTorch does."""
    for axis, (s, n) in enumerate(zip(size, x.shape[1:3], strict=True), start=1):
        # In float32, as PyTorch computes them.
        sources = np.floor(np.arange(s, dtype=np.float32) * np.float32(n / s))
        x = tf.gather(x, np.minimum(sources, n - 1).astype(np.int32), axis=axis)
    return x


def _bilinear(x: tf.Tensor, size: list[int]) -> tf.Tensor:
    return tf.raw_ops.ResizeBilinear(images=x, size=size, half_pixel_centers=True)


def _bilinear_to_corners(x: tf.Tensor, size: list[int]) -> tf.Tensor:
    return tf.raw_ops.ResizeBilinear(images=x, size=size, align_corners=True)


_RESIZES = {
    ("nearest", "asymmetric"): _nearest,
    ("linear", "pytorch_half_pixel"): _bilinear,
    ("linear", "half_pixel"): _bilinear,
    ("linear", "align_corners"): _bilinear_to_corners,
}
