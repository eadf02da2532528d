"""Ops that change the shape, join tensors or split them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from zlide.graph.evaluator.operation import Array, operations


def reshape(x: Array, shape: Array) -> Array:
    return x.reshape(shape.tolist())


def squeeze(x: Array, *, squeeze_dims: Sequence[int] = ()) -> Array:
    """Drop these dimensions, or all of size 1."""
    return np.squeeze(x, tuple(squeeze_dims) or None)


def expand_dims(x: Array, axis: Array) -> Array:
    return np.expand_dims(x, int(axis))


def pack(*parts: Array, axis: int = 0) -> Array:
    return np.stack(parts, axis)


def unpack(x: Array, *, num: int, axis: int = 0) -> list[Array]:
    if x.shape[axis] != num:
        raise ValueError(f"expected size {num} along axis {axis}, found {x.shape}")
    return list(np.moveaxis(x, axis, 0))


def concat(*parts_and_axis: Array) -> Array:
    *parts, axis = parts_and_axis
    return np.concatenate(parts, int(axis))


def split(axis: Array, x: Array, *, num_split: int) -> list[Array]:
    """Split into equal parts."""
    return np.split(x, num_split, int(axis))


def split_v(x: Array, sizes: Array, axis: Array, *, num_split: int) -> list[Array]:
    """Split into parts of these sizes; −1 is the rest."""
    total = x.shape[int(axis)]
    known = sizes[sizes >= 0].sum()
    whole = np.where(sizes < 0, total - known, sizes)
    if len(sizes) != num_split or whole.sum() != total or (whole < 0).any():
        raise ValueError(f"expected {num_split} sizes with sum {total}, found {sizes.tolist()}")
    return np.split(x, np.cumsum(whole)[:-1], int(axis))


def transpose(x: Array, permutation: Array) -> Array:
    """Put dimension permutation[i] at i."""
    return x.transpose(permutation.tolist())


def reverse(x: Array, axes: Array) -> Array:
    return np.flip(x, tuple(axes.ravel().tolist()))


def broadcast_to(x: Array, shape: Array) -> Array:
    return np.broadcast_to(x, shape.tolist())


def tile(x: Array, multiples: Array) -> Array:
    if len(multiples) != x.ndim:
        raise ValueError(f"expected {x.ndim} multiples, found {multiples.tolist()}")
    return np.tile(x, multiples.tolist())


def pad(x: Array, paddings: Array, value: Array | float = 0) -> Array:
    return np.pad(x, paddings.tolist(), constant_values=value)


def mirror_pad(x: Array, paddings: Array, *, mode: str) -> Array:
    """Pad by a mirror image: REFLECT leaves out the edge, SYMMETRIC repeats it."""
    width = x.shape if mode == "SYMMETRIC" else [size - 1 for size in x.shape]
    if mode not in {"REFLECT", "SYMMETRIC"} or (paddings > np.array(width)[:, None]).any():
        raise ValueError(f"mode {mode}, paddings {paddings.tolist()} do not fit {x.shape}")
    return np.pad(x, paddings.tolist(), "symmetric" if mode == "SYMMETRIC" else "reflect")


def depth_to_space(x: Array, *, block_size: int) -> Array:
    """Move channels into blocks: (N, H, W, B·B·C) → (N, H·B, W·B, C)."""
    n, height, width, _ = x.shape
    blocks = x.reshape(n, height, width, block_size, block_size, -1)
    return blocks.transpose(0, 1, 3, 2, 4, 5).reshape(
        n, height * block_size, width * block_size, -1
    )


SHAPES = operations(
    {
        "Reshape": reshape,
        "Squeeze": squeeze,
        "ExpandDims": expand_dims,
        "Pack": pack,
        "Unpack": unpack,
        "ConcatV2": concat,
        "Split": split,
        "SplitV": split_v,
        "Transpose": transpose,
        "ReverseV2": reverse,
        "BroadcastTo": broadcast_to,
        "Tile": tile,
        "Pad": pad,
        "PadV2": pad,
        "MirrorPad": mirror_pad,
        "DepthToSpace": depth_to_space,
    }
)
