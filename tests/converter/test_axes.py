"""Axes map sliders to z and back, and invalid axes are refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from tests.refusal import refusal
from zlide.axes import Axes, fit_pca, fit_pca_up_to, raw_dimensions, read_axes

Data = NDArray[np.float64]


def latents(count: int = 400, size: int = 8) -> Data:
    rng = np.random.default_rng(3)
    centred: Data = rng.normal(size=(count, size)) * np.linspace(3, 0.5, size)
    return centred + rng.normal(size=size)


def test_pca_gives_the_components_of_scikit_learn() -> None:
    data = latents()
    axes, pca = fit_pca(data, 5), PCA(5).fit(data)
    assert np.allclose(axes.mean, pca.mean_, atol=1e-6)
    assert np.allclose(axes.axes, pca.components_, atol=1e-5)
    assert np.allclose(axes.stdev, np.sqrt(pca.explained_variance_), rtol=1e-5)
    assert axes.share is not None
    assert np.allclose(axes.share, pca.explained_variance_ratio_, rtol=1e-5)
    assert axes.names == ("axis 1", "axis 2", "axis 3", "axis 4", "axis 5")


def test_sliders_are_in_standard_deviations() -> None:
    data = latents()
    axes = fit_pca(data, 4)
    sliders, _ = axes.from_z(data)
    assert np.allclose(sliders.mean(axis=0), 0, atol=1e-4)
    assert np.allclose(sliders.std(axis=0, ddof=1), 1, atol=1e-4)
    step = axes.to_z([[0, 2, 0, 0]])[0] - axes.mean
    assert np.allclose(step, 2 * axes.stdev[1] * axes.axes[1], atol=1e-6)


@pytest.mark.parametrize(
    "axes",
    [fit_pca(latents(), 5), raw_dimensions(latents().mean(0), latents().std(0), [6, 0, 2])],
    ids=["pca", "raw"],
)
def test_from_z_and_to_z_are_inverse(axes: Axes) -> None:
    z = latents(50).astype(np.float32)
    sliders, residual = axes.from_z(z)
    assert np.allclose(axes.to_z(sliders, residual), z, atol=1e-5)
    assert np.allclose(residual @ axes.scaled.T, 0, atol=1e-3)  # orthogonal to the axes
    sliders_again, residual_again = axes.from_z(axes.to_z(sliders))
    assert np.allclose(sliders_again, sliders, atol=1e-5)
    assert np.allclose(residual_again, 0, atol=1e-5)


def test_raw_dimensions_move_single_dimensions_of_z() -> None:
    axes = raw_dimensions(np.zeros(4), np.array([1, 2, 3, 4]), [3, 1])
    assert axes.names == ("z[3]", "z[1]")
    assert axes.name == "raw"
    assert np.allclose(axes.to_z([[1, -1]]), [[0, -2, 0, 4]])


def test_from_z_inverts_axes_that_are_not_orthogonal() -> None:
    axes = Axes(
        mean=np.zeros(3, np.float32),
        axes=np.array([[1, 0, 0], [1, 1, 0]], np.float32),
        stdev=np.ones(2, np.float32),
    )
    sliders, residual = axes.from_z(axes.to_z([[0.5, -2]], [[0, 0, 7]]))
    assert np.allclose(sliders, [[0.5, -2]], atol=1e-6)
    assert np.allclose(residual, [[0, 0, 7]], atol=1e-6)


def test_reads_the_axes_that_it_wrote(tmp_path: Path) -> None:
    axes, path = fit_pca(latents(), 5), tmp_path / "axes.npz"
    axes.write(path)
    read = read_axes(path)
    for field in ("mean", "axes", "stdev", "share"):
        assert np.array_equal(getattr(axes, field), getattr(read, field))
    assert [p.name for p in tmp_path.iterdir()] == ["axes.npz"]


def test_files_keep_names_and_notes(tmp_path: Path) -> None:
    fitted, path = fit_pca(latents(), 3), tmp_path / "axes.npz"
    axes = replace(
        fitted, names=("mood", "axis 2", "length"), notes=(None, None, "Longer towards +.")
    )
    axes.write(path)
    assert read_axes(path).names == axes.names
    assert read_axes(path).notes == axes.notes
    replace(raw_dimensions(np.zeros(4), np.ones(4), [3, 1]), notes=("a", None)).write(path)
    assert (read_axes(path).names, read_axes(path).notes) == (("z[3]", "z[1]"), ("a", None))


VALID: dict[str, Any] = {"mean": np.zeros(4), "axes": np.eye(4)[:2], "stdev": np.ones(2)}


@pytest.mark.parametrize(
    ("fields", "found", "remedy"),
    [
        ({"mean": np.zeros(5)}, "mean (5,), expected (4,)", ""),
        ({"stdev": np.ones(3)}, "stdev (3,), expected (2,)", ""),
        ({"axes": np.eye(4)[0]}, "axes (4,)", ""),
        ({"mean": np.full(4, np.nan)}, "NaN or infinity in mean", "finite latents"),
        ({"mean": np.full(4, 1e300)}, "NaN or infinity in mean", "finite latents"),
        ({"stdev": np.array([1, 0])}, "axis 2 carries no variance", "leave it out"),
        ({"axes": np.ones((2, 4))}, "found rank 1", "leave out axes"),
        ({"names": ("one",)}, "expected 2 names, one for each axis, found ('one',)", ""),
        ({"names": "ab"}, "expected 2 names, one for each axis, found 'ab'", ""),
        ({"names": (1, 2)}, "expected 2 names, one for each axis, found (1, 2)", ""),
        ({"names": ("a", "a")}, "axes 1 and 2 are both called 'a'", "own name"),
        ({"names": ("a" * 29, "b")}, f"1 to 28 characters, .* found '{'a' * 29}' of 29", "shorten"),
        ({"names": ("a", "b\nc")}, "name of axis 2 in one line of 1 to 28 characters", "correct"),
        ({"names": ("a", "")}, "name of axis 2 in one line of 1 to 28 characters", "correct"),
        ({"notes": ("one",)}, "expected 2 notes, one for each axis, found ('one',)", "None"),
        ({"notes": (None, "a " * 200)}, "note of axis 2 in one line of 1 to 240 chara", "shorten"),
        ({"range": 0}, "range is 0,", "leave it out for 3"),
        ({"range": -1.5}, "range is -1.5,", "leave it out for 3"),
        ({"range": float("nan")}, "range is nan,", "leave it out for 3"),
        ({"range": "3"}, "range is '3',", "leave it out for 3"),
        ({"default_count": 0}, "default_count is 0,", "leave it out"),
        ({"default_count": 1.5}, "default_count is 1.5,", "leave it out"),
    ],
)
def test_refuses_invalid_axes(fields: dict[str, object], found: str, remedy: str) -> None:
    error = refusal(Axes, **{**VALID, **fields})
    assert error.where == "axes pca"
    assert re.search(re.escape(found).replace(r"\.\*", ".*"), error.problem)
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("fields", "where", "found"),
    [
        ({"mean": None}, "axes pca, mean", "None"),
        ({"axes": [[1, 2], [3]]}, "axes pca, axes", "list: setting an array element"),
        ({"name": "My axes"}, "axes", "'My axes'"),
        ({"name": None}, "axes", "None"),
    ],
)
def test_refuses_values_of_other_types(fields: dict[str, object], where: str, found: str) -> None:
    error = refusal(Axes, **{**VALID, **fields})
    assert error.where == where
    assert f"found {found}" in error.problem
    assert error.remedy


def test_refuses_an_axis_without_variance_by_its_number() -> None:
    error = refusal(fit_pca, latents(5), 5)  # five latents span four axes
    assert error.where == "axes pca"
    assert error.problem.startswith("axis 5 carries no variance: its share is ")
    assert "keep 4 axes" in error.remedy


def test_fit_pca_up_to_keeps_only_axes_with_variance() -> None:
    few, axes = latents(5), fit_pca_up_to(latents(5), 16)  # five latents span four axes
    assert axes.count == 4
    assert np.array_equal(axes.axes, fit_pca(few, 4).axes)
    assert fit_pca_up_to(latents(), 3).count == 3
    error = refusal(fit_pca_up_to, np.ones((9, 3)), 16)
    assert error.problem == "axis 1 carries no variance: its share is 0.0e+00"
    assert "latents that differ" in error.remedy


@pytest.mark.filterwarnings("error")  # warnings of NumPy would print more lines
@pytest.mark.parametrize(
    ("data", "keep", "found", "remedy"),
    [
        (latents(4), 5, "4 latents of 8 dimensions, found keep=5", "keep fewer"),
        (latents()[0], 2, "found (8,)", "posterior means"),
        (np.full((9, 3), np.nan), 2, "NaN or infinity", "encoder"),
        (np.ones((9, 3)), 2, "axis 1 carries no variance: its share is 0.0e+00", "that differ"),
        (None, 2, "found None", "array"),
        (latents() + 1j, 2, "found ndarray of complex128", "array"),
        (latents(), 0, "keep is 0,", "leave it out for 16"),
        (latents(), 2.5, "keep is 2.5,", "leave it out for 16"),
    ],
)
def test_refuses_latents_without_axes(data: Any, keep: Any, found: str, remedy: str) -> None:
    error = refusal(fit_pca, data, keep)
    assert error.where == "axes pca"
    assert found in error.problem
    assert remedy in error.remedy


DATA = torch.tensor(latents(), requires_grad=True)


@pytest.mark.parametrize(
    "data",
    [
        DATA,
        DATA.float(),
        DATA.T.contiguous().T,
        [row.float() for row in DATA],
        DATA.tolist(),
        latents().astype(np.float32),
        tuple(latents()),
    ],
    ids=[
        "gradients",
        "float32",
        "transposed",
        "list of tensors",
        "lists",
        "array",
        "tuple of arrays",
    ],
)
def test_accepts_latents_of_every_numeric_type(data: Any) -> None:
    expected, axes = fit_pca(latents(), 3), fit_pca(data, 3)
    for field in ("mean", "axes", "stdev", "share"):
        assert np.allclose(getattr(axes, field), getattr(expected, field), atol=1e-5)
    assert DATA.requires_grad


def test_accepts_latents_in_bfloat16() -> None:
    axes = fit_pca(DATA.bfloat16(), 3)
    assert np.allclose(np.abs(axes.axes), np.abs(fit_pca(latents(), 3).axes), atol=0.05)


def test_raw_dimensions_accept_tensors() -> None:
    axes = raw_dimensions(DATA.mean(0), DATA.std(0), torch.tensor([6, 0]))  # type: ignore[arg-type]
    assert axes.names == ("z[6]", "z[0]")
    assert np.allclose(axes.stdev, latents().std(0, ddof=1)[[6, 0]], rtol=1e-5)


@pytest.mark.parametrize(
    ("dimensions", "found"),
    [
        ([4], "[4]"),
        ([0, -1], "[0, -1]"),
        ([1, 1], "[1, 1]"),
        ([], "[]"),
        ([0.5], "[0.5]"),
        (2, "2"),
        (range(60), "[0, 1, 2,"),
    ],
)
def test_refuses_unknown_and_repeated_dimensions(dimensions: Any, found: str) -> None:
    error = refusal(raw_dimensions, np.zeros(4), np.ones(4), dimensions)
    assert error.where == "axes raw"
    assert f"from 0 to 3, found {found}" in error.problem
    assert "each once" in error.remedy
    assert len(str(error)) < 160


@pytest.mark.parametrize(
    ("mean", "stdev", "dimensions", "where", "found"),
    [
        (np.zeros(4), np.ones(3), [0], "axes raw", "found (4,) and (3,)"),
        (0, 1, [0], "axes raw", "found () and ()"),
        (np.zeros(4), None, [0], "axes raw, stdev", "found None"),
        (np.zeros(4), np.ones(4), None, "axes raw, dimensions", "found None"),
        (np.zeros(2), np.ones(2), [True, False], "axes raw, dimensions", "found list of bool"),
        (np.zeros(4), np.array([1, 0, 1, 1]), [0, 1], "axes raw", "axis 2 carries no variance"),
        (torch.zeros(4, device="meta"), np.ones(4), [0], "axes raw, mean", "found Tensor: "),
    ],
)
def test_refuses_invalid_arguments_of_raw_dimensions(
    mean: Any, stdev: Any, dimensions: Any, where: str, found: str
) -> None:
    error = refusal(raw_dimensions, mean, stdev, dimensions)
    assert error.where == where
    assert found in error.problem
    assert error.remedy


def test_converts_settings_from_numpy_types() -> None:
    settings: dict[str, Any] = {
        "names": ["a", "b"],
        "default_count": np.int64(1),
        "range": np.float32(2.5),
    }
    axes = Axes(**VALID, **settings)
    assert (axes.names, axes.default_count, axes.range) == (("a", "b"), 1, 2.5)
    assert (type(axes.default_count), type(axes.range)) == (int, float)


def test_refuses_files_without_axes(tmp_path: Path) -> None:
    path = tmp_path / "axes.npz"

    def found() -> str:
        error = refusal(read_axes, path)
        assert error.where == str(path)
        assert "Axes.write" in error.remedy
        return error.problem.partition("found: ")[2]

    assert found() == "No such file or directory"
    path.write_bytes(b"nothing of the kind")
    assert found()
    np.savez(path, mean=np.zeros(4), axes=np.eye(4))
    assert found() == "no stdev"
    np.savez(path, mean=np.zeros(4), axes=np.eye(4), stdev=np.ones(4), scale=np.ones(4))
    assert found() == "also scale"
    np.savez(path, mean=np.zeros(4), axes=np.array([object()]), stdev=np.ones(1), allow_pickle=True)
    assert re.search("pickle|object", found(), re.IGNORECASE)  # never unpickled
    fit_pca(latents(), 3).write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:300])
    assert "damaged file" in found()
    entry = whole.index(b"PK\x01\x02")
    for offset, byte in ((8, 1), (10, 99)):  # a password; an unknown compression
        path.write_bytes(whole[: entry + offset] + bytes([byte]) + whole[entry + offset + 1 :])
        assert found()


@pytest.mark.parametrize(
    ("change", "part", "found", "remedy"),
    [
        ({"mean": np.zeros(5)}, "axes pca", "mean (5,), expected (4,)", "Axes.write"),
        ({"mean": np.full(4, np.nan)}, "axes pca", "NaN or infinity in mean", "finite latents"),
        ({"stdev": np.zeros(2)}, "axes pca", "axis 1 carries no variance", "leave it out"),
        ({"mean": np.array(["a"] * 4)}, "axes pca, mean", "found ndarray of <U1", "array"),
        (
            {"name": np.array("raw"), "names": np.array(["z[0]"])},
            "axes raw",
            "expected 2 names, one for each axis, found ('z[0]',)",
            "Axes.write",
        ),
    ],
    ids=["mean", "finite", "stdev", "text", "names"],
)
def test_refuses_files_with_invalid_axes(
    change: dict[str, Any], part: str, found: str, remedy: str, tmp_path: Path
) -> None:
    path = tmp_path / "raw.npz"
    np.savez(path, **{**VALID, "share": np.ones(2) / 2, **change})
    error = refusal(read_axes, path)
    assert error.where == str(path)
    assert error.problem.startswith(f"{part}: ")
    assert found in error.problem
    assert remedy in error.remedy
