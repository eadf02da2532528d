"""Shapes with a dynamic batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

Shape = tuple[int, ...]
"""Sizes of dimensions. −n stands for n times the batch, so −1 is the batch."""


def broadcast(*shapes: Sequence[int]) -> Shape:
    """Return the shape to which shapes broadcast. Raises ValueError if they do not."""
    rank = max(map(len, shapes))
    wide = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    result = []
    for sizes in zip(*wide, strict=True):
        solid = {size for size in sizes if size != 1}
        if len(solid) > 1:
            raise ValueError(f"shapes {', '.join(map(str, shapes))} do not broadcast")
        result.append(solid.pop() if solid else 1)
    return tuple(result)


def batch_axis(shape: Sequence[int]) -> int | None:
    """Return the dimension with the batch. Raises ValueError if there are several."""
    axes = [i for i, size in enumerate(shape) if size < 0]
    if len(axes) > 1:
        raise ValueError(f"expected the batch in one dimension, found {tuple(shape)}")
    return axes[0] if axes else None


def size_of(shape: Sequence[int]) -> int:
    """Return the number of elements, for each row if there is a batch."""
    return abs(prod(shape))


def reshaped(shape: Sequence[int], target: Sequence[int]) -> Shape:
    """Return the shape after a reshape to `target`, in which −1 is what is left over."""
    total, known = prod(shape), prod(size for size in target if size != -1)
    if -1 not in target:
        if known != total:
            raise ValueError(f"{tuple(shape)} cannot be reshaped to {tuple(target)}")
        return tuple(target)
    if known == 0 or total % known:
        raise ValueError(f"{tuple(shape)} cannot be reshaped to {tuple(target)}")
    return tuple(total // known if size == -1 else size for size in target)
