"""The windows in which convolutions and pooling read pictures (N, H, W, C)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from zlide.graph.evaluator.operation import Array

ONES = (1, 1, 1, 1)
"""Strides or dilations that change nothing."""


@dataclass(frozen=True)
class Window:
    """The windows along height or width.

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


Windows = tuple[Window, Window]
"""Along height and along width."""


@dataclass(frozen=True)
class Geometry:
    """Attributes of an op with windows, as TensorFlow spells them."""

    strides: Sequence[int]
    padding: str
    explicit_paddings: Sequence[int] = ()
    dilations: Sequence[int] = ONES

    def windows(self, shape: Sequence[int], sizes: Sequence[int]) -> Windows:
        """Return the windows of these sizes (2,) in pictures of a shape (N, H, W, C).

        Raises ValueError if windows move along other dimensions or do not fit.
        """
        if any(each[i] != 1 for each in (self.strides, self.dilations) for i in (0, 3)):
            raise ValueError(
                f"strides {self.strides}, dilations {self.dilations} of rows, channels"
            )
        return self._window(1, shape, sizes), self._window(2, shape, sizes)

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
    height, width = ((each.before, each.after) for each in windows)
    if not any((*height, *width)):
        return x
    return np.pad(x, ((0, 0), height, width, (0, 0)), constant_values=value)


def taps(x: Array, windows: Windows) -> Iterator[tuple[tuple[int, int], Array]]:
    """Yield each place (row, column) in a window, and the elements there in all windows.

    x: padded pictures (N, H, W, C). The elements are a view (N, windows down, windows across, C).
    """
    down, across = windows
    for row in range(down.size):
        for column in range(across.size):
            yield (row, column), x[:, _reach(down, row), _reach(across, column)]


def patches(x: Array, windows: Windows) -> Array:
    """Return all windows of padded pictures, a view (N, windows down, across, rows, columns, C)."""
    down, across = windows
    views = sliding_window_view(x, (down.extent, across.extent), (1, 2))  # type: ignore[call-overload]
    chosen = views[
        :, :: down.stride, :: across.stride, :, :: down.dilation, :: across.dilation
    ]  # (N, down, across, C, rows, columns)
    return np.moveaxis(chosen[:, : down.count, : across.count], 3, 5)


def _reach(window: Window, place: int) -> slice:
    begin = place * window.dilation
    return slice(begin, begin + (window.count - 1) * window.stride + 1, window.stride)
