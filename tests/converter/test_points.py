"""Points and the Mahalanobis distance from them, compared with scikit-learn and in bundles."""

from __future__ import annotations

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from sklearn.covariance import EmpiricalCovariance

import zlide
from tests.refusal import refusal
from zlide.axes import Axes, fit_pca, raw_dimensions
from zlide.bundle.folder import read_bundle
from zlide.bundle.manifest import Points
from zlide.bundle.points import MAX_POINTS, choose_points, distances, read_points, write_points
from zlide.checkpoint import POINTS, read_checkpoint, write_means
from zlide.checkpoint.tensors import read_means

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden"
GOLDEN_CASES = json.loads((GOLDEN / "points.json").read_text("utf-8"))
Z = 6

Array = NDArray[np.float32]


def correlated(count: int = 500) -> Array:
    """Return latents (count, Z) with correlated dimensions and a mean that is not 0."""
    rng = np.random.default_rng(4)
    centred = rng.normal(size=(count, Z)) @ rng.normal(size=(Z, Z))
    return np.asarray(centred + rng.normal(size=Z), np.float32)


def unrelated_axes() -> Axes:
    """Return axes that were fitted to other latents."""
    return fit_pca(np.random.default_rng(5).normal(size=(200, Z)), 4)


def one_axis() -> Axes:
    return fit_pca(correlated(), 1)


@pytest.mark.parametrize(
    "axes",
    [
        unrelated_axes(),
        one_axis(),
        raw_dimensions(correlated().mean(0), correlated().std(0), [4, 1]),
    ],
    ids=["unrelated", "one", "raw"],
)
def test_distances_are_those_of_scikit_learn(axes: Axes, tmp_path: Path) -> None:
    means = correlated()
    points = write_points(tmp_path, axes, means)
    own = axes.from_z(means)[0].astype(np.float64)
    known = EmpiricalCovariance().fit(own)  # divides by 500, not by 499
    positions = np.random.default_rng(6).normal(size=(50, axes.count)) * 3
    assert np.allclose(
        distances(points, positions) ** 2, known.mahalanobis(positions) * 499 / 500, rtol=1e-5
    )
    out = np.sqrt(np.sort(known.mahalanobis(own)) * 499 / 500)
    assert points.max == pytest.approx(out[-1], abs=1e-3)
    assert (out <= points.p99).sum() == 495  # of 500
    assert distances(points, [points.mean])[0] == 0


@pytest.mark.parametrize("case", GOLDEN_CASES["distances"], ids=lambda case: len(case["mean"]))
def test_distances_are_those_of_the_golden_file(case: dict[str, Any]) -> None:
    points = Points(
        path="points.bin",
        count=1,
        mean=case["mean"],
        whitening=case["whitening"],
        p99=0,
        max=0,
    )
    assert distances(points, case["sliders"]) == pytest.approx(case["distances"], abs=1e-9)


@pytest.mark.parametrize("case", GOLDEN_CASES["files"], ids=lambda case: len(case["sliders"]))
def test_files_of_points_are_those_of_the_golden_file(case: dict[str, Any], tmp_path: Path) -> None:
    sliders = np.asarray(case["sliders"], np.float32)
    count = sliders.shape[1]
    identity = raw_dimensions(np.zeros(count), np.ones(count), range(count))
    written = tmp_path / write_points(tmp_path, identity, sliders).path
    assert written.read_bytes().hex() == case["bytes"]
    assert read_points(written, count).tolist() == sliders.tolist()


def test_golden_points_are_up_to_date() -> None:
    made = json.loads(runpy.run_path(str(GOLDEN / "points.py"))["render"]())
    assert made["files"] == GOLDEN_CASES["files"]
    for case, golden_case in zip(made["distances"], GOLDEN_CASES["distances"], strict=True):
        assert case.keys() == golden_case.keys()
        assert case["mean"] == golden_case["mean"]
        assert np.allclose(case["sliders"], golden_case["sliders"], rtol=0, atol=1e-10)
        assert case["distances"] == pytest.approx(golden_case["distances"], abs=1e-9)
        for row, golden_row in zip(case["whitening"], golden_case["whitening"], strict=True):
            assert row == pytest.approx(golden_row, abs=1e-9)


