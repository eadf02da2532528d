"""Where the training samples lie on the axes, and how far from them a position is: against scikit-learn, and all the way into a bundle."""

from __future__ import annotations

import json
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
from zlide.axes import Axes, fit_pca, raw_dimensions
from zlide.bundle.folder import read_bundle
from zlide.bundle.points import KEPT, choose_points, distances, read_points, write_points
from zlide.checkpoint import POINTS, read_checkpoint, write_means
from zlide.checkpoint.tensors import read_means
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden"
Z = 6

Array = NDArray[np.float32]


def aslant(count: int = 500) -> Array:
    """Latents (count, Z) whose dimensions go together, away from 0."""
    random = np.random.default_rng(4)
    return np.asarray(
        random.normal(size=(count, Z)) @ random.normal(size=(Z, Z)) + random.normal(size=Z),
        np.float32,
    )


def of_others() -> Axes:
    """Axes that were fitted to other latents."""
    return fit_pca(np.random.default_rng(5).normal(size=(200, Z)), 4)


def one_axis() -> Axes:
    return fit_pca(aslant(), 1)


@pytest.mark.parametrize(
    "axes",
    [of_others(), one_axis(), raw_dimensions(aslant().mean(0), aslant().std(0), [4, 1])],
    ids=["others", "one", "raw"],
)
def test_the_distance_is_that_of_mahalanobis(axes: Axes, tmp_path: Path) -> None:
    means = aslant()
    points = write_points(tmp_path, axes, means)
    own = axes.from_z(means)[0].astype(np.float64)
    known = EmpiricalCovariance().fit(own)  # which divides by 500, and not by 499
    places = np.random.default_rng(6).normal(size=(50, axes.count)) * 3
    assert np.allclose(
        distances(points, places) ** 2, known.mahalanobis(places) * 499 / 500, rtol=1e-5
    )
    out = np.sqrt(np.sort(known.mahalanobis(own)) * 499 / 500)
    assert points.max == pytest.approx(out[-1], abs=1e-3)
    assert (out <= points.p99).sum() == 495  # of 500
    assert distances(points, [points.mean])[0] == 0


def test_the_file_holds_the_sliders_of_what_was_given(tmp_path: Path) -> None:
    axes, means = of_others(), aslant()
    points = write_points(tmp_path, axes, means)
    assert (points.path, points.count) == ("axes/pca/points.bin", 500)
    assert (tmp_path / points.path).stat().st_size == 500 * 4 * 2
    assert (
        np.abs(read_points(tmp_path / points.path, 4) - axes.from_z(means)[0]).max()
        <= 0.0005 + 1e-6
    )


def test_what_lies_far_out_stays_on_its_side(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(Z), np.ones(Z), [0, 1])
    means = np.zeros((20, Z), np.float32)
    means[3, 0], means[4, 1] = 100, -100
    held = read_points(tmp_path / write_points(tmp_path, axes, means).path, 2)
    assert held[3].tolist() == pytest.approx([32.767, 0])
    assert held[4].tolist() == pytest.approx([0, -32.767])


def test_of_many_two_thousand_are_kept_and_all_are_measured(tmp_path: Path) -> None:
    axes, means = of_others(), aslant(5000)
    points = write_points(tmp_path, axes, means)
    held = read_points(tmp_path / points.path, 4)
    assert points.count == len(held) == KEPT == 2000
    chosen = choose_points(5000)
    assert len(set(chosen.tolist())) == 2000
    assert chosen.tolist() == choose_points(5000).tolist() != choose_points(5000, seed=1).tolist()
    assert np.abs(chosen.mean() - 2500) < 100  # from everywhere
    assert np.allclose(held, axes.from_z(means[chosen])[0], atol=0.001)
    out = distances(points, axes.from_z(means)[0])
    assert points.max == pytest.approx(out.max(), abs=1e-3)
    assert (out <= points.p99).mean() == pytest.approx(0.99, abs=1e-3)


def test_where_the_points_do_not_spread_a_step_aside_is_one_sigma(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(Z), np.ones(Z), [0, 1])
    means = np.zeros((100, Z), np.float32)
    means[:, 0] = np.random.default_rng(0).normal(size=100)
    points = write_points(tmp_path, axes, means)
    assert distances(points, [[points.mean[0], 0.01]])[0] == pytest.approx(1, abs=1e-3)
    assert points.max == pytest.approx(
        np.abs((means[:, 0] - means[:, 0].mean()) / means[:, 0].std(ddof=1)).max(), abs=1e-3
    )


