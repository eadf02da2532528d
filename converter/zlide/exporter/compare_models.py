"""Compare implementations of a model with PyTorch."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from zlide.errors import ZlideError
from zlide.exporter.model import Model
from zlide.graph import TOLERANCE, lowered_functions, remedy_for_difference
from zlide.parity import relative_difference


def compare_models(model: Model, count: int, others: Mapping[str, Model]) -> None:
    """Raise ZlideError if one of `others` decodes or encodes otherwise than `model`.

    count: the number of positions, at most `POSITIONS`.
    others: name → another implementation of the frozen `model`.
    """
    modality = model.modality
    z = model.positions()[2][:count]
    samples = modality.decode(model.decoder, z)
    for name, other in others.items():
        with lowered_functions():  # a written graph calls none of them
            found = modality.decode(other.decoder, z)
        modality.compare(name, model.decoder, z, (samples, found))
    if model.encoder is None:
        return
    means = modality.encode(model.encoder, samples)
    for name, other in others.items():
        with lowered_functions():
            found = modality.encode(other.encoder, samples)
        _compare_means(name, means, found)


def _compare_means(name: str, expected: Tensor, found: Tensor) -> None:
    difference = relative_difference(expected, found)
    if not difference <= TOLERANCE:
        problem = f"the encoder: {name} differs from PyTorch by {difference:.2g}"
        raise ZlideError("export", problem, remedy_for_difference())
