"""Freeze a model: copy its modules with their weights as they are shipped."""

from __future__ import annotations

from zlide.bundle import Precision
from zlide.contract import freeze
from zlide.exporter.model import Model


def freeze_model(model: Model, precision: Precision) -> Model:
    """Return the model with its weights at `precision`. Everything is compared with this copy.

    Raises Overflow if a weight does not fit the precision.
    """
    return model.map(lambda module, where: freeze(module, where, precision))
