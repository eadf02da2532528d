"""An unusable checkpoint is refused in one line: where, what was expected, what to do."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from zlide.axes import fit_pca
from zlide.bundle.examples import write_examples
from zlide.checkpoint import CONFIG, MODEL, read_sentences_checkpoint, write_checkpoint
from zlide.checkpoint.layout import WORDS
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.settings import Recipe, SentenceSchedule, SentenceSettings
from zlide.errors import ZlideError

LATENT = 4
MIGRATION = Path(__file__).parents[2] / "docs" / "training.md"


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


def refusal(folder: Path) -> ZlideError:
    with pytest.raises(ZlideError) as error:
        read_sentences_checkpoint(folder)
    assert "\n" not in str(error.value)
    return error.value


def test_reads_what_was_written(folder: Path) -> None:
    checkpoint = read_sentences_checkpoint(folder)
    written = load_file(folder / MODEL)
    assert all(
        torch.equal(parameter, written[name])
        for name, parameter in checkpoint.model.named_parameters()
    )
    assert checkpoint.model.decoder.embedding is checkpoint.model.encoder.embedding
    assert checkpoint.vocabulary.words[2:4] == ["a", "b"]
    np.testing.assert_allclose(checkpoint.examples["a b"], np.ones(LATENT), atol=1e-6)


def test_all_missing_files_are_named(folder: Path) -> None:
    (folder / MODEL).unlink()
    (folder / WORDS).unlink()
    error = refusal(folder)
    assert error.where == str(folder)
    assert "model.safetensors, vocabulary.txt" in error.problem
    assert "zlide train" in error.remedy


def assert_pickle_is_named(folder: Path) -> None:
    error = refusal(folder)
    assert error.where == str(folder / MODEL)
    assert error.problem == "expected safetensors, found a pickle"
    assert "safetensors.torch.save_file" in error.remedy


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_refused_and_never_loaded(folder: Path, protocol: int) -> None:
    class Trap:
        def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
            return Path.touch, (Path(folder / "sprung"),)  # type: ignore[return-value]

    (folder / MODEL).write_bytes(pickle.dumps(Trap(), protocol))
    assert_pickle_is_named(folder)
    assert not (folder / "sprung").exists()


def test_a_file_of_torch_save_is_refused(folder: Path) -> None:
    torch.save({"weight": torch.zeros(2)}, folder / MODEL)
    assert_pickle_is_named(folder)


@pytest.mark.parametrize("kept", [0, 5, 300, -40])
def test_a_truncated_file_is_refused(folder: Path, kept: int) -> None:
    (folder / MODEL).write_bytes((folder / MODEL).read_bytes()[:kept])
    error = refusal(folder)
    assert error.where == str(folder / MODEL)
    assert "truncated or damaged" in error.problem


def test_all_missing_and_unexpected_keys_are_named(folder: Path) -> None:
    change(
        folder,
        lambda t: {
            **{k: v for k, v in t.items() if k not in {"decoder.bias", "encoder.mean.bias"}},
            "extra": torch.zeros(1),
        },
    )
    error = refusal(folder)
    assert "missing decoder.bias, encoder.mean.bias, unexpected extra" in error.problem


def test_a_common_prefix_of_keys_is_named(folder: Path) -> None:
    change(folder, lambda t: {f"module.{name}": tensor for name, tensor in t.items()})
    assert '"module."' in refusal(folder).remedy


def test_shapes_that_disagree_with_the_config_are_named(folder: Path) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.zeros(3)})
    error = refusal(folder)
    assert "decoder.bias (3,), expected (10,)" in error.problem
    assert "config.json" in error.remedy


@pytest.mark.parametrize("size", [0, -1, 10**6])
def test_an_impossible_size_is_refused_before_memory_is_allocated(folder: Path, size: int) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    config["model"]["decoder"] = size
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")
    assert "decoder" in refusal(folder).problem


@pytest.mark.parametrize("kind", [torch.int64, torch.bool, torch.uint8])
def test_weights_of_another_dtype_are_refused(folder: Path, kind: torch.dtype) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.ones(10, dtype=kind)})
    error = refusal(folder)
    assert error.where == str(folder / MODEL)
    found = f"found decoder.bias of {kind}".replace("torch.", "")
    assert error.problem == f"expected float32, float16, bfloat16 or float64, {found}"
    assert error.remedy


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
def test_weights_that_are_not_finite_are_refused(folder: Path, value: float) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.full((10,), value)})
    error = refusal(folder)
    assert "NaN or infinity in decoder.bias" in error.problem
    assert "learning rate" in error.remedy


def test_weights_beyond_the_range_of_float32_are_refused(folder: Path) -> None:
    change(folder, lambda t: {**t, "decoder.bias": torch.full((10,), 1e300, dtype=torch.float64)})
    error = refusal(folder)
    assert "NaN or infinity in decoder.bias" in error.problem
    assert "learning rate" in error.remedy


def test_a_config_that_is_not_json_is_refused(folder: Path) -> None:
    (folder / CONFIG).write_text("{", "utf-8")
    error = refusal(folder)
    assert error.where == str(folder / CONFIG)
    assert "invalid json" in error.problem.lower()


@pytest.mark.parametrize(
    ("old", "new"), [("zlide-sentence/1", "zlide-sentences/2"), ("zlide-world/1", "zlide-world/2")]
)
def test_the_first_format_of_the_config_is_refused_with_the_way_to_migrate(
    folder: Path, old: str, new: str
) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**config, "format": old}), "utf-8")
    error = refusal(folder)
    assert error.where == str(folder / CONFIG)
    assert error.problem == f"expected format {new}, found {old}"
    assert "docs/training.md" in error.remedy
    migration = MIGRATION.read_text("utf-8")
    assert f"`{old}`" in migration
    assert f"`{new}`" in migration


def put(at: list[str], value: object) -> Callable[[dict[str, Any]], None]:
    def edit(config: dict[str, Any]) -> None:
        for key in at[:-1]:
            config = config[key]
        config[at[-1]] = value

    return edit


MODEL_KEYS = "vocabulary, max_length, embedding, encoder, decoder, latent_size"
CONFIG_KEYS = "format, title, license, attribution, rationale, axes, corpus, command, model"


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (put(["model", "layers"], 2), f"unknown key model.layers, expected one of {MODEL_KEYS}"),
        (put(["author"], "me"), f"unknown key author, expected one of {CONFIG_KEYS}, "),
        (lambda config: config.pop("title"), "missing key title"),
        (lambda config: config["model"].pop("vocabulary"), "missing key model.vocabulary"),
        (put(["title"], 3), "title: expected a valid string, found 3"),
        (put(["model", "latent_size"], "many"), "model.latent_size: expected a valid integer, "),
    ],
)
def test_wrong_keys_and_values_of_the_config_are_named(
    folder: Path, edit: Callable[[dict[str, Any]], object], problem: str
) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    edit(config)
    (folder / CONFIG).write_text(json.dumps(config), "utf-8")
    error = refusal(folder)
    assert error.where == str(folder / CONFIG)
    assert error.problem.startswith(problem)
    assert "restore" in error.remedy


def write_labels(folder: Path, axes: object) -> None:
    config = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**config, "axes": axes}), "utf-8")


def test_axes_without_a_name_in_the_config_keep_their_numbers(folder: Path) -> None:
    write_labels(
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
    ("axes", "problem", "remedy"),
    [
        ({"pca": [{"name": "a"}] * 4}, "axes.pca: expected .* 3 axes, found 4", "leave out"),
        ({"raw": []}, "axes.raw: .* expected pca", "rename"),
        ({"pca": [{"name": "a"}, {"name": "a"}]}, "axes pca: .* 1 and 2 .* 'a'", "name"),
        ({"pca": [{"name": "a" * 29}]}, f"axes pca: .* axis 1 .* 28 .*{'a' * 29}", ""),
        ({"pca": [{"name": "a", "note": ""}]}, "axes pca: .* note .* axis 1 .* 240 ", ""),
        ({"pca": [{"title": "a"}]}, "unknown key axes.pca.0.title", "restore"),
        ({"pca": [{"name": 7}]}, "axes.pca.0.name: expected .* string, found 7", "restore"),
        ({"pca": ["music"]}, 'axes.pca.0: expected .*, found "music"', "restore"),
        ([], "axes: expected an object", "restore"),
    ],
)
def test_impossible_labels_of_axes_are_refused(
    axes: object, problem: str, remedy: str, folder: Path
) -> None:
    write_labels(folder, axes)
    error = refusal(folder)
    assert error.where == str(folder / CONFIG)
    assert re.match(problem, error.problem)
    assert remedy in error.remedy


def test_a_config_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / CONFIG).write_bytes(b"caf\xe9")
    error = refusal(folder)
    assert error.where == str(folder / CONFIG)
    assert re.match(r"cannot be read: .*UTF-8", error.problem)
    assert "restore" in error.remedy


def test_a_vocabulary_of_another_length_is_refused(folder: Path) -> None:
    (folder / WORDS).write_text("<begin>\n<end>\n", "utf-8")
    error = refusal(folder)
    assert error.where == str(folder / WORDS)
    assert re.match(r"expected 10 words .*, found 2$", error.problem)


def test_axes_of_another_width_are_refused(folder: Path) -> None:
    fit_pca(np.random.default_rng(0).normal(size=(50, 5)), 3).write(folder / "axes.npz")
    error = refusal(folder)
    assert error.where == str(folder / "axes.npz")
    assert re.match(r"expected axes of width 4 .*, found 5$", error.problem)


@pytest.mark.parametrize("residual", [[1.0], [float("nan")] * LATENT])
def test_an_example_with_an_impossible_residual_is_refused(
    folder: Path, residual: list[float]
) -> None:
    example = {"text": "a b", "sliders": [0.0, 0.0, 0.0], "residual": residual}
    (folder / "examples.json").write_text(json.dumps({"examples": [example]}), "utf-8")
    error = refusal(folder)
    assert error.where == str(folder / "examples.json")
    assert "'a b' has 3 sliders" in error.problem
