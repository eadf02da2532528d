"""The modalities by the kind that manifests give them."""

from __future__ import annotations

import re

from zlide.axes import NAME_PATTERN
from zlide.bundle import register_specs
from zlide.errors import ZlideError
from zlide.modalities.image.modality import ImageModality
from zlide.modalities.modality import Modality
from zlide.modalities.text.modality import TextModality

_MODALITIES: dict[str, type[Modality]] = {
    modality.kind: modality for modality in (TextModality, ImageModality)
}


def modality_of(kind: str) -> type[Modality]:
    """Return the modality of a kind. Raises ZlideError for a kind that is not registered."""
    if kind not in _MODALITIES:
        known = ", ".join(sorted(_MODALITIES))
        problem = f"expected a kind of output that is one of {known}, found {kind!r}"
        raise ZlideError("modality", problem, "register it with zlide.register_modality")
    return _MODALITIES[kind]


def register_modality(modality: type[Modality]) -> None:
    """Let zlide export, inspect and verify another kind of output.

    modality: a class that has what `zlide.modalities.Modality` has.
    Raises ZlideError for a kind that another class has, or that is not a name of lower-case
    letters, digits, - and _.
    """
    kind = modality.kind
    if not re.fullmatch(NAME_PATTERN, kind):
        problem = f"expected a kind of lower-case letters, digits, - and _, found {kind!r}"
        raise ZlideError("modality", problem, "rename it")
    if _MODALITIES.get(kind, modality) is not modality:
        problem = f"expected a new kind, found {kind!r}, which is {_MODALITIES[kind].__name__}"
        raise ZlideError("modality", problem, "rename it")
    _MODALITIES[kind] = modality
    register_specs(kind, modality.decoder_spec, modality.encoder_spec)
