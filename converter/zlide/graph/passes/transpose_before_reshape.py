"""transpose(reshape(x)) → reshape(transpose(x)), where the reshape keeps groups of dimensions.

Before: x (B, C, H, W) → Reshape (B, C, H·W) → Transpose (0, 2, 1).
After: x → Transpose (0, 2, 3, 1) → Reshape (B, H·W, C).
Transposes meet others this way, and cancel.
"""

from __future__ import annotations

from math import prod

from zlide.graph.ir import Shape, Uses, Value
from zlide.graph.ir.build import reshape, transpose
from zlide.graph.passes.kinds import permutation

Group = tuple[list[int], list[int]]
"""Dimensions before and after a reshape that hold the same elements."""


def transpose_before_reshape(_uses: Uses, value: Value) -> Value | None:
    perm = permutation(value)
    inner = value.inputs[0] if perm is not None else None
    if perm is None or inner is None or inner.op != "Reshape":
        return None
    source = inner.inputs[0]
    groups = aligned_groups(source.shape, inner.shape)
    moved = _moved(groups, perm)
    if moved is None:
        return None
    return reshape(transpose(source, [i for group in moved for i in group[0]]), value.shape)


def aligned_groups(before: Shape, after: Shape) -> list[Group]:
    """Split both shapes into as many groups of dimensions as hold the same elements."""
    groups: list[Group] = []
    i = j = 0
    while i < len(before) or j < len(after):
        left, right = [], []
        if i < len(before):
            left.append(i)
            i += 1
        if j < len(after):
            right.append(j)
            j += 1
        while prod(before[k] for k in left) != prod(after[k] for k in right):
            if _is_behind(before, left, after, right) and i < len(before):
                left.append(i)
                i += 1
            elif j < len(after):
                right.append(j)
                j += 1
            elif i < len(before):
                left.append(i)
                i += 1
            else:
                return [(list(range(len(before))), list(range(len(after))))]
        groups.append((left, right))
    return groups


def _is_behind(before: Shape, left: list[int], after: Shape, right: list[int]) -> bool:
    return abs(prod(before[k] for k in left)) < abs(prod(after[k] for k in right))


def _moved(groups: list[Group], perm: list[int]) -> list[Group] | None:
    """Return the groups in the order in which `perm` puts them, or None if it splits one."""
    owner = {axis: i for i, (_, after) in enumerate(groups) for axis in after}
    order: list[int] = []
    at = 0
    while at < len(perm):
        group = owner[perm[at]]
        after = groups[group][1]
        if perm[at : at + len(after)] != after:
            return None
        order.append(group)
        at += len(after)
    missing = [i for i, (_, after) in enumerate(groups) if not after]
    if missing:  # groups of ones that vanished
        order = [*missing, *order]
    return [groups[i] for i in order]
