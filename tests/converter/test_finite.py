"""Infinities of masks become finite numbers that decode the same, so that build accepts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import zlide
from zlide.graph.finite import LARGEST, without_infinities
from zlide.parity import relative_difference
from zlide.site.build import write_site

pytestmark = pytest.mark.needs_conversion

Z, SIDE = 4, 8
AXES = zlide.fit_pca(np.random.default_rng(4).normal(size=(50, Z)), 2)


class Masked(nn.Module):
    """A softmax over pixels with the upper half masked by torch.where."""

    kept: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(Z, SIDE * SIDE)
        self.register_buffer("kept", (torch.arange(SIDE * SIDE) >= SIDE * SIDE // 2).float())

    def scores(self, z: Tensor) -> Tensor:
        scores: Tensor = self.layer(z)
        return scores + torch.where(self.kept > 0, 0.0, float("-inf"))

    def forward(self, z: Tensor) -> Tensor:
        return torch.softmax(self.scores(z), dim=1).view(-1, SIDE, SIDE, 1)


class MaskedByLogarithm(Masked):
    """Computes −∞ from a buffer."""

    def scores(self, z: Tensor) -> Tensor:
        scores: Tensor = self.layer(z)
        return scores + torch.log(self.kept)


class MaskedByBuffer(Masked):
    """Has −∞ in a buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("kept", torch.log(self.kept))

    def scores(self, z: Tensor) -> Tensor:
        scores: Tensor = self.layer(z)
        return scores + self.kept


@pytest.mark.needs_page
@pytest.mark.parametrize("decoder_type", [Masked, MaskedByLogarithm, MaskedByBuffer])
def test_builds_decoders_with_infinite_masks(tmp_path: Path, decoder_type: type[Masked]) -> None:
    zlide.export(decoder_type(), AXES, to=tmp_path / "mine")
    write_site([tmp_path / "mine"], tmp_path / "site")
    assert (tmp_path / "site/models/mine/manifest.json").is_file()


def test_replaces_infinities_and_keeps_nan() -> None:
    values = np.array([1.5, np.inf, -np.inf, np.nan], np.float32)
    assert without_infinities(values).tolist()[:3] == [1.5, LARGEST, -LARGEST]
    assert np.isnan(without_infinities(values)[3])
    assert without_infinities(values[:1]) is not None
    assert without_infinities(np.array([1, 2])).dtype == np.int64


def test_relative_difference_treats_all_masks_alike() -> None:
    ours = torch.tensor([0.5, float("-inf"), float("inf")])
    assert relative_difference(ours, torch.tensor([0.5, -3.4e38, 3.4e38])) == 0
    # Values that are not masked still count.
    assert relative_difference(ours, torch.tensor([0.75, -3.4e38, 3.4e38])) == 0.25
    assert relative_difference(ours, torch.tensor([0.5, -5.0, 3.4e38])) > 1
    assert relative_difference(torch.tensor([0.5, -3e38]), torch.tensor([0.75, -3e38])) == 0.25
    assert np.isnan(relative_difference(ours, torch.tensor([float("nan"), -3.4e38, 3.4e38])))