def test_writes_the_sliders_of_the_samples(tmp_path: Path) -> None:
    axes, means = unrelated_axes(), correlated()
    points = write_points(tmp_path, axes, means)
    assert (points.path, points.count) == ("axes/pca/points.bin", 500)
    assert (tmp_path / points.path).stat().st_size == 500 * 4 * 2
    difference = read_points(tmp_path / points.path, 4) - axes.from_z(means)[0]
    assert np.abs(difference).max() <= 0.0005 + 1e-6


def test_clips_large_coordinates(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(Z), np.ones(Z), [0, 1])
    means = np.zeros((20, Z), np.float32)
    means[3, 0], means[4, 1] = 100, -100
    read = read_points(tmp_path / write_points(tmp_path, axes, means).path, 2)
    assert read[3].tolist() == pytest.approx([32.767, 0])
    assert read[4].tolist() == pytest.approx([0, -32.767])


def test_keeps_two_thousand_points_and_measures_all(tmp_path: Path) -> None:
    axes, means = unrelated_axes(), correlated(5000)
    points = write_points(tmp_path, axes, means)
    read = read_points(tmp_path / points.path, 4)
    assert points.count == len(read) == MAX_POINTS == 2000
    chosen = choose_points(5000)
    assert len(set(chosen.tolist())) == 2000
    assert chosen.tolist() == choose_points(5000).tolist() != choose_points(5000, seed=1).tolist()
    assert np.abs(chosen.mean() - 2500) < 100
    assert np.allclose(read, axes.from_z(means[chosen])[0], atol=0.001)
    out = distances(points, axes.from_z(means)[0])
    assert points.max == pytest.approx(out.max(), abs=1e-3)
    assert (out <= points.p99).mean() == pytest.approx(0.99, abs=1e-3)


def test_points_without_spread_count_as_spreading_one_slider_step(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(Z), np.ones(Z), [0, 1])
    means = np.zeros((100, Z), np.float32)
    means[:, 0] = np.random.default_rng(0).normal(size=100)
    points = write_points(tmp_path, axes, means)
    assert distances(points, [[points.mean[0], 0.01]])[0] == pytest.approx(1, abs=1e-3)
    standardized = (means[:, 0] - means[:, 0].mean()) / means[:, 0].std(ddof=1)
    assert points.max == pytest.approx(np.abs(standardized).max(), abs=1e-3)


@pytest.mark.needs_conversion
def test_exports_points_for_each_set_of_axes(tmp_path: Path) -> None:
    decoder = torch.nn.Sequential(
        torch.nn.Linear(Z, 48), torch.nn.Sigmoid(), torch.nn.Unflatten(1, (4, 4, 3))
    )
    means = correlated(60)
    sets = [fit_pca(means, 4), raw_dimensions(means.mean(0), means.std(0), [2, 0])]
    manifest = zlide.export(decoder, sets, to=tmp_path / "bundle", points=means).manifest
    assert read_bundle(tmp_path / "bundle") == manifest
    for axes, written in zip(sets, manifest.axes, strict=True):
        assert written.points is not None
        assert written.points.path in {file.path for file in manifest.files}
        read = read_points(tmp_path / "bundle" / written.points.path, axes.count)
        assert np.allclose(read, axes.from_z(means)[0], atol=0.001)
    without = zlide.export(decoder, sets, to=tmp_path / "bundle").manifest
    assert [written.points for written in without.axes] == [None, None]
    assert not list((tmp_path / "bundle").rglob("points.bin"))


