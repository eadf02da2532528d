"""Strides, dilations and padding of windows that move over a picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from zlide.graph.emit.node import Node, NotEmittedError


@dataclass(frozen=True)
class Geometry:
    """Strides, dilations and padding along the spatial dimensions. pads: (before, after)."""

    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, node: Node, kernel: Sequence[int], size: Sequence[int]) -> Geometry:
        ones = [1] * len(kernel)
        strides, dilations = node.attribute("strides", ones), node.attribute("dilations", ones)
        flat = node.attribute("pads", [0] * 2 * len(kernel))
        pads = list(zip(flat[: len(kernel)], flat[len(kernel) :], strict=True))
        if min(flat, default=0) < 0:
            raise NotEmittedError(f"{node.op} with negative padding", "crop its input with a slice")
        mode = node.attribute("auto_pad", "NOTSET")
        if mode.startswith("SAME"):
            totals = [
                max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
                for n, s, k, d in zip(size, strides, kernel, dilations, strict=True)
            ]
            small = [(total // 2, total - total // 2) for total in totals]
            pads = small if mode == "SAME_UPPER" else [(b, a) for a, b in small]
        return cls(strides, dilations, pads)

    def tail(self) -> Geometry:
        """Return the geometry without the first dimension."""
        return Geometry(self.strides[1:], self.dilations[1:], self.pads[1:])

    def with_row(self) -> Geometry:
        """Return the geometry of pictures of one row."""
        return Geometry((1, *self.strides), (1, *self.dilations), ((0, 0), *self.pads))


def window_attributes(geometry: Geometry) -> dict[str, object]:
    """Return strides, padding and dilations as TensorFlow spells them."""
    flat = [0, 0, *(n for pair in geometry.pads for n in pair), 0, 0]
    padding = {"padding": "EXPLICIT", "explicit_paddings": flat} if any(flat) else {}
    return {
        "strides": [1, *geometry.strides, 1],
        "padding": "VALID",
        "dilations": [1, *geometry.dilations, 1],
        **padding,
    }
