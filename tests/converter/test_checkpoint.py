"""A checkpoint is read with everything that is wrong named at once, and nothing in it is ever run."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from zlide.axes import fit_pca
from zlide.bundle import sha256, write_examples
from zlide.checkpoint import Settings, read_checkpoint, write_checkpoint
from zlide.errors import ZlideError
from zlide.models.sentence import SentenceConfig, SentenceVAE
from zlide.training.corpus import Cap, Recipe
from zlide.training.fit import Schedule

WORDS = ["<begin>", "<end>", "a", "b", "c", "d"]
CONFIG = SentenceConfig(vocabulary=len(WORDS), longest=5, embedding=4, encoder=5, decoder=6, latent=4)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights") / "mine"
    torch.manual_seed(3)
    latents = np.random.default_rng(3).normal(size=(60, 4)).astype(np.float32)
    axes = fit_pca(latents, 3)
    settings = Settings(
        title="Mine", model=CONFIG, recipe=Recipe(caps=(Cap(("a", "b"), 3),)), schedule=Schedule(), corpus="0" * 64, command="zlide train sentences"
    )
    write_checkpoint(folder, SentenceVAE(CONFIG), settings, WORDS, axes)
    write_examples(folder, {"a b": latents[0]}, axes)
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "mine"))


def refused(folder: Path) -> str:
    with pytest.raises(ZlideError) as error:
        read_checkpoint(folder)
    line = str(error.value)
    assert "\n" not in line
    return line


def change(folder: Path, what: Callable[[dict[str, Tensor]], dict[str, Tensor]]) -> None:
    save_file(what(load_file(folder / "model.safetensors")), folder / "model.safetensors")


def test_it_comes_back_as_it_was_written(whole: Path) -> None:
    checkpoint = read_checkpoint(whole)
    torch.manual_seed(3)
    original = dict(SentenceVAE(CONFIG).named_parameters())
    read = dict(checkpoint.model.named_parameters())
    assert original.keys() == read.keys()
    assert all(torch.equal(read[name], value) for name, value in original.items())
    assert not checkpoint.model.training
    assert checkpoint.settings.model == CONFIG
    assert checkpoint.settings.recipe.caps == (Cap(("a", "b"), 3),)
    assert list(checkpoint.vocabulary.words) == WORDS
    assert checkpoint.vocabulary.longest == 5
    assert checkpoint.axes.count == 3
    assert list(checkpoint.examples) == ["a b"]
    assert checkpoint.sha256 == sha256(whole / "model.safetensors")
    assert sorted(p.name for p in whole.iterdir()) == ["axes.npz", "config.json", "examples.json", "model.safetensors", "vocabulary.txt"]


def test_examples_may_be_missing_and_the_embedding_is_one(folder: Path) -> None:
    (folder / "examples.json").unlink()
    checkpoint = read_checkpoint(folder)
    assert checkpoint.examples == {}
    assert checkpoint.model.encoder.embedding.weight is checkpoint.model.decoder.embedding.weight


def test_missing_files_are_named_at_once(folder: Path, tmp_path: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "axes.npz").unlink()
    assert refused(folder) == f"{folder}: missing model.safetensors, axes.npz; train it with `zlide train sentences`"
    assert refused(tmp_path / "none") == (
        f"{tmp_path / 'none'}: missing model.safetensors, config.json, vocabulary.txt, axes.npz; give the folder of a trained model"
    )


@pytest.mark.parametrize("size", [0, 5, 200, -10])
def test_a_truncated_file(size: int, folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    line = refused(folder)
    assert line.startswith(f"{path}: expected safetensors, found a truncated or damaged file (")
    assert line.endswith("); copy the checkpoint again")


class Bomb:
    """Runs when it is unpickled."""

    def __reduce__(self) -> Any:
        return (pytest.fail, ("it was unpickled",))


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_is_never_unpickled(protocol: int, folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(pickle.dumps({"weight": Bomb()}, protocol=protocol))
    assert (
        refused(folder) == f"{path}: expected safetensors, found a pickle; load it where you trust it and write it with safetensors.torch.save_file"
    )


def test_what_torch_saves_is_a_pickle_too(folder: Path) -> None:
    path = folder / "model.safetensors"
    torch.save({"weight": torch.zeros(2)}, path)
    assert refused(folder).startswith(f"{path}: expected safetensors, found a pickle; ")


def test_missing_and_unexpected_keys_are_named_at_once(folder: Path) -> None:
    def other(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
        return {name: t for name, t in tensors.items() if not name.startswith("encoder.mean")} | {
            "extra.a": torch.zeros(1),
            "extra.b": torch.zeros(1),
        }

    change(folder, other)
    assert refused(folder) == (
        f"{folder / 'model.safetensors'}: missing encoder.mean.bias, encoder.mean.weight, unexpected extra.a, extra.b; "
        "give the checkpoint that belongs to this config.json"
    )


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod."])
def test_a_prefix_that_a_wrapper_left_is_named(prefix: str, folder: Path) -> None:
    change(folder, lambda tensors: {prefix + name: t for name, t in tensors.items()})
    assert refused(folder).endswith(f'; strip the "{prefix}" prefix')


def test_shapes_that_disagree_with_the_config_are_named_at_once(folder: Path) -> None:
    change(folder, lambda tensors: tensors | {"decoder.bias": torch.zeros(7), "encoder.mean.bias": torch.zeros(2, 2)})
    line = refused(folder)
    assert line.startswith(f"{folder / 'model.safetensors'}: shapes disagree with config.json: ")
    assert "decoder.bias (7,), expected (6,)" in line
    assert "encoder.mean.bias (2, 2), expected (4,)" in line


def test_nan_is_named(folder: Path) -> None:
    change(folder, lambda tensors: tensors | {"decoder.bias": torch.full((6,), float("nan"))})
    assert refused(folder) == f"{folder / 'model.safetensors'}: NaN or infinity in decoder.bias; train again with a lower learning rate"


def edit(folder: Path, **values: Any) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    for key, value in values.items():
        if value is None:
            del config[key]
        else:
            config[key] = value
    (folder / "config.json").write_text(json.dumps(config))


def test_a_config_that_is_none(folder: Path) -> None:
    path = folder / "config.json"
    edit(folder, title=None, extra=3)
    assert refused(folder) == f"{path}: title: Field required, extra: Extra inputs are not permitted; restore the file"
    path.write_text("{")
    assert refused(folder).startswith(f"{path}: : Invalid JSON") or "Invalid JSON" in refused(folder)
    path.write_bytes(b"\xff\xfe")
    assert refused(folder).startswith(f"{path}: cannot be read: ")


def test_another_format_is_named(folder: Path) -> None:
    edit(folder, format="zlide-sentence/9")
    assert refused(folder) == f"{folder / 'config.json'}: format: Input should be 'zlide-sentence/1'; restore the file"


def test_parts_that_do_not_belong_together(folder: Path, whole: Path) -> None:
    (folder / "vocabulary.txt").write_text("\n".join(WORDS[:-1]) + "\n")
    assert refused(folder) == f"{folder / 'vocabulary.txt'}: expected 6 words as config.json says, found 5; restore the file"
    shutil.copy(whole / "vocabulary.txt", folder)
    fit_pca(np.random.default_rng(3).normal(size=(60, 5)), 3).write(folder / "axes.npz")
    assert refused(folder) == f"{folder / 'axes.npz'}: expected axes of width 4 as config.json says, found 5; fit them again"


def test_a_checkpoint_that_cannot_be_written_is_one_line(whole: Path, tmp_path: Path) -> None:
    checkpoint = read_checkpoint(whole)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ZlideError, match=r"file"):
        write_checkpoint(tmp_path / "file" / "mine", checkpoint.model, checkpoint.settings, WORDS, checkpoint.axes)
