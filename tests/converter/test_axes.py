"""Sliders and z are two spellings of one position; axes that cannot be are refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA

from zlide.axes import Axes, fit_pca_up_to, fit_pca, raw_dimensions, read_axes
from zlide.errors import ZlideError

Data = NDArray[np.float64]


def latents(count: int = 400, wide: int = 8) -> Data:
    random = np.random.default_rng(3)
    drawn: Data = random.normal(size=(count, wide)) * np.linspace(3, 0.5, wide) + random.normal(
        size=wide
    )
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


@pytest.mark.parametrize(
    "axes",
    [fit_pca(latents(), 5), raw_dimensions(latents().mean(0), latents().std(0), [6, 0, 2])],
    ids=["pca", "raw"],
)
def test_there_and_back_again(axes: Axes) -> None:
    z = latents(50).astype(np.float32)
    sliders, residual = axes.from_z(z)
    assert np.allclose(axes.to_z(sliders, residual), z, atol=1e-5)
    assert np.allclose(
        residual @ axes.scaled.T, 0, atol=1e-3
    )  # the residual is what the axes do not span
    again, rest = axes.from_z(axes.to_z(sliders))
    assert np.allclose(again, sliders, atol=1e-5)
    assert np.allclose(rest, 0, atol=1e-5)


def test_raw_dimensions_are_dimensions() -> None:
    axes = raw_dimensions(np.zeros(4), np.array([1, 2, 3, 4]), [3, 1])
    assert axes.names == ("z[3]", "z[1]")
    assert axes.name == "raw"
    assert np.allclose(axes.to_z([[1, -1]]), [[0, -2, 0, 4]])


def test_axes_that_are_not_orthogonal_go_back_by_the_pseudo_inverse() -> None:
    axes = Axes(
        mean=np.zeros(3, np.float32),
        axes=np.array([[1, 0, 0], [1, 1, 0]], np.float32),
        stdev=np.ones(2, np.float32),
    )
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


def test_a_file_keeps_what_is_said_of_the_axes(tmp_path: Path) -> None:
    fitted, path = fit_pca(latents(), 3), tmp_path / "axes.npz"
    axes = replace(
        fitted, names=("mood", "axis 2", "length"), notes=(None, None, "Longer towards +.")
    )
    axes.write(path)
    assert read_axes(path).names == axes.names
    assert read_axes(path).notes == axes.notes
    replace(raw_dimensions(np.zeros(4), np.ones(4), [3, 1]), notes=("a", None)).write(path)
    assert (read_axes(path).names, read_axes(path).notes) == (("z[3]", "z[1]"), ("a", None))


def refused(**fields: Any) -> str:
    good: dict[str, Any] = {"mean": np.zeros(4), "axes": np.eye(4)[:2], "stdev": np.ones(2)}
    with pytest.raises(ZlideError) as error:
        Axes(**{**good, **fields})
    return str(error.value)


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        (
            {"mean": np.zeros(5)},
            "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found mean (5,), expected (4,)",
        ),
        (
            {"stdev": np.ones(3)},
            "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found stdev (3,), expected (2,)",
        ),
        (
            {"mean": None},
            "axes pca, mean: expected numbers, found None; give an array, a tensor or lists of numbers",
        ),
        (
            {"axes": [[1, 2], [3]]},
            "axes pca, axes: expected numbers, found list: setting an array element with a sequence; ",
        ),
        (
            {"axes": np.eye(4)[0]},
            "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found axes (4,)",
        ),
        (
            {"mean": np.full(4, np.nan)},
            "axes pca: mean holds NaN or infinity; compute the axes again from finite latents",
        ),
        (
            {"stdev": np.array([1, 0])},
            "axes pca: axis 2 carries no variance: its standard deviation is 0; leave it out",
        ),
        (
            {"mean": np.full(4, 1e300)},
            "axes pca: mean holds NaN or infinity; compute the axes again from finite latents",
        ),
        ({"names": ("one",)}, "axes pca: expected 2 names, one for each axis, found ('one',)"),
        ({"names": "ab"}, "axes pca: expected 2 names, one for each axis, found 'ab'"),
        ({"names": (1, 2)}, "axes pca: expected 2 names, one for each axis, found (1, 2)"),
        (
            {"names": ("a", "a")},
            "axes pca: axes 1 and 2 are both called 'a'; give each a name of its own",
        ),
        (
            {"names": ("a" * 29, "b")},
            f"axes pca: expected a name of axis 1 in one line of 1 to 28 characters, single spaces between words, found '{'a' * 29}' of 29; shorten",
        ),
        (
            {"names": ("a", "b\nc")},
            "axes pca: expected a name of axis 2 in one line of 1 to 28 characters, single spaces ",
        ),
        (
            {"names": ("a", "")},
            "axes pca: expected a name of axis 2 in one line of 1 to 28 characters, single spaces ",
        ),
        (
            {"notes": ("one",)},
            "axes pca: expected 2 notes, one for each axis, None where there is none, found ('one',)",
        ),
        (
            {"notes": (None, "a " * 200)},
            "axes pca: expected a note of axis 2 in one line of 1 to 240 characters, single spaces ",
        ),
        (
            {"name": "My axes"},
            "axes: expected a name in lower case, digits, - and _, found 'My axes'; rename them",
        ),
        (
            {"name": None},
            "axes: expected a name in lower case, digits, - and _, found None; rename them",
        ),
        ({"range": 0}, "axes pca: range is 0, expected a number of σ above 0; leave it out for 3"),
        (
            {"range": -1.5},
            "axes pca: range is -1.5, expected a number of σ above 0; leave it out for 3",
        ),
        (
            {"range": float("nan")},
            "axes pca: range is nan, expected a number of σ above 0; leave it out for 3",
        ),
        (
            {"range": "3"},
            "axes pca: range is '3', expected a number of σ above 0; leave it out for 3",
        ),
        (
            {"default_count": 0},
            "axes pca: default_count is 0, expected a whole number, at least 1; leave it out to show five",
        ),
        (
            {"default_count": 1.5},
            "axes pca: default_count is 1.5, expected a whole number, at least 1; leave it out to show five",
        ),
        (
            {"axes": np.ones((2, 4))},
            "axes pca: expected 2 independent axes, found rank 1; leave out axes that others already span",
        ),
    ],
)
def test_axes_that_cannot_be(fields: dict[str, object], line: str) -> None:
    assert refused(**fields).startswith(line)


def test_a_dead_axis_is_refused_by_its_number() -> None:
    with pytest.raises(
        ZlideError,
        match=r"^axes pca: axis 5 carries no variance: its share is .*; keep 4 axes, or give more latents$",
    ):
        fit_pca(latents(5), 5)  # five sentences have four axes


def test_of_axes_without_variance_only_the_living_are_kept() -> None:
    few, axes = latents(5), fit_pca_up_to(latents(5), 16)  # five sentences have four axes
    assert axes.count == 4
    assert np.array_equal(axes.axes, fit_pca(few, 4).axes)
    assert fit_pca_up_to(latents(), 3).count == 3
    with pytest.raises(ZlideError) as error:
        fit_pca_up_to(np.ones((9, 3)), 16)
    assert (
        str(error.value)
        == "axes pca: axis 1 carries no variance: its share is 0.0e+00; give latents that differ"
    )


@pytest.mark.filterwarnings("error")  # NumPy's would be a second line
@pytest.mark.parametrize(
    ("data", "keep", "line"),
    [
        (
            latents(4),
            5,
            "axes pca: 5 axes cannot come from 4 latents of 8 dimensions; give more latents or keep fewer axes",
        ),
        (
            latents()[0],
            2,
            "axes pca: expected latents (N, Z), found (8,); give the posterior means, one a row",
        ),
        (
            np.full((9, 3), np.nan),
            2,
            "axes pca: the latents hold NaN or infinity; check the encoder",
        ),
        (
            np.ones((9, 3)),
            2,
            "axes pca: axis 1 carries no variance: its share is 0.0e+00; give latents that differ",
        ),
        (
            None,
            2,
            "axes pca: expected numbers, found None; give an array, a tensor or lists of numbers",
        ),
        (
            latents() + 1j,
            2,
            "axes pca: expected numbers, found ndarray of complex128; give an array, a tensor or lists of numbers",
        ),
        (
            latents(),
            0,
            "axes pca: keep is 0, expected a whole number of axes, at least 1; leave it out for 16",
        ),
        (
            latents(),
            2.5,
            "axes pca: keep is 2.5, expected a whole number of axes, at least 1; leave it out for 16",
        ),
    ],
)
def test_latents_that_give_no_axes(data: Any, keep: Any, line: str) -> None:
    with pytest.raises(ZlideError) as error:
        fit_pca(data, keep)
    assert str(error.value) == line


DATA = torch.tensor(latents(), requires_grad=True)


@pytest.mark.parametrize(
    "given",
    [
        DATA,
        DATA.float(),
        DATA.T.contiguous().T,
        [row.float() for row in DATA],
        DATA.tolist(),
        latents().astype(np.float32),
        tuple(latents()),
    ],
    ids=["gradients", "float32", "turned", "list of tensors", "lists", "array", "tuple of arrays"],
)
def test_latents_come_as_people_have_them(given: Any) -> None:
    expected, axes = fit_pca(latents(), 3), fit_pca(given, 3)
    for field in ("mean", "axes", "stdev", "share"):
        assert np.allclose(getattr(axes, field), getattr(expected, field), atol=1e-5)
    assert DATA.requires_grad


def test_half_precision_is_read_too() -> None:
    axes = fit_pca(DATA.bfloat16(), 3)
    assert np.allclose(np.abs(axes.axes), np.abs(fit_pca(latents(), 3).axes), atol=0.05)


def test_single_dimensions_come_as_tensors_too() -> None:
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
def test_dimensions_that_there_are_not(dimensions: Any, found: str) -> None:
    with pytest.raises(ZlideError) as error:
        raw_dimensions(np.zeros(4), np.ones(4), dimensions)
    assert str(error.value).startswith(
        f"axes raw: expected different dimensions from 0 to 3, found {found}"
    )
    assert str(error.value).endswith("; give at least one, and each once")
    assert len(str(error.value)) < 160


@pytest.mark.parametrize(
    ("mean", "stdev", "dimensions", "line"),
    [
        (
            np.zeros(4),
            np.ones(3),
            [0],
            "axes raw: expected mean (Z,) and stdev (Z,), found (4,) and (3,); ",
        ),
        (0, 1, [0], "axes raw: expected mean (Z,) and stdev (Z,), found () and (); "),
        (np.zeros(4), None, [0], "axes raw, stdev: expected numbers, found None; "),
        (np.zeros(4), np.ones(4), None, "axes raw, dimensions: expected numbers, found None; "),
        (
            np.zeros(2),
            np.ones(2),
            [True, False],
            "axes raw, dimensions: expected numbers, found list of bool; ",
        ),
        (
            np.zeros(4),
            np.array([1, 0, 1, 1]),
            [0, 1],
            "axes raw: axis 2 carries no variance: its standard deviation is 0; leave it out",
        ),
        (
            torch.zeros(4, device="meta"),
            np.ones(4),
            [0],
            "axes raw, mean: expected numbers, found Tensor: ",
        ),
    ],
)
def test_what_gives_no_single_dimensions(mean: Any, stdev: Any, dimensions: Any, line: str) -> None:
    with pytest.raises(ZlideError) as error:
        raw_dimensions(mean, stdev, dimensions)
    assert str(error.value).startswith(line)


def test_settings_of_numpy_become_pythons() -> None:
    axes = Axes(
        np.zeros(4),
        np.eye(4)[:2],
        np.ones(2),
        names=["a", "b"],
        default_count=np.int64(1),
        range=np.float32(2.5),
    )  # type: ignore[arg-type]
    assert (axes.names, type(axes.default_count), type(axes.range), axes.range) == (
        ("a", "b"),
        int,
        float,
        2.5,
    )


def test_files_that_are_none(tmp_path: Path) -> None:
    path = tmp_path / "axes.npz"

    def says() -> str:
        with pytest.raises(ZlideError) as error:
            read_axes(path)
        assert str(error.value).endswith("; write them with Axes.write or np.savez")
        return str(error.value).removeprefix(
            f"{path}: expected arrays mean, axes, stdev and share, found: "
        )

    assert says() == "No such file or directory; write them with Axes.write or np.savez"
    path.write_bytes(b"nothing of the kind")
    assert says()
    np.savez(path, mean=np.zeros(4), axes=np.eye(4))
    assert says().startswith("no stdev; ")
    np.savez(path, mean=np.zeros(4), axes=np.eye(4), stdev=np.ones(4), scale=np.ones(4))
    assert says().startswith("also scale; ")
    np.savez(path, mean=np.zeros(4), axes=np.array([object()]), stdev=np.ones(1), allow_pickle=True)
    assert "pickle" in says().lower() or "object" in says().lower()  # never unpickled
    fit_pca(latents(), 3).write(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:300])
    assert says().startswith("a damaged file, or one of another kind; ")
    entry = whole.index(b"PK\x01\x02")
    for place, byte in ((8, 1), (10, 99)):  # with a password; packed in a way that nobody knows
        path.write_bytes(whole[: entry + place] + bytes([byte]) + whole[entry + place + 1 :])
        assert says()


GOOD: dict[str, Any] = {
    "mean": np.zeros(4),
    "axes": np.eye(4)[:2],
    "stdev": np.ones(2),
    "share": np.ones(2) / 2,
}


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"mean": np.zeros(5)},
            "axes pca: expected axes (K, Z), mean (Z,), stdev (K,), found mean (5,), expected (4,); write them with",
        ),
        (
            {"mean": np.full(4, np.nan)},
            "axes pca: mean holds NaN or infinity; compute the axes again from finite latents",
        ),
        (
            {"stdev": np.zeros(2)},
            "axes pca: axis 1 carries no variance: its standard deviation is 0; leave it out",
        ),
        (
            {"mean": np.array(["a"] * 4)},
            "axes pca, mean: expected numbers, found ndarray of <U1; give an array, a tensor or lists of numbers",
        ),
        (
            {"name": np.array("raw"), "names": np.array(["z[0]"])},
            "axes raw: expected 2 names, one for each axis, found ('z[0]',); write them with",
        ),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_file_of_axes_that_cannot_be_is_named(
    change: dict[str, Any], line: str, tmp_path: Path
) -> None:
    path = tmp_path / "raw.npz"
    np.savez(path, **{**GOOD, **change})
    with pytest.raises(ZlideError) as error:
        read_axes(path)
    assert str(error.value).startswith(f"{path}: {line}")
