"""The windows in which convolutions and pooling read pictures (N, H, W, C) or (N, D, H, W, C)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from zlide.graph.evaluator.operation import Array

ONES = (1, 1, 1, 1)
"""Strides or dilations that change nothing."""


@dataclass(frozen=True)
class Window:
    """The windows along depth, height or width.

    size: elements in a window, `dilation` apart. stride: from one window to the next.
    before, after: padding. count: number of windows.
    """

    size: int
    stride: int
    dilation: int
    before: int
    after: int
    count: int

    @property
    def extent(self) -> int:
        return (self.size - 1) * self.dilation + 1


Windows = tuple[Window, ...]
"""Along height and width, or along depth, height and width."""


@dataclass(frozen=True)
class Geometry:
    """Attributes of an op with windows, as TensorFlow spells them."""

    strides: Sequence[int]
    padding: str
    explicit_paddings: Sequence[int] = ()
    dilations: Sequence[int] = ONES

    def windows(self, shape: Sequence[int], sizes: Sequence[int]) -> Windows:
        """Return the windows of these sizes in pictures of a shape (N, …, C).

        Raises ValueError if windows move along other dimensions or do not fit.
        """
        if any(each[i] != 1 for each in (self.strides, self.dilations) for i in (0, -1)):
            raise ValueError(
                f"strides {self.strides}, dilations {self.dilations} of rows, channels"
            )
        return tuple(self._window(axis, shape, sizes) for axis in range(1, len(shape) - 1))

    def _window(self, axis: int, shape: Sequence[int], sizes: Sequence[int]) -> Window:
        length, size = shape[axis], sizes[axis - 1]
        stride, dilation = self.strides[axis], self.dilations[axis]
        extent = (size - 1) * dilation + 1
        if self.padding == "SAME":
            total = max((-(-length // stride) - 1) * stride + extent - length, 0)
            before, after = total // 2, total - total // 2
        elif self.padding == "EXPLICIT":
            before, after = self.explicit_paddings[2 * axis : 2 * axis + 2]
        elif self.padding == "VALID":
            before = after = 0
        else:
            raise ValueError(f"expected padding SAME, VALID or EXPLICIT, found {self.padding}")
        count = (length + before + after - extent) // stride + 1
        if count < 1 or min(before, after) < 0:
            raise ValueError(f"windows {tuple(sizes)} do not fit {tuple(shape)}")
        return Window(size, stride, dilation, before, after, count)


def padded(x: Array, windows: Windows, value: float = 0) -> Array:
    """Return pictures with the padding of `windows`."""
    widths = [(each.before, each.after) for each in windows]
    if not any(map(any, widths)):
        return x
    return np.pad(x, ((0, 0), *widths, (0, 0)), constant_values=value)


def taps(x: Array, windows: Windows) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield each place (row, column) in a window, and the elements there in all windows.

    x: padded pictures (N, …, C). The elements are a view (N, windows of each axis, C).
    """
    for place in itertools.product(*(range(each.size) for each in windows)):
        yield place, x[:, *map(_reach, windows, place)]


def patches(x: Array, windows: Windows) -> Array:
    """Return all windows of padded pictures, a view (N, windows of each axis, …, C).

    The sizes of a window stand before the channels.
    """
    axes = tuple(range(1, 1 + len(windows)))
    views = sliding_window_view(x, tuple(each.extent for each in windows), axes)
    strided = [slice(0, each.count * each.stride, each.stride) for each in windows]
    dilated = [slice(None, None, each.dilation) for each in windows]
    chosen = views[:, *strided, :, *dilated]  # (N, windows, C, sizes)
    return np.moveaxis(chosen, len(axes) + 1, -1)


def _reach(window: Window, place: int) -> slice:
    begin = place * window.dilation
    return slice(begin, begin + (window.count - 1) * window.stride + 1, window.stride)
