"""The modalities by the kind that manifests give them."""

from __future__ import annotations

import re
from typing import Any

from zlide.axes import NAME_PATTERN
from zlide.bundle import DecoderSpec, EncoderSpec, register_specs
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

    modality: a class that has what `zlide.modalities.Modality` has. A class of the same module and
    name, such as one that a notebook cell defines again, replaces the earlier one.
    Raises ZlideError for a kind that another class has, or that is not a name of lower-case
    letters, digits, - and _, and for a class without specs. Nothing is registered then.
    """
    kind: Any = getattr(modality, "kind", None)
    if not isinstance(kind, str) or not re.fullmatch(NAME_PATTERN, kind):
        problem = f"expected a kind of lower-case letters, digits, - and _, found {kind!r}"
        raise ZlideError("modality", problem, "rename it")
    _check_spec(modality, "decoder_spec", DecoderSpec)
    if getattr(modality, "encoder_spec", "") is not None:
        _check_spec(modality, "encoder_spec", EncoderSpec)
    registered = _MODALITIES.get(kind, modality)
    if _name(registered) != _name(modality):
        problem = f"expected a new kind, found {kind!r}, which is {registered.__name__}"
        raise ZlideError("modality", problem, "rename it")
    register_specs(kind, modality.decoder_spec, modality.encoder_spec)
    _MODALITIES[kind] = modality


def _check_spec(modality: type[Modality], name: str, expected: type) -> None:
    """Raise ZlideError unless the class has a subclass of `expected` under `name`."""
    spec: Any = getattr(modality, name, None)
    if not (isinstance(spec, type) and issubclass(spec, expected)):
        problem = f"expected a subclass of {expected.__name__} as {name}, found {spec!r}"
        raise ZlideError(f"modality {modality.kind}", problem, "set it in the class")


def _name(modality: type[Modality]) -> tuple[str, str]:
    return modality.__module__, modality.__qualname__
