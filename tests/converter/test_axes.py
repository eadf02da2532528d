"""Sliders and z are two spellings of one position; axes that cannot be are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from zlide.axes import Axes, fit_pca, raw_dimensions, read_axes
from zlide.errors import ZlideError

Data = NDArray[np.float64]


def latents(count: int = 400, wide: int = 8) -> Data:
    random = np.random.default_rng(3)
    drawn: Data = random.normal(size=(count, wide)) * np.linspace(3, 0.5, wide) + random.normal(size=wide)
    return drawn


def test_axes_are_scikit_learns() -> None:
    data = latents()
    axes, pca = fit_pca(data, 5), PCA(5).fit(data)
    assert np.allclose(axes.mean, pca.mean_, atol=1e-6)
    assert np.allclose(axes.axes, pca.components_, atol=1e-5)
    assert np.allclose(axes.stdev, np.sqrt(pca.explained_variance_), rtol=1e-5)
    assert axes.share is not None
    assert np.allclose(axes.share, pca.explained_variance_ratio_, rtol=1e-5)
    assert axes.names == ("axis 1", "axis 2", "axis 3", "axis 4", "axis 5")


def test_a_slider_is_in_standard_deviations() -> None:
    data = latents()
    axes = fit_pca(data, 4)
    sliders, _ = axes.from_z(data)
    assert np.allclose(sliders.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(sliders.std(axis=0, ddof=1), 1, atol=1e-4)
    one = axes.to_z([[0, 2, 0, 0]])[0] - axes.mean
    assert np.allclose(one, 2 * axes.stdev[1] * axes.axes[1], atol=1e-6)


@pytest.mark.parametrize("axes", [fit_pca(latents(), 5), raw_dimensions(latents().mean(0), latents().std(0), [6, 0, 2])], ids=["pca", "raw"])
def test_there_and_back_again(axes: Axes) -> None:
    z = latents(50).astype(np.float32)
    sliders, residual = axes.from_z(z)
    assert np.allclose(axes.to_z(sliders, residual), z, atol=1e-5)
    assert np.allclose(residual @ axes.scaled.T, 0, atol=1e-3)  # the residual is what the axes do not span
    again, rest = axes.from_z(axes.to_z(sliders))
    assert np.allclose(again, sliders, atol=1e-5)
    assert np.allclose(rest, 0, atol=1e-5)


def test_raw_dimensions_are_dimensions() -> None:
    axes = raw_dimensions(np.zeros(4), np.array([1, 2, 3, 4]), [3, 1])
    assert axes.names == ("z[3]", "z[1]")
    assert axes.name == "raw"
    assert np.allclose(axes.to_z([[1, -1]]), [[0, -2, 0, 4]])


def test_axes_that_are_not_orthogonal_go_back_by_the_pseudo_inverse() -> None:
    axes = Axes(mean=np.zeros(3, np.float32), axes=np.array([[1, 0, 0], [1, 1, 0]], np.float32), stdev=np.ones(2, np.float32))
    sliders, residual = axes.from_z(axes.to_z([[0.5, -2]], [[0, 0, 7]]))
    assert np.allclose(sliders, [[0.5, -2]], atol=1e-6)
    assert np.allclose(residual, [[0, 0, 7]], atol=1e-6)


def test_a_file_gives_back_the_same_axes(tmp_path: Path) -> None:
    axes, path = fit_pca(latents(), 5), tmp_path / "axes.npz"
    axes.write(path)
    again = read_axes(path)
    for field in ("mean", "axes", "stdev", "share"):
        assert np.array_equal(getattr(axes, field), getattr(again, field))
    assert [p.name for p in tmp_path.iterdir()] == ["axes.npz"]


def refused(**fields: Any) -> str:
    good: dict[str, Any] = {"mean": np.zeros(4), "axes": np.eye(4)[:2], "stdev": np.ones(2)}
    with pytest.raises(ZlideError) as error:
        Axes(**{**good, **fields})
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"mean": np.zeros(5)}, "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found mean (5,), expected (4,)"),
        ({"stdev": np.ones(3)}, "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found stdev (3,), expected (2,)"),
        ({"axes": np.eye(4)[0]}, "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found axes (4,)"),
        ({"mean": np.full(4, np.nan)}, "axes pca: mean holds NaN or infinity; compute the axes again from finite latents"),
        ({"stdev": np.array([1, 0])}, "axes pca: axis 2 carries no variance: its standard deviation is 0; keep 1"),
        ({"names": ("one",)}, "axes pca: expected 2 names, one for each axis, found 1"),
        ({"axes": np.ones((2, 4))}, "axes pca: expected 2 independent axes, found rank 1; leave out axes that others already span"),
    ],
)
def test_axes_that_cannot_be(fields: dict[str, object], line: str) -> None:
    assert refused(**fields).startswith(line)


def test_a_dead_axis_is_refused_by_its_number() -> None:
    with pytest.raises(ZlideError, match=r"^axes pca: axis 5 carries no variance: its share is .*; keep 4 axes, or give more latents$"):
        fit_pca(latents(5), 5)  # five sentences have four axes


@pytest.mark.parametrize(
    ("data", "keep", "line"),
    [
        (latents(4), 5, "axes pca: 5 axes cannot come from 4 latents of 8 dimensions; give more latents or keep fewer axes"),
        (latents()[0], 2, "axes pca: expected finite latents (N, Z), found (8,); check the encoder for NaN"),
        (np.full((9, 3), np.nan), 2, "axes pca: expected finite latents (N, Z), found (9, 3); check the encoder for NaN"),
    ],
)
def test_latents_that_give_no_axes(data: Data, keep: int, line: str) -> None:
    with pytest.raises(ZlideError) as error:
        fit_pca(data, keep)
    assert str(error.value) == line


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "axes.npz"

    def says() -> str:
        with pytest.raises(ZlideError) as error:
            read_axes(path)
        assert str(error.value).endswith("; write them with Axes.write or np.savez")
        return str(error.value).removeprefix(f"{path}: expected arrays mean, axes, stdev and share, found: ")

    assert "No such file" in says()
    path.write_bytes(b"nothing of the kind")
    assert says()
    np.savez(path, mean=np.zeros(4), axes=np.eye(4))
    assert "stdev" in says()
    np.savez(path, mean=np.zeros(4), axes=np.array([object()]), stdev=np.ones(1), allow_pickle=True)
    assert "pickle" in says().lower() or "object" in says().lower()  # never unpickled
    fit_pca(latents(), 3).write(path)
    path.write_bytes(path.read_bytes()[:300])
    assert says()
