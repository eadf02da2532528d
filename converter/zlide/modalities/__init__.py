"""Kinds of output. One object, a modality, knows all that differs between them."""

from __future__ import annotations

from zlide.modalities.image.modality import ImageModality
from zlide.modalities.modality import Array, Latents, Modality, Outputs, Samples
from zlide.modalities.reference import (
    AXES_TOLERANCE,
    Findings,
    Positions,
    Reference,
    random_positions_and_examples,
)
from zlide.modalities.registry import modality_of, register_modality
from zlide.modalities.text.modality import TextModality
from zlide.modalities.text.special_tokens import vocabulary_of_list
from zlide.modalities.values import ValuesModality

__all__ = [
    "AXES_TOLERANCE",
    "Array",
    "Findings",
    "ImageModality",
    "Latents",
    "Modality",
    "Outputs",
    "Positions",
    "Reference",
    "Samples",
    "TextModality",
    "ValuesModality",
    "modality_of",
    "random_positions_and_examples",
    "register_modality",
    "vocabulary_of_list",
]
