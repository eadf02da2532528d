"""Convert a model: lower its modules, and write the graphs of modules and axes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from zlide.converters import Converter
from zlide.exporter.check import Checked
from zlide.exporter.model import Model
from zlide.graph import Parts, convert_axes, lower


def lower_model(model: Model) -> Model:
    """Return the model with layers that convert."""
    return model.map(lambda module, _where: lower(module))


def convert_model(
    model: Model,
    checked: Checked,
    folder: Path,
    converter: Converter,
    on_stage: Callable[[str], None],
) -> Parts:
    """Write the graphs of a lowered model into `folder`, traced with what the check gave."""
    modality = model.modality
    on_stage("converting the decoder")
    parts = modality.convert_decoder(model.decoder, checked.z, checked.outputs, folder, converter)
    for axes in model.axes:
        on_stage(f"converting the axes {axes.name}")
        parts += convert_axes(axes, folder, converter)
    if model.encoder is not None:
        on_stage("converting the encoder")
        parts += modality.convert_encoder(model.encoder, checked.inputs, folder, converter)
    return parts


def converted_model(model: Model, parts: Parts) -> Model:
    """Return the model with its written graphs as modules."""
    modality = model.modality
    encoder = None if model.encoder is None else modality.converted_encoder(parts)
    return replace(model, decoder=modality.converted_decoder(parts), encoder=encoder)
