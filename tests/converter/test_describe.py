"""Descriptions match decoders by hand, whose axes do one known thing each."""

from __future__ import annotations

import json
import math
import re
import runpy
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from zlide.axes import MAX_NOTE_LENGTH, Axes
from zlide.bundle.folder import read_bundle
from zlide.checkpoint import CONFIG, read_checkpoint
from zlide.cli import main
from zlide.describe.describe import AxisDescription, describe
from zlide.describe.effects import BinaryFeature, ContinuousFeature, Feature, find_effects
from zlide.describe.pictures import colour_word, count_spot_pixels, picture_features
from zlide.describe.sentences import is_question, sentence_features

GOLDEN = Path(__file__).parents[1] / "golden"
HUES = json.loads((GOLDEN / "hues.json").read_text("utf-8"))

Z = NDArray[np.float32]

AXES = Axes(
    mean=np.zeros(4, np.float32), axes=np.eye(4, dtype=np.float32)[:3], stdev=np.ones(3, np.float32)
)
NO_RESIDUALS: Z = np.zeros((0, 4), np.float32)


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


def hash_noise(z: Z, salt: float) -> NDArray[np.float64]:
    """Return a pseudo-random number in [0, 1) for every z."""
    return np.asarray(
        np.modf(
            np.abs(np.sin((z * 1e4).round() @ np.array([12.9898, 78.233, 37.719, 4.581]) + salt))
            * 43758.5453
        )[0],
        np.float64,
    )


def sentence(row: Z, music: bool, noise: float) -> list[str]:
    """Return words: half about birds, at random; longer at the end of the second axis."""
    words = ["the", "bird" if noise < 0.5 else "cat", "sings"]
    return words + ["music"] * music + ["very", "very", "loud"] * int(row[1] > 1.5)


def extract_sentences(z: Z) -> list[Feature]:
    """Along the first axis “music” rises from 2% to 60% of the sentences; the third is noise."""
    flat = z.reshape(-1, 4)
    musical = hash_noise(flat, 1) < np.interp(flat[:, 0], [-2, 2], [0.02, 0.6])
    return sentence_features(
        [
            sentence(row, bool(has_music), noise)
            for row, has_music, noise in zip(flat, musical, hash_noise(flat, 2), strict=True)
        ]
    )


def extract_pictures(z: Z) -> list[Feature]:
    """Along the first axis the left half gets lighter by 20%; the others are noise."""
    flat = z.reshape(-1, 4)
    pixels = (
        np.full((len(flat), 16, 16, 1), 0.5, np.float32)
        + 0.2 * hash_noise(flat, 3).astype(np.float32)[:, None, None, None]
    )
    pixels[:, :, :8] += flat[:, 0, None, None, None] / 20
    return picture_features(pixels.reshape(2, -1, 16, 16, 1))


@pytest.fixture(scope="module")
def sentences() -> list[AxisDescription]:
    return describe(AXES, extract_sentences, NO_RESIDUALS, samples="sentences")


def test_finds_the_word_that_an_axis_adds_with_its_shares(
    sentences: list[AxisDescription],
) -> None:
    first, second, third = sentences
    (music,) = first.effects[:1]
    assert music.feature.more == "“music”"
    assert music.low == pytest.approx(0.02, abs=0.02)
    assert music.high == pytest.approx(0.6, abs=0.07)
    assert music.size == pytest.approx(
        2 * (math.asin(math.sqrt(music.high)) - math.asin(math.sqrt(music.low)))
    )
    assert [effect.feature.more for effect in first.effects] == [
        "“music”",
        "longer",
    ]  # longer by the added word
    shares = f"{music.low:.0%} → {music.high:.0%} of sentences"
    assert first.note == (
        "Towards −: shorter (3.8 words → 3.2 words); "
        f"towards +: “music” ({shares}), longer (3.2 words → 3.8 words)."
    )
    assert first.name == "shorter ↔ “music”"
    assert second.name == "shorter ↔ longer"
    assert [effect.feature.more for effect in second.effects] == [
        "longer"
    ]  # “very” and “loud” correlate with it
    assert second.effects[0].summary() == "longer 3.3 words → 6.3 words ± 0.0, d +5.93"
    assert (third.name, third.note, third.effects) == (None, None, [])


