"""Ops that `onnx.reference` computes pixel by pixel, by kernels of PyTorch.

`tests/converter/test_onnx_ops.py` holds each of them to `onnx.reference`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from onnx.reference.op_run import OpRun
from onnx.reference.ops.op_resize import Resize as SlowResize
from torch import Tensor

Array = NDArray[Any]

_CONVOLUTIONS = (F.conv1d, F.conv2d, F.conv3d)
_TRANSPOSED = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)
_MAX_POOLS = (F.max_pool1d, F.max_pool2d, F.max_pool3d)
_AVERAGE_POOLS = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)


class Sigmoid(OpRun):  # type: ignore[misc]
    def _run(self, x: Array) -> tuple[Array]:
        return (torch.sigmoid(_tensor(x)).numpy(),)


class Erf(OpRun):  # type: ignore[misc]
    def _run(self, x: Array) -> tuple[Array]:
        return (torch.special.erf(_tensor(x)).numpy(),)


class Conv(OpRun):  # type: ignore[misc]
    def _run(self, x: Array, w: Array, b: Array | None = None, **options: Any) -> tuple[Array]:
        rank = x.ndim - 2
        strides, dilations = (options[n] or [1] * rank for n in ("strides", "dilations"))
        extents = [(k - 1) * d + 1 for k, d in zip(w.shape[2:], dilations, strict=True)]
        pads = _pads(options["auto_pad"], options["pads"], _same(x, strides, extents))
        y = _CONVOLUTIONS[rank - 1](
            _padded(_tensor(x), pads),
            _tensor(w),
            None if b is None else _tensor(b),
            stride=strides,
            dilation=dilations,
            groups=options["group"],
        )
        return (y.numpy(),)


class ConvTranspose(OpRun):  # type: ignore[misc]
    """Every output of the kernel, of which padding is cut off."""

    def _run(self, x: Array, w: Array, b: Array | None = None, **options: Any) -> tuple[Array]:
        rank = x.ndim - 2
        strides, dilations = (options[n] or [1] * rank for n in ("strides", "dilations"))
        more = options["output_padding"] or [0] * rank
        y = _TRANSPOSED[rank - 1](
            _tensor(x), _tensor(w), stride=strides, dilation=dilations, groups=options["group"]
        )
        whole = [size + extra for size, extra in zip(y.shape[2:], more, strict=True)]
        targets = options["output_shape"] or [
            n * s for n, s in zip(x.shape[2:], strides, strict=True)
        ]
        totals = [size - target for size, target in zip(whole, targets, strict=True)]
        pads = options["pads"]
        if options["output_shape"] or options["auto_pad"] in {"SAME_UPPER", "SAME_LOWER"}:
            upper = options["auto_pad"] == "SAME_UPPER"
            pads = _pads("SAME_UPPER" if upper else "SAME_LOWER", None, totals)
        pads = pads or [0] * 2 * rank
        ends = [extra - pad for extra, pad in zip(more, pads[rank:], strict=True)]
        y = _padded(y, [*(-pad for pad in pads[:rank]), *ends])
        if b is not None:
            y += _tensor(b).view(-1, *[1] * rank)
        return (y.numpy(),)


class MaxPool(OpRun):  # type: ignore[misc]
    def _run(self, x: Array, **options: Any) -> tuple[Array]:
        pads, overhang = _pooled_pads(x, options)
        y = _MAX_POOLS[x.ndim - 3](
            _padded(_padded(_tensor(x), pads, -np.inf), overhang, -np.inf),
            options["kernel_shape"],
            options["strides"] or 1,
            dilation=options["dilations"] or 1,
        )
        return (y.numpy(),)


class AveragePool(OpRun):  # type: ignore[misc]
    """The sum of a window, over the number of its pixels that count."""

    def _run(self, x: Array, **options: Any) -> tuple[Array]:
        if set(options.get("dilations") or [1]) != {1}:
            raise ValueError("AveragePool with dilations is not known")
        pads, overhang = _pooled_pads(x, options)
        counted = _padded(
            torch.ones(1, 1, *x.shape[2:]), pads, float(bool(options["count_include_pad"]))
        )
        total, number = (
            _AVERAGE_POOLS[x.ndim - 3](
                _padded(each, overhang), options["kernel_shape"], options["strides"] or 1
            )
            for each in (_padded(_tensor(x), pads), counted)
        )
        return ((total / number).numpy(),)


class Resize(SlowResize):  # type: ignore[misc]
    """A resize of one direction is a matrix, whose columns `onnx.reference` computes."""

    def _run(
        self,
        x: Array,
        roi: Array | None,
        scales: Array | None = None,
        sizes: Array | None = None,
        **options: Any,
    ) -> tuple[Array, ...]:
        policy = options.get("keep_aspect_ratio_policy") or "stretch"
        cropped = options["coordinate_transformation_mode"] == "tf_crop_and_resize"
        if policy != "stretch" or cropped or x.dtype.kind != "f":
            found: tuple[Array, ...] = super()._run(x, roi, scales, sizes, **options)
            return found
        axes = options.pop("axes", None) or range(x.ndim)
        for i, axis in enumerate(axes):
            factor = None if scales is None or not len(scales) else np.asarray(scales[i : i + 1])
            size = None if sizes is None or factor is not None else [int(sizes[i])]
            if (x.shape[axis] if size else 1.0) != (size or factor)[0]:  # type: ignore[index]
                matrix = self._matrix(x.shape[axis], factor, size, options)
                x = np.moveaxis(np.moveaxis(x, axis, -1) @ matrix.astype(x.dtype), -1, axis)
        return (np.ascontiguousarray(x),)

    def _matrix(
        self, n: int, factor: Array | None, size: list[int] | None, options: dict[str, Any]
    ) -> Array:
        """Return the matrix (n, m) from n to m pixels."""
        key = (n, None if factor is None else float(factor[0]), size and size[0])
        cache = self.__dict__.setdefault("matrices", {})
        if key not in cache:
            rows = [
                super(Resize, self)._run(row, None, factor, size, axes=None, **options)[0]
                for row in np.eye(n)
            ]
            cache[key] = np.stack(rows)
        return np.asarray(cache[key])


FAST_OPS = [Sigmoid, Erf, Conv, ConvTranspose, MaxPool, AveragePool, Resize]


def _tensor(x: Array) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(x))


def _pooled_pads(x: Array, options: dict[str, Any]) -> tuple[list[int], list[int]]:
    """Return the padding of a pooling, and what ceil_mode adds at the end of each direction."""
    rank = x.ndim - 2
    kernel, strides = options["kernel_shape"], options["strides"] or [1] * rank
    dilations = options.get("dilations") or [1] * rank
    extents = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    pads = _pads(options["auto_pad"], options["pads"], _same(x, strides, extents))
    more = [0] * rank
    if options.get("ceil_mode"):
        sizes = [n + pads[i] + pads[rank + i] for i, n in enumerate(x.shape[2:])]
        more = [(k - n) % s for n, k, s in zip(sizes, extents, strides, strict=True)]
        # A window that would start behind the picture is left out.
        last = [n + width - k for n, width, k in zip(sizes, more, extents, strict=True)]
        more = [
            width if start < n - pads[rank + i] else 0
            for i, (start, width, n) in enumerate(zip(last, more, sizes, strict=True))
        ]
    return pads, [*[0] * rank, *more]


def _same(x: Array, strides: Sequence[int], extents: Sequence[int]) -> list[int]:
    """Return the padding with which each direction has ⌈size ÷ stride⌉ windows."""
    return [
        max(0, (-(-n // s) - 1) * s + extent - n)
        for n, s, extent in zip(x.shape[2:], strides, extents, strict=True)
    ]


def _pads(kind: str | None, pads: Sequence[int] | None, totals: Sequence[int]) -> list[int]:
    """Return the padding at the begin of each direction, and then at the end of each."""
    if kind in {"SAME_UPPER", "SAME_LOWER"}:
        less, more = [total // 2 for total in totals], [total - total // 2 for total in totals]
        return [*less, *more] if kind == "SAME_UPPER" else [*more, *less]
    return list(pads) if pads and kind != "VALID" else [0] * 2 * len(totals)


def _padded(x: Tensor, pads: Sequence[int], value: float = 0.0) -> Tensor:
    """Pad, or crop where a width is negative."""
    rank = len(pads) // 2
    pairs = [width for i in reversed(range(rank)) for width in (pads[i], pads[rank + i])]
    return F.pad(x, pairs, value=value) if any(pads) else x
