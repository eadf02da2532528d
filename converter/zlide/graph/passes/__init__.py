"""Passes: from the graph as it was emitted to one that is small and fast on the page.

A file a rule. Each says what it does, with a graph before and after. All are exact, apart from
rounding. `tests/converter/test_passes.py` tests each with numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

from zlide.graph.ir import Rule, Value, rewrite
from zlide.graph.passes.choose_layouts import choose_layouts
from zlide.graph.passes.collapse_dimensions import collapse_dimensions
from zlide.graph.passes.elementwise_before_resize import elementwise_before_resize
from zlide.graph.passes.fold_affine import fold_affine
from zlide.graph.passes.fuse_products import fuse_activation, fuse_bias
from zlide.graph.passes.hoist_elementwise import hoist_elementwise
from zlide.graph.passes.leaky_relu_as_prelu import leaky_relu_as_prelu
from zlide.graph.passes.merge_linear_layers import merge_linear_layers
from zlide.graph.passes.merge_reshapes import merge_reshapes
from zlide.graph.passes.merge_transposes import merge_transposes
from zlide.graph.passes.pad_into_convolution import pad_into_convolution
from zlide.graph.passes.permute_columns import permute_columns
from zlide.graph.passes.permute_rows import permute_rows
from zlide.graph.passes.remove_noop import remove_noop
from zlide.graph.passes.slice_before_transpose import slice_before_transpose
from zlide.graph.passes.slice_of_all import slice_of_all
from zlide.graph.passes.slice_of_concat import slice_of_concat
from zlide.graph.passes.store_as_floats import store_as_floats
from zlide.graph.passes.tanh_as_sigmoid import tanh_as_sigmoid
from zlide.graph.passes.transpose_as_float import transpose_as_float
from zlide.graph.passes.transpose_before_concat import transpose_before_concat
from zlide.graph.passes.transpose_before_reshape import transpose_before_reshape
from zlide.graph.passes.transpose_in_product import transpose_in_product
from zlide.graph.passes.upsample_into_convolution import upsample_into_convolution

CLEANING: list[Rule] = [
    remove_noop,
    merge_reshapes,
    merge_transposes,
    transpose_before_reshape,
    slice_before_transpose,
    slice_of_all,
    slice_of_concat,
    transpose_before_concat,
]
"""Rules that remove what only moves numbers."""

ALGEBRA: list[Rule] = [
    *CLEANING,
    permute_columns,
    permute_rows,
    pad_into_convolution,
    tanh_as_sigmoid,
    elementwise_before_resize,
    upsample_into_convolution,
    fold_affine,
    hoist_elementwise,
    merge_linear_layers,
]
"""Rules that compute the same with fewer products, sums and moves."""

FUSION: list[Rule] = [
    *CLEANING,
    leaky_relu_as_prelu,
    fuse_bias,
    fuse_activation,
    transpose_in_product,
]
"""Rules that choose kernels."""

PORTABILITY: list[Rule] = [
    remove_noop,
    merge_reshapes,
    collapse_dimensions,
    transpose_as_float,
]
"""Rules that make every backend run the graph."""

STORAGE: list[Rule] = [store_as_floats]
"""Rules that come last: what they add looks superfluous to the others."""


def optimize(outputs: Sequence[Value]) -> list[Value]:
    """Return the outputs of an equal graph that is smaller and faster."""
    cleaned = rewrite(outputs, CLEANING)
    small = rewrite(choose_layouts(cleaned), ALGEBRA)
    portable = rewrite(rewrite(small, FUSION), PORTABILITY)
    return rewrite(portable, STORAGE)


__all__ = [
    "choose_layouts",
    "collapse_dimensions",
    "elementwise_before_resize",
    "fold_affine",
    "fuse_activation",
    "fuse_bias",
    "hoist_elementwise",
    "leaky_relu_as_prelu",
    "merge_linear_layers",
    "merge_reshapes",
    "merge_transposes",
    "optimize",
    "pad_into_convolution",
    "permute_columns",
    "permute_rows",
    "remove_noop",
    "slice_before_transpose",
    "slice_of_all",
    "slice_of_concat",
    "store_as_floats",
    "tanh_as_sigmoid",
    "transpose_as_float",
    "transpose_before_concat",
    "transpose_before_reshape",
    "transpose_in_product",
    "upsample_into_convolution",
]