def test_finds_a_lighter_half_and_ignores_noise() -> None:
    first, second, third = describe(AXES, extract_pictures, NO_RESIDUALS)
    assert first.name == "lighter right ↔ lighter left"
    contrast = next(effect for effect in first.effects if effect.feature.more == "lighter left")
    assert contrast.low == pytest.approx(-0.1, abs=0.001)
    assert contrast.high == pytest.approx(0.1, abs=0.001)
    assert contrast.size == pytest.approx(
        0.2 / 0.02
    )  # the deviation is 0, so the smallest visible difference replaces it
    assert [effect.feature.more for effect in first.effects] == [
        "lighter left",
        "lighter",
    ]  # the regions on the left correlate with it
    assert (second.note, third.note) == (None, None)


def shares(low: float, high: float, count: int = 500) -> BinaryFeature:
    """Return a feature with these shares of `count` samples at the two ends."""
    return BinaryFeature(
        "it", np.array([np.arange(count) < low * count, np.arange(count) < high * count])
    )


def test_effect_sizes_are_cohens() -> None:
    size, error, z = shares(0.25, 0.5).test()
    assert size == pytest.approx(math.pi / 6)  # the arcsines of the roots are π/6 and π/4
    assert error == pytest.approx(
        math.sqrt(0.25 * 0.75 / 500)
    )  # a quarter of the pairs change, all in one direction
    assert z == pytest.approx(124 / math.sqrt(125))
    draws = np.random.default_rng(0)
    low = draws.normal(size=100_000)
    size, error, z = ContinuousFeature(
        "more",
        "less",
        np.array([low, low + 1 + draws.normal(size=100_000) * 0.1]),
        min_difference=0.01,
    ).test()
    assert size == pytest.approx(
        1, abs=0.02
    )  # in deviations of the samples, not of the differences
    assert error == pytest.approx(0.1 / math.sqrt(100_000), rel=0.02)
    assert z == pytest.approx(math.sqrt(1e7), rel=0.02)


def test_leaves_out_insignificant_small_and_invisible_effects() -> None:
    assert find_effects([shares(0.25, 0.5)], 16) != []
    assert find_effects([shares(0.25, 0.3)], 16) == []  # significant, but h is 0.11
    assert (
        find_effects([shares(0.25, 0.5, count=20)], 16) == []
    )  # five of twenty are not significant
    draws = np.random.default_rng(1)
    values = draws.normal(size=(1, 500)) * 0.001 + np.array([[0.5], [0.51]])
    assert (
        find_effects([ContinuousFeature("lighter", "darker", values, min_difference=0.02)], 1) == []
    )  # 1% of white
    noise = [BinaryFeature(str(i), draws.random((2, 500)) < 0.3) for i in range(2000)]
    assert find_effects(noise, 1) == []


@pytest.mark.parametrize(
    "text",
    ["who is that", "what's this", "are you here", "do you know", "isn't it late", "how are you"],
)
def test_recognizes_questions(text: str) -> None:
    assert is_question(text.split())


@pytest.mark.parametrize(
    "text", ["", "do it", "have a seat", "you are here", "is", "don't this", "the music is calm"]
)
def test_recognizes_sentences_that_are_not_questions(text: str) -> None:
    assert not is_question(text.split())


def test_finds_persons_and_tenses() -> None:
    low = [["you", "will", "sing"]] * 40
    high = [["i'm", "she"], ["he's", "was"]] * 20
    shares_of = {
        feature.more: tuple(feature.values.mean(1)) for feature in sentence_features(low + high)
    }
    assert shares_of["you, your"] == shares_of["the future"] == (1, 0)
    assert (
        shares_of["I, me, my"]
        == shares_of["she, her"]
        == shares_of["he, him, his"]
        == shares_of["past tense"]
        == (0, 0.5)
    )


