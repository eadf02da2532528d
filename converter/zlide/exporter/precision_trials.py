"""Try precisions: decode the validation positions with quantized weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from zlide.bundle import Precision, Tensors
from zlide.exporter.check import Checked
from zlide.exporter.freeze_model import freeze_model
from zlide.exporter.model import Model
from zlide.quantization import MAX_CHANGED

_CHUNK = 256
"""Positions that are decoded before the next look at how many samples changed."""


class PrecisionTrials:
    """Counts the samples that a precision changes, and keeps the model and samples of the last one.

    The untouched decoder gave the samples that all are compared with.

    requested: the author's precision. Otherwise a trial stops once it is certain to fail.
    frozen: the model with its weights at the precision of the last trial.
    tensors: what a stored reference has of the samples that its decoder gave.
    """

    def __init__(self, checked: Checked, requested: Precision | None) -> None:
        self.checked = checked
        self.requested = requested
        self.frozen: Model = checked.model
        self.tensors: Tensors = checked.tensors

    def count_changed(self, precision: Precision) -> tuple[int, int]:
        """Return how many samples a precision changes, or enough to refuse it, and their number.

        float32 changes none. Raises Overflow if a weight does not fit the precision.
        """
        total = len(self.checked.positions.z)
        if precision == "float32":
            self.frozen, self.tensors = self.checked.model, self.checked.tensors
            return 0, total
        self.frozen = freeze_model(self.checked.model, precision)
        limit = float("inf") if self.requested else MAX_CHANGED[precision] * total
        changed, parts = 0, []
        for start in range(0, total, _CHUNK):
            more, tensors = self._try(slice(start, start + _CHUNK))
            changed += more
            parts.append(tensors)
            if changed > limit:
                return changed, total
        self.tensors = {
            name: np.concatenate([part[name] for part in parts]) for name in self.checked.tensors
        }
        return changed, total

    def _try(self, rows: slice) -> tuple[int, Tensors]:
        """Return how many samples at some positions have changed, and the tensors of all there."""
        modality, z = self.checked.model.modality, self.checked.positions.z[rows]
        exact: Any = self.checked.samples[rows]
        found, tensors = modality.decode_for_reference(self.frozen.decoder, z)
        return modality.count_changed(exact, found), tensors