def test_a_bundle_carries_the_points_on_each_set_of_axes(tmp_path: Path) -> None:
    decoder = torch.nn.Sequential(
        torch.nn.Linear(Z, 48), torch.nn.Sigmoid(), torch.nn.Unflatten(1, (4, 4, 3))
    )
    means = aslant(60)
    sets = [fit_pca(means, 4), raw_dimensions(means.mean(0), means.std(0), [2, 0])]
    manifest = zlide.export(decoder, sets, to=tmp_path / "painted", points=means).manifest
    assert read_bundle(tmp_path / "painted") == manifest
    for axes, written in zip(sets, manifest.axes, strict=True):
        assert written.points is not None
        assert written.points.path in {file.path for file in manifest.files}
        held = read_points(tmp_path / "painted" / written.points.path, axes.count)
        assert np.allclose(held, axes.from_z(means)[0], atol=0.001)
    without = zlide.export(decoder, sets, to=tmp_path / "painted").manifest
    assert [written.points for written in without.axes] == [None, None]
    assert not list((tmp_path / "painted").rglob("points.bin"))


@pytest.mark.parametrize(
    ("points", "says"),
    [
        (
            aslant()[:, :5],
            "expected posterior means (N, 6), as wide as the axes pca, found (500, 5); give those of some thousand training samples, ",
        ),
        (aslant()[0], "expected posterior means (N, 6), as wide as the axes pca, found (6,); "),
        (
            aslant(9),
            "expected at least 10 posterior means, found 9; give some thousand, or leave them out",
        ),
        ([], "expected posterior means (N, 6), as wide as the axes pca, found (0,); "),
        (
            np.where(np.arange(500)[:, None] == 7, np.nan, aslant()),
            "row 7 holds NaN or infinity, 1 of 500 do; encode them again",
        ),
        (aslant() * 1e6, "expected them within 10,000 σ on the axes pca, found one "),
        ("many", "expected numbers, found 'many'; give an array, a tensor or lists of numbers"),
    ],
)
def test_points_that_cannot_be_are_refused_before_the_work(
    points: Any, says: str, tmp_path: Path
) -> None:
    with pytest.raises(ZlideError) as error:
        zlide.export(torch.nn.Identity(), of_others(), to=tmp_path / "never", points=points)
    assert str(error.value).startswith("points: " + says)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "never").exists()


def test_there_are_more_points_than_axes(tmp_path: Path) -> None:
    axes = raw_dimensions(np.zeros(20), np.ones(20), range(20))
    with pytest.raises(
        ZlideError, match="points: expected at least 21 posterior means, found 20; "
    ):
        zlide.export(
            torch.nn.Identity(),
            axes,
            to=tmp_path / "never",
            points=np.random.default_rng(0).normal(size=(20, 20)),
        )


def test_a_checkpoint_keeps_points_within_a_step_of_a_slider(tmp_path: Path) -> None:
    means = aslant(3000)
    means[:, 2] = means[:, 2] * 1e-5 + 0.5  # hardly moves: float16 alone would round it away
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
    ("edit", "says"),
    [
        (
            without("spread"),
            "expected means (N, 6), middle (6,) and spread (6,), found means (500, 6), middle (6,)",
        ),
        (
            lambda held: held.update(means=held["means"][:, :5]),
            "expected means (N, 6), middle (6,) and spread (6,), found means (500, 5), middle (6,), ",
        ),
        (
            lambda held: held.update(means=held["means"][0]),
            "expected means (N, 6), middle (6,) and spread (6,), found means (6,), middle (6,), ",
        ),
        (lambda held: held["means"][3].fill_(np.nan), "holds NaN or infinity"),
        (
            lambda held: held.clear(),
            "expected means (N, 6), middle (6,) and spread (6,), found none",
        ),
    ],
)
def test_points_of_another_checkpoint_are_one_line(
    edit: Callable[[dict[str, torch.Tensor]], object], says: str, tmp_path: Path
) -> None:
    write_means(tmp_path, aslant())
    held = load_file(tmp_path / POINTS)
    edit(held)
    save_file({name: tensor.contiguous() for name, tensor in held.items()}, tmp_path / POINTS)
    with pytest.raises(ZlideError) as error:
        read_means(tmp_path / POINTS, Z)
    assert str(error.value).startswith(f"{tmp_path / POINTS}: {says}")
    assert str(error.value).endswith("; delete it, and write it again with `zlide points`")


def test_the_golden_points_are_not_where_the_axes_were_fitted() -> None:
    points = json.loads((GOLDEN / "text/manifest.json").read_text("utf-8"))["axes"][0]["points"]
    assert np.linalg.norm(points["mean"]) > 0.3
    assert (
        max(abs(value) for i, row in enumerate(points["whitening"]) for value in row[:i]) > 0.3
    )  # the page's own test needs a slanted one


@pytest.mark.parametrize("name", ["sentences", "doom", "racing"])
def test_the_points_that_ship_are_those_of_their_model(name: str) -> None:
    checkpoint = read_checkpoint(ROOT / "weights" / name)
    assert (checkpoint.folder / POINTS).stat().st_size < 600_000
    assert checkpoint.points is not None
    assert len(checkpoint.points) == KEPT
    sliders = checkpoint.axes.from_z(checkpoint.points)[0]
    assert (
        np.abs(sliders.mean(0)).max() < 0.1
    )  # the axes were fitted to all that these were drawn from
    assert np.abs(np.cov(sliders, rowvar=False) - np.eye(checkpoint.axes.count)).max() < 0.2
