"""A checkpoint that cannot be used says where, what was expected and what to do, in one line."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from zlide.axes import fit_pca
from zlide.bundle.examples import write_examples
from zlide.checkpoint.folder import (
    CONFIG,
    MODEL,
    WORDS,
    read_sentences_checkpoint,
    write_checkpoint,
)
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.settings import Recipe, SentenceSchedule, SentenceSettings
from zlide.errors import ZlideError

LATENT = 4


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    model = SentenceVAE(
        SentenceConfig(vocabulary=10, embedding=4, encoder=4, decoder=4, latent_size=LATENT)
    )
    settings = SentenceSettings(
        title="Ten words",
        model=model.config,
        recipe=Recipe(),
        schedule=SentenceSchedule(),
        corpus="0" * 64,
        command="zlide train sentences",
    )
    axes = fit_pca(np.random.default_rng(0).normal(size=(50, LATENT)), 3)
    to = tmp_path / "sentences"
    write_checkpoint(to, model, settings, ["<begin>", "<end>", *"abcdefgh"], axes)
    write_examples(to, {"a b": np.ones(LATENT, np.float32)}, axes)
    return to


def change(
    folder: Path, edit: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]
) -> None:
    save_file(edit(load_file(folder / MODEL)), folder / MODEL)


def refusal(folder: Path) -> str:
    with pytest.raises(ZlideError) as caught:
        read_sentences_checkpoint(folder)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_what_was_written_is_read(folder: Path) -> None:
    checkpoint = read_sentences_checkpoint(folder)
    written = load_file(folder / MODEL)
    assert all(
        torch.equal(parameter, written[name])
        for name, parameter in checkpoint.model.named_parameters()
    )
    assert checkpoint.model.decoder.embedding is checkpoint.model.encoder.embedding
    assert checkpoint.vocabulary.words[2:4] == ["a", "b"]
    np.testing.assert_allclose(checkpoint.examples["a b"], np.ones(LATENT), atol=1e-6)


def test_missing_files_are_named_together(folder: Path) -> None:
    (folder / MODEL).unlink()
    (folder / WORDS).unlink()
    assert "missing model.safetensors, vocabulary.txt" in refusal(folder)


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_refused_and_never_loaded(folder: Path, protocol: int) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
            return Path.touch, (Path(folder / "sprung"),)  # type: ignore[return-value]

    (folder / MODEL).write_bytes(pickle.dumps(Trap(), protocol))
    assert "expected safetensors, found a pickle" in refusal(folder)
    assert not (folder / "sprung").exists()


def test_what_torch_saves_is_refused(folder: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, folder / MODEL)
    assert "expected safetensors, found a pickle" in refusal(folder)


@pytest.mark.parametrize("kept", [0, 5, 300, -40])
def test_a_truncated_file_is_refused(folder: Path, kept: int) -> None:
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:kept])
    assert "truncated or damaged" in refusal(folder)


def test_missing_and_unexpected_keys_are_all_named(folder: Path) -> None:
    change(
        folder,
        lambda t: {
            **{k: v for k, v in t.items() if k not in {"decoder.bias", "encoder.mean.bias"}},
            "extra": torch.zeros(1),
        },
    )
    assert "missing decoder.bias, encoder.mean.bias, unexpected extra" in refusal(folder)


def test_a_prefix_is_recognized(folder: Path) -> None:
    change(folder, lambda t: {f"module.{name}": tensor for name, tensor in t.items()})
    assert refusal(folder).endswith('strip the "module." prefix')


def test_shapes_that_disagree_with_the_config_are_named(folder: Path) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.zeros(3)})
    assert "decoder.bias (3,), expected (10,)" in refusal(folder)


@pytest.mark.parametrize("size", [0, -1, 10**6])
def test_a_size_that_cannot_be_is_one_line_and_takes_no_memory(folder: Path, size: int) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    config["model"]["decoder"] = size
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")
    assert "decoder" in refusal(folder)


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.uint8])
def test_weights_of_another_type_are_named(folder: Path, kind: torch.dtype) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.ones(10, dtype=kind)})
    says = f"expected float32, float16, bfloat16 or float64, found decoder.bias of {kind}".replace(
        "torch.", ""
    )
    assert refusal(folder) == f"{folder / MODEL}: {says}; give the weights as they were trained"


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_of_any_precision_are_read_as_float32(folder: Path, kind: torch.dtype) -> None:
    change(folder, lambda t: {name: tensor.to(kind) for name, tensor in t.items()})
    read, written = (
        dict(read_sentences_checkpoint(folder).model.named_parameters()),
        load_file(folder / MODEL),
    )
    assert {parameter.dtype for parameter in read.values()} == {torch.float32}
    assert all(torch.equal(parameter, written[name].float()) for name, parameter in read.items())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_no_numbers_are_named(folder: Path, value: float) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.full((10,), value)})
    assert "NaN or infinity in decoder.bias" in refusal(folder)


def test_weights_that_float32_cannot_hold_are_named(folder: Path) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.full((10,), 1e300, dtype=torch.float64)})
    assert "NaN or infinity in decoder.bias" in refusal(folder)


def test_a_config_that_is_no_json_is_one_line(folder: Path) -> None:
    (folder / CONFIG).write_text("{", "utf-8")
    assert "config.json: Invalid JSON" in refusal(folder)


def put(at: list[str], value: object) -> Callable[[dict[str, Any]], None]:
    def edit(config: dict[str, Any]) -> None:
        for key in at[:-1]:
            config = config[key]
        config[at[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (
            put(["model", "layers"], 2),
            "unknown key model.layers, expected among vocabulary, longest, embedding, encoder, decoder, latent; ",
        ),
        (
            put(["author"], "me"),
            "unknown key author, expected among format, title, license, attribution, rationale, axes, corpus, command, model, ",
        ),
        (lambda config: config.pop("title"), "missing key title"),
        (lambda config: config["model"].pop("vocabulary"), "missing key model.vocabulary"),
        (put(["title"], 3), "title: expected a valid string, found 3"),
        (
            put(["model", "latent_size"], "many"),
            'model.latent_size: expected a valid integer, unable to parse string as an integer, found "many"',
        ),
    ],
)
def test_keys_of_the_config_that_cannot_be_are_named(
    folder: Path, edit: Callable[[dict[str, Any]], object], says: str
) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    edit(config)
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")
    assert refusal(folder).startswith(f"{folder / CONFIG}: {says}")
    assert refusal(folder).endswith("; restore the file")


def reason_of(folder: Path, axes: object) -> None:
    """Put what is said of the axes into config.json."""
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**config, "axes": axes}), "utf-8")


def test_axes_bear_the_names_of_the_config_and_the_others_their_numbers(folder: Path) -> None:
    reason_of(
        folder,
        {
            "pca": [
                {"name": "about music", "note": "Towards +: songs."},
                {"note": "Longer sentences."},
            ]
        },
    )
    axes = read_sentences_checkpoint(folder).axes
    assert axes.names == ("about music", "axis 2", "axis 3")
    assert axes.notes == ("Towards +: songs.", "Longer sentences.", None)


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        (
            {"pca": [{"name": "a"}] * 4},
            "axes.pca: expected names of up to 3 axes, found 4; leave out the last",
        ),
        ({"raw": []}, "axes.raw: unknown set, expected pca; name the axes of a set that there is"),
        (
            {"pca": [{"name": "a"}, {"name": "a"}]},
            "axes pca: axes 1 and 2 are both called 'a'; give each a name of its own",
        ),
        (
            {"pca": [{"name": "a" * 29}]},
            "axes pca: expected a name of axis 1 in one line of 1 to 28 characters, single spaces between words, found ",
        ),
        (
            {"pca": [{"name": "a", "note": ""}]},
            "axes pca: expected a note of axis 1 in one line of 1 to 240 characters, ",
        ),
        ({"pca": [{"title": "a"}]}, "unknown key axes.pca.0.title; restore the file"),
        (
            {"pca": [{"name": 7}]},
            "axes.pca.0.name: expected a valid string, found 7; restore the file",
        ),
        ({"pca": ["music"]}, 'axes.pca.0: expected an object, found "music"; restore the file'),
        ([], "axes: expected an object; restore the file"),
    ],
)
def test_names_of_axes_that_cannot_be_are_one_line(axes: object, says: str, folder: Path) -> None:
    reason_of(folder, axes)
    assert refusal(folder).startswith(f"{folder / CONFIG}: {says}")


def test_a_config_that_is_no_text_is_one_line(folder: Path) -> None:
    (folder / CONFIG).write_bytes(b"caf\xe9")
    assert (
        refusal(folder) == f"{folder / CONFIG}: cannot be read: no text in UTF-8; restore the file"
    )


def test_a_vocabulary_of_another_length_is_refused(folder: Path) -> None:
    (folder / WORDS).write_text("<begin>\n<end>\n", "utf-8")
    assert "expected 10 words as config.json says, found 2" in refusal(folder)


def test_axes_of_another_width_are_refused(folder: Path) -> None:
    fit_pca(np.random.default_rng(0).normal(size=(50, 5)), 3).write(folder / "axes.npz")
    assert "expected axes of width 4 as config.json says, found 5" in refusal(folder)


@pytest.mark.parametrize("residual", [[1.0], [float("nan")] * LATENT])
def test_an_example_that_is_no_place_in_the_latent_space_is_refused(
    folder: Path, residual: list[float]
) -> None:
    example = {"text": "a b", "sliders": [0.0, 0.0, 0.0], "residual": residual}
    (folder / "examples.json").write_text(json.dumps({"examples": [example]}), "utf-8")
    assert "'a b' has (3,) sliders" in refusal(folder)
