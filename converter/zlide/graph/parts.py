"""The graphs of a model by their folders in the bundle, and the conversion of axes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.bundle import Graph
from zlide.converters import Converter
from zlide.graph.convert import Converted, convert
from zlide.graph.make_model import MAKERS


@dataclass(frozen=True)
class Parts:
    """Converted graphs by their folder in the bundle, such as "decoder/start" or "axes/pca/to"."""

    graphs: Mapping[str, Converted] = field(default_factory=dict)

    def __add__(self, other: Parts) -> Parts:
        return Parts({**self.graphs, **other.graphs})

    def graph(self, folder: str) -> Graph:
        """Return the manifest's entry of the graph in `folder`."""
        return self.graphs[folder].graph.model_copy(update={"path": f"{folder}/model.json"})


def convert_axes(axes: Axes, folder: Path, converter: Converter = Converter.ZLIDE) -> Parts:
    """Convert a set of axes to two graphs.

    to: sliders (B, K), residual (B, Z) → z (B, Z). from: z → sliders, residual.
    """
    sliders, residual = torch.randn(3, axes.count), torch.randn(3, axes.latent_size)
    to, back = f"axes/{axes.name}/to", f"axes/{axes.name}/from"
    return Parts(
        {
            to: convert(
                _To(axes),
                {"sliders": sliders, "residual": residual},
                ["z"],
                folder / to,
                f"axes {axes.name}",
                MAKERS[converter],
            ),
            back: convert(
                _From(axes),
                {"z": residual},
                ["sliders", "residual"],
                folder / back,
                f"axes {axes.name}",
                MAKERS[converter],
            ),
        }
    )


class _Axes(nn.Module):
    mean: Tensor
    scaled: Tensor
    back: Tensor

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        for name in ("mean", "scaled", "back"):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(getattr(axes, name))))


class _To(_Axes):
    def forward(self, sliders: Tensor, residual: Tensor) -> tuple[Tensor, ...]:
        return (sliders @ self.scaled + self.mean + residual,)


class _From(_Axes):
    def forward(self, z: Tensor) -> tuple[Tensor, ...]:
        centred = z - self.mean
        sliders = centred @ self.back
        return sliders, centred - sliders @ self.scaled
