"""Freeze a model: copy its modules with their weights as they are shipped."""

from __future__ import annotations

from zlide.bundle import Precision
from zlide.contract import freeze
from zlide.exporter.check import Checked
from zlide.exporter.model import Model


def freeze_model(model: Model, precision: Precision) -> Model:
    """Return the model with its weights at `precision`. Everything is compared with this copy.

    Raises Overflow if a weight does not fit the precision.
    """
    return model.map(lambda module, where: freeze(module, where, precision))


def count_changed(checked: Checked, precision: Precision) -> tuple[int, int]:
    """Return how many samples a precision changes at the validation positions, and their number.

    float32 changes none. Raises Overflow if a weight does not fit the precision.
    """
    modality, z = checked.model.modality, checked.validation_z
    if precision == "float32":
        return 0, len(z)
    found = modality.decode(freeze_model(checked.model, precision).decoder, z)
    return modality.count_changed(checked.samples, found), len(z)
