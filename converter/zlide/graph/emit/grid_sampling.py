"""Sample pictures at places that depend on the data."""

from __future__ import annotations

from functools import reduce
from itertools import product

from zlide.graph.emit.convolutions import to_channels_first, to_channels_last
from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import INT, Value, make
from zlide.graph.ir.build import (
    add,
    cast,
    gather_by_row,
    maximum,
    minimum,
    mul,
    reshape,
    sub,
    take,
    to_float,
    unary,
)


@emits("GridSample")
def grid_sample(node: Node) -> Value:
    """x (B, C, H, W), grid (B, h, w, 2) of (x, y) in [−1, 1] → (B, C, h, w).

    Jaderberg et al. 2015, "Spatial transformer networks", equations 3 to 5.
    """
    x, grid = node.input(0), node.input(1)
    mode = node.attribute("mode", "bilinear")
    padding = node.attribute("padding_mode", "zeros")
    aligned = bool(node.attribute("align_corners", 0))
    if x.rank != 4 or mode in {"bicubic", "cubic"} or padding == "reflection":
        raise NotEmittedError(
            f"grid_sample in {x.rank - 2} dimensions with mode {mode} and padding {padding}",
            "use mode bilinear or nearest and padding zeros or border, of pictures",
        )
    places = [
        _pixel(take(grid, 3, slice(i, i + 1)), x.shape[3 - i], aligned=aligned) for i in (1, 0)
    ]
    if padding == "border":
        places = [_clamped(p, n) for p, n in zip(places, x.shape[2:], strict=True)]
    picture = to_channels_last(x)
    if mode == "nearest":
        return to_channels_first(_read(picture, [unary("Round", each) for each in places]))
    low = [unary("Floor", each) for each in places]
    share = [sub(each, floor) for each, floor in zip(places, low, strict=True)]
    parts = []
    for corner in product((0, 1), repeat=2):
        at = [add(floor, float(c)) for floor, c in zip(low, corner, strict=True)]
        weights = [s if c else sub(1.0, s) for s, c in zip(share, corner, strict=True)]
        parts.append(mul(_read(picture, at), mul(*weights)))
    return to_channels_first(reduce(add, parts))


def _pixel(at: Value, size: int, *, aligned: bool) -> Value:
    """Map [−1, 1] to pixels: −1 and 1 are the centers of the outer ones, or their outer edges."""
    if aligned:
        return mul(add(at, 1.0), (size - 1) / 2)
    return sub(mul(add(at, 1.0), size / 2), 0.5)


def _clamped(at: Value, size: int) -> Value:
    return minimum(maximum(at, 0.0), float(size - 1))


def _read(x: Value, places: list[Value]) -> Value:
    """Return the pixels of x (B, H, W, C) at whole places (B, h, w, 1); 0 outside of x."""
    batch, height, width, channels = x.shape
    inside = [
        to_float(make("Equal", each, _clamped(each, size)))
        for each, size in zip(places, (height, width), strict=True)
    ]
    row, column = (_clamped(each, size) for each, size in zip(places, (height, width), strict=True))
    flat = cast(add(mul(row, float(width)), column), INT)
    h, w = flat.shape[1:3]
    pixels = gather_by_row(
        reshape(x, (batch, height * width, channels)), reshape(flat, (flat.shape[0], h * w))
    )
    return mul(reshape(pixels, (batch, h, w, channels)), mul(*inside))