@pytest.mark.parametrize(
    ("points", "found"),
    [
        (correlated()[:, :5], "(500, 5)"),
        (correlated()[0], "(6,)"),
        (correlated(9), "9"),
        ([], "(0,)"),
        (np.where(np.arange(500)[:, None] == 7, np.nan, correlated()), "row 7"),
        (correlated() * 1e6, "10,000 σ"),
        ("many", "'many'"),
    ],
    ids=["too narrow", "one row", "too few", "none", "NaN", "far out", "text"],
)
def test_export_refuses_invalid_points_before_any_work(
    points: Any, found: str, tmp_path: Path
) -> None:
    to = tmp_path / "never"
    error = refusal(zlide.export, torch.nn.Identity(), unrelated_axes(), to=to, points=points)
    assert error.where == "points"
    assert found in error.problem
    assert error.remedy
    assert not to.exists()


def test_export_refuses_fewer_points_than_axes(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(20), np.ones(20), range(20))
    points = np.random.default_rng(0).normal(size=(20, 20))
    to = tmp_path / "never"
    error = refusal(zlide.export, torch.nn.Identity(), axes, to=to, points=points)
    assert error.where == "points"
    assert "at least 21" in error.problem
    assert "found 20" in error.problem


def test_checkpoints_keep_points_within_a_slider_step(tmp_path: Path) -> None:
    means = correlated(3000)
    means[:, 2] = means[:, 2] * 1e-5 + 0.5  # float16 alone would lose this spread
    means[:, 3] = 7.0
    write_means(tmp_path, means)
    kept = read_means(tmp_path / POINTS, Z)
    chosen = means[choose_points(3000)]
    assert kept is not None
    assert kept.shape == (2000, Z)
    spread = np.where(chosen.std(0) > 0, chosen.std(0), 1)
    assert (np.abs(kept - chosen) / spread).max() < 0.01
    assert read_means(tmp_path / "none" / POINTS, Z) is None


def without(name: str) -> Callable[[dict[str, torch.Tensor]], object]:
    return lambda tensors: tensors.pop(name)


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (without("spread"), "found means (500, 6), middle (6,)"),
        (
            lambda tensors: tensors.update(means=tensors["means"][:, :5]),
            "found means (500, 5), middle (6,)",
        ),
        (
            lambda tensors: tensors.update(means=tensors["means"][0]),
            "found means (6,), middle (6,)",
        ),
        (lambda tensors: tensors["means"][3].fill_(np.nan), "NaN or infinity"),
        (lambda tensors: tensors.clear(), "found none"),
    ],
    ids=["missing", "narrow", "one row", "NaN", "empty"],
)
def test_refuses_points_of_another_checkpoint(
    edit: Callable[[dict[str, torch.Tensor]], object], problem: str, tmp_path: Path
) -> None:
    write_means(tmp_path, correlated())
    tensors = load_file(tmp_path / POINTS)
    edit(tensors)
    save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, tmp_path / POINTS)
    error = refusal(read_means, tmp_path / POINTS, Z)
    assert error.where == str(tmp_path / POINTS)
    assert problem in error.problem
    assert "zlide points" in error.remedy


def test_the_golden_points_are_shifted_and_correlated() -> None:
    points = json.loads((GOLDEN / "text/manifest.json").read_text("utf-8"))["axes"][0]["points"]
    assert np.linalg.norm(points["mean"]) > 0.3
    below_diagonal = [abs(x) for i, row in enumerate(points["whitening"]) for x in row[:i]]
    assert max(below_diagonal) > 0.3


@pytest.mark.parametrize("name", ["sentences", "doom", "racing"])
def test_shipped_points_fit_the_axes_of_their_model(name: str) -> None:
    checkpoint = read_checkpoint(ROOT / "weights" / name)
    assert (checkpoint.folder / POINTS).stat().st_size < 600_000
    assert checkpoint.points is not None
    assert len(checkpoint.points) == MAX_POINTS
    sliders = checkpoint.axes.from_z(checkpoint.points)[0]
    assert np.abs(sliders.mean(0)).max() < 0.1
    assert np.abs(np.cov(sliders, rowvar=False) - np.eye(checkpoint.axes.count)).max() < 0.2
