"""The golden models and those that ship, converted by both converters."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import zlide
from tests.golden import make
from zlide.checkpoint import read_checkpoint
from zlide.contract import freeze, sample_latents
from zlide.converters import Converter
from zlide.exporter.arguments import modality_for
from zlide.exporter.convert_model import convert_model, lower_model
from zlide.exporter.model import Model
from zlide.graph import Parts

WEIGHTS = Path(__file__).parents[2] / "weights"
SHIPPED = ("sentences", "doom", "racing")
GOLDEN = {"golden sentences": make.make, "golden pictures": make.make_image}
BATCH = 3


def model_of(name: str) -> Model:
    """Return a model as it is before an export."""
    if name in GOLDEN:
        return _golden(name)
    checkpoint = read_checkpoint(WEIGHTS / name)
    modules = checkpoint.model
    return Model(checkpoint.modality, modules.decoder, modules.encoder, tuple(checkpoint.sets), {})


def _golden(name: str) -> Model:
    found: dict[str, Any] = {}

    def keep(decoder: object, axes: Any, **others: object) -> None:
        sets = axes if isinstance(axes, list) else [axes]
        found.update(others, decoder=decoder, axes=tuple(sets))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(zlide, "export", keep)
        GOLDEN[name](Path("unused"))
    modality = modality_for(None, found.get("vocabulary"), found.get("pictures"))
    return Model(modality, found["decoder"], found["encoder"], found["axes"], {})


def convert(model: Model, folder: Path, converter: Converter) -> Parts:
    """Write all graphs of a model, in float32."""
    frozen = model.map(lambda module, where: freeze(module, where, "float32"))
    size = model.axes[0].latent_size
    z = sample_latents(size)
    outputs: Any = model.modality.check_decoder(frozen.decoder, z)
    inputs: Any = model.modality.check_encoder(frozen.encoder, outputs, size)
    checked: Any = SimpleNamespace(z=z, outputs=outputs, inputs=inputs)
    return convert_model(lower_model(frozen), checked, folder, converter, lambda _: None)


def inputs_of(model: Any, words: int) -> list[NDArray[Any]]:
    """Return random inputs of a model.json, in the order of their names.

    words: whole numbers are below this.
    """
    rng = np.random.default_rng(3)
    placeholders = [n for n in model["modelTopology"]["node"] if n["op"] == "Placeholder"]
    found = []
    for node in sorted(placeholders, key=lambda node: str(node["name"])):
        sizes = [int(each["size"]) for each in node["attr"]["shape"]["shape"]["dim"]]
        shape = [BATCH if size == -1 else size for size in sizes]
        is_float = node["attr"]["dtype"]["type"] == "DT_FLOAT"
        numbers = rng.normal(size=shape) if is_float else rng.integers(words, size=shape)
        found.append(numbers.astype(np.float32 if is_float else np.int32))
    return found
