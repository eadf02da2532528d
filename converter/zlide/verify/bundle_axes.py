"""The axes of a bundle, read back from its graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from zlide.axes import Axes
from zlide.bundle import AxesSet
from zlide.graph import read_graph


def read_bundle_axes(bundle: Path, axes: AxesSet, latent_size: int) -> Axes:
    """Return a set of axes, as the graph from sliders to z gives them.

    The graph is affine: z at 0 is the mean, and each slider at 1 σ adds its axis.
    Raises ZlideError for a graph that cannot be run.
    """
    graph = read_graph(bundle / axes.to.path, axes.to.inputs, axes.to.outputs)
    count = len(axes.axes)
    sliders = np.concatenate([np.zeros((1, count)), np.eye(count)]).astype(np.float32)
    (z,) = graph.run(sliders, np.zeros((count + 1, latent_size), np.float32))
    stdev = np.array([axis.stdev for axis in axes.axes], np.float32)
    return Axes(
        mean=z[0],
        axes=(z[1:] - z[0]) / stdev[:, None],
        stdev=stdev,
        name=axes.name,
        range=axes.range,
    )