@pytest.mark.parametrize(
    ("colour", "word"),
    [
        ((0, 0, 0), "black"),
        ((0.3, 0.31, 0.32), "dark grey"),
        ((1, 1, 1), "white"),
        ((0.42, 0.34, 0.27), "brown"),
        ((0.4, 0.9, 0.4), "green"),
        ((0.42, 0.6, 0.42), "greyish green"),
        ((0.9, 0.1, 0.1), "red"),
        ((0.9, 0.1, 0.15), "red"),
        ((0.2, 0.3, 0.9), "blue"),
    ],
)
def test_colours_have_their_common_names(colour: tuple[float, float, float], word: str) -> None:
    assert colour_word(*colour) == word


@pytest.mark.parametrize("case", HUES["cases"], ids=lambda case: case["color"])
def test_vivid_colours_have_the_words_of_the_golden_file(case: dict[str, str]) -> None:
    red, green, blue = (value / 255 for value in bytes.fromhex(case["color"][1:]))
    assert colour_word(red, green, blue) == case["word"]


def test_golden_hues_are_up_to_date() -> None:
    assert json.loads(runpy.run_path(str(GOLDEN / "hues.py"))["render"]()) == HUES


def test_describes_a_change_of_colour_by_both_colours() -> None:
    pixels = np.full((2, 50, 16, 16, 3), 0.5, np.float32)
    pixels[1, :, 12:, :4] = (0.1, 0.8, 0.1)
    effects = find_effects(picture_features(pixels), 1)
    (effect,) = [effect for effect in effects if effect.feature.region]
    assert (effect.text_at(-1), effect.text_at(1)) == (
        "grey bottom far left",
        "green bottom far left",
    )


def test_bright_spots_are_small_and_light() -> None:
    pixels = np.zeros((3, 32, 32, 1), np.float32)
    pixels[0, 10:12, 10:12] = 1  # four pixels
    pixels[1, :, :] = 1  # light all over
    assert count_spot_pixels(pixels).tolist() == [4, 0, 0]


@pytest.mark.needs_conversion
def test_describe_prints_and_writes_without_overwriting(checkpoint: Path, tmp_path: Path) -> None:
    folder, facts = Path(shutil.copytree(checkpoint, tmp_path / "small")), tmp_path / "effects.json"
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    label = {"name": "my own name", "note": None}
    (folder / CONFIG).write_text(
        json.dumps({**config, "axes": {"pca": [{"name": None}, label]}}), "utf-8"
    )
    plain = zlide("describe", folder, "--positions", 200, "--json", facts)
    assert plain.exit_code == 0, plain.stderr
    assert read_checkpoint(folder).axes.names[0] == "axis 1"  # nothing is written without --write

    result = zlide("describe", folder, "--positions", 200, "--write")
    assert result.stdout.startswith(plain.stdout)  # the same seed gives the same output
    descriptions = json.loads(facts.read_text("utf-8"))
    assert [each["axis"] for each in descriptions] == [1, 2, 3, 4, 5, 6]
    axes = read_checkpoint(folder).axes
    assert axes.names[1] == "my own name"
    assert axes.notes == tuple(each["note"] for each in descriptions)
    assert all(
        axes.names[i] == (each["name"] or f"axis {i + 1}")
        for i, each in enumerate(descriptions)
        if i != 1
    )
    assert descriptions[0]["name"] in result.stdout
    assert len({*axes.names}) == 6
    assert max(len(note) for note in axes.notes if note) <= MAX_NOTE_LENGTH
    assert result.stdout.endswith("kept axis 2\n")

    assert zlide("export", folder, "--output", tmp_path / "bundle").exit_code == 0
    shown = read_bundle(tmp_path / "bundle").axes[0].axes
    assert tuple(axis.name for axis in shown) == axes.names
    assert tuple(axis.note for axis in shown) == axes.notes


def test_an_unknown_set_of_axes_is_refused(checkpoint: Path) -> None:
    result = zlide("describe", checkpoint, "--axes", "raw")
    assert (result.exit_code, result.stdout) == (1, "")
    assert re.fullmatch(r"--axes: .*pca.*'raw'; .*\n", result.stderr)
    assert str(checkpoint) in result.stderr
