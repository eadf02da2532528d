"""What is said of an axis is what it does: decoders made by hand, whose axes do one known thing, are the oracle."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from numpy.typing import NDArray

from zlide.axes import LONGEST_NOTE, Axes
from zlide.bundle.folder import read_bundle
from zlide.checkpoint.folder import CONFIG, read_checkpoint
from zlide.cli import main
from zlide.describe.describe import Described, describe
from zlide.describe.effects import BinaryFeature, ContinuousFeature, Feature, effects_of
from zlide.describe.pictures import bright_spots, colour_word
from zlide.describe.pictures import traits_of as of_pictures
from zlide.describe.sentences import is_question
from zlide.describe.sentences import traits_of as of_sentences

Z = NDArray[np.float32]

AXES = Axes(
    mean=np.zeros(4, np.float32), axes=np.eye(4, dtype=np.float32)[:3], stdev=np.ones(3, np.float32)
)
NOWHERE: Z = np.zeros((0, 4), np.float32)


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


def chance(z: Z, salt: float) -> NDArray[np.float64]:
    """A number in [0, 1) for every z, without rhyme or reason."""
    return np.asarray(
        np.modf(
            np.abs(np.sin((z * 1e4).round() @ np.array([12.9898, 78.233, 37.719, 4.581]) + salt))
            * 43758.5453
        )[0],
        np.float64,
    )


def sentence(row: Z, music: bool, noise: float) -> list[str]:
    """Half of them of birds, by chance; the second axis makes them long, the first adds music where it is said."""
    words = ["the", "bird" if noise < 0.5 else "cat", "sings"]
    return words + ["music"] * music + ["very", "very", "loud"] * int(row[1] > 1.5)


def say(z: Z) -> list[Feature]:
    """On the first axis “music” comes to 2% of the sentences at −2 σ and to 60% at 2 σ; the third does nothing but chance."""
    flat = z.reshape(-1, 4)
    musical = chance(flat, 1) < np.interp(flat[:, 0], [-2, 2], [0.02, 0.6])
    return of_sentences(
        [
            sentence(row, bool(reason_of), noise)
            for row, reason_of, noise in zip(flat, musical, chance(flat, 2), strict=True)
        ]
    )


def decode_images(z: Z) -> list[Feature]:
    """The first axis makes the left half lighter by 20% of white; the others change every picture by chance."""
    flat = z.reshape(-1, 4)
    pixels = (
        np.full((len(flat), 16, 16, 1), 0.5, np.float32)
        + 0.2 * chance(flat, 3).astype(np.float32)[:, None, None, None]
    )
    pixels[:, :, :8] += flat[:, 0, None, None, None] / 20
    return of_pictures(pixels.reshape(2, -1, 16, 16, 1))


@pytest.fixture(scope="module")
def sentences() -> list[Described]:
    return describe(AXES, say, NOWHERE)


def test_a_word_that_an_axis_adds_is_found_with_its_shares(sentences: list[Described]) -> None:
    first, second, third = sentences
    (music,) = first.effects[:1]
    assert music.trait.more == "“music”"
    assert music.low == pytest.approx(0.02, abs=0.02)
    assert music.high == pytest.approx(0.6, abs=0.07)
    assert music.size == pytest.approx(
        2 * (math.asin(math.sqrt(music.high)) - math.asin(math.sqrt(music.low)))
    )
    assert [effect.trait.more for effect in first.effects] == [
        "“music”",
        "longer",
    ]  # by the word that it adds
    assert (
        first.note == "Towards −: shorter (3.8 words → 3.2 words); "
        f"towards +: “music” ({music.low:.0%} → {music.high:.0%} of sentences), longer (3.2 words → 3.8 words)."
    )
    assert first.name == "shorter ↔ “music”"
    assert second.name == "shorter ↔ longer"
    assert [effect.trait.more for effect in second.effects] == [
        "longer"
    ]  # “very” and “loud” come with it: they say the same
    assert second.effects[0].line() == "longer 3.3 words → 6.3 words ± 0.0, d +5.93"
    assert (third.name, third.note, third.effects) == (None, None, [])


def test_a_half_that_an_axis_lightens_is_found_and_chance_is_not() -> None:
    first, second, third = describe(AXES, decode_images, NOWHERE)
    assert first.name == "lighter right ↔ lighter left"
    contrast = next(effect for effect in first.effects if effect.trait.more == "lighter left")
    assert contrast.low == pytest.approx(-0.1, abs=0.001)
    assert contrast.high == pytest.approx(0.1, abs=0.001)
    assert contrast.size == pytest.approx(
        0.2 / 0.02
    )  # the spread is nothing, and counts as what is just visible
    assert [effect.trait.more for effect in first.effects] == [
        "lighter left",
        "lighter",
    ]  # the places on the left go with it
    assert (second.note, third.note) == (None, None)


def shares(low: float, high: float, count: int = 500) -> BinaryFeature:
    """As many of `count` at both ends, the same ones first."""
    return BinaryFeature(
        "it", np.array([np.arange(count) < low * count, np.arange(count) < high * count])
    )


def test_sizes_are_cohens() -> None:
    size, error, z = shares(0.25, 0.5).test()
    assert size == pytest.approx(math.pi / 6)  # arcsines of the roots are π/6 and π/4
    assert error == pytest.approx(
        math.sqrt(0.25 * 0.75 / 500)
    )  # a quarter of the pairs change, all to one side
    assert z == pytest.approx(124 / math.sqrt(125))
    draws = np.random.default_rng(0)
    low = draws.normal(size=100_000)
    size, error, z = ContinuousFeature(
        "more", "less", np.array([low, low + 1 + draws.normal(size=100_000) * 0.1]), least=0.01
    ).test()
    assert size == pytest.approx(1, abs=0.02)  # of the samples' spread, not of the differences'
    assert error == pytest.approx(0.1 / math.sqrt(100_000), rel=0.02)
    assert z == pytest.approx(math.sqrt(1e7), rel=0.02)


def test_what_chance_or_no_eye_would_see_is_left_out() -> None:
    assert effects_of([shares(0.25, 0.5)], 16) != []
    assert effects_of([shares(0.25, 0.3)], 16) == []  # beyond chance, but h is 0.11
    assert effects_of([shares(0.25, 0.5, count=20)], 16) == []  # five of twenty may be chance
    draws = np.random.default_rng(1)
    values = draws.normal(size=(1, 500)) * 0.001 + np.array([[0.5], [0.51]])
    assert (
        effects_of([ContinuousFeature("lighter", "darker", values, least=0.02)], 1) == []
    )  # 1% of white
    chances = [BinaryFeature(str(i), draws.random((2, 500)) < 0.3) for i in range(2000)]
    assert effects_of(chances, 1) == []


@pytest.mark.parametrize(
    "text",
    ["who is that", "what's this", "are you here", "do you know", "isn't it late", "how are you"],
)
def test_a_question_begins_like_one(text: str) -> None:
    assert is_question(text.split())


@pytest.mark.parametrize(
    "text", ["", "do it", "have a seat", "you are here", "is", "don't this", "the music is calm"]
)
def test_what_is_no_question(text: str) -> None:
    assert not is_question(text.split())


def test_persons_and_tenses_are_told_from_words() -> None:
    low = [["you", "will", "sing"]] * 40
    high = [["i'm", "she"], ["he's", "was"]] * 20
    told = {trait.more: tuple(trait.values.mean(1)) for trait in of_sentences(low + high)}
    assert told["you, your"] == told["the future"] == (1, 0)
    assert (
        told["I, me, my"]
        == told["she, her"]
        == told["he, him, his"]
        == told["past tense"]
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
def test_colours_have_the_names_that_people_give_them(
    colour: tuple[float, float, float], word: str
) -> None:
    assert colour_word(*colour) == word


def test_a_place_that_changes_its_colour_is_said_by_both() -> None:
    pixels = np.full((2, 50, 16, 16, 3), 0.5, np.float32)
    pixels[1, :, 12:, :4] = (0.1, 0.8, 0.1)
    (effect,) = [one for one in effects_of(of_pictures(pixels), 1) if one.trait.where]
    assert (effect.at(-1), effect.at(1)) == ("grey bottom far left", "green bottom far left")


def test_bright_spots_are_small_and_light() -> None:
    pixels = np.zeros((3, 32, 32, 1), np.float32)
    pixels[0, 10:12, 10:12] = 1  # four pixels
    pixels[1, :, :] = 1  # light all over
    assert bright_spots(pixels).tolist() == [4, 0, 0]


def test_describe_prints_writes_and_never_overwrites(checkpoint: Path, tmp_path: Path) -> None:
    folder, facts = Path(shutil.copytree(checkpoint, tmp_path / "small")), tmp_path / "effects.json"
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    ours = {"name": "my own name", "note": None}
    (folder / CONFIG).write_text(
        json.dumps({**config, "axes": {"pca": [{"name": None}, ours]}}), "utf-8"
    )
    plain = zlide("describe", folder, "--positions", 200, "--json", facts)
    assert plain.exit_code == 0, plain.stderr
    assert read_checkpoint(folder).axes.names[0] == "axis 1"  # nothing was asked to be written

    result = zlide("describe", folder, "--positions", 200, "--write")
    assert result.stdout.startswith(plain.stdout)  # the same seed gives the same
    told = json.loads(facts.read_text("utf-8"))
    assert [one["axis"] for one in told] == [1, 2, 3, 4, 5, 6]
    axes = read_checkpoint(folder).axes
    assert axes.names[1] == "my own name"
    assert axes.notes == tuple(one["note"] for one in told)
    assert all(
        axes.names[i] == (one["name"] or f"axis {i + 1}") for i, one in enumerate(told) if i != 1
    )
    assert told[0]["name"] in result.stdout
    assert len({*axes.names}) == 6
    assert max(len(note) for note in axes.notes if note) <= LONGEST_NOTE
    assert result.stdout.endswith("kept axis 2\n")

    assert zlide("export", folder, "--output", tmp_path / "bundle").exit_code == 0
    shown = read_bundle(tmp_path / "bundle").axes[0].axes
    assert tuple(axis.name for axis in shown) == axes.names
    assert tuple(axis.note for axis in shown) == axes.notes


def test_a_set_that_there_is_not_is_one_line(checkpoint: Path) -> None:
    result = zlide("describe", checkpoint, "--axes", "raw")
    assert (result.exit_code, result.stdout) == (1, "")
    assert (
        result.stderr
        == f"--set: expected pca, found 'raw'; choose one of the axes of {checkpoint}\n"
    )
