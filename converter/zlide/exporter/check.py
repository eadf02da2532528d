"""Check a model: its modules keep the contract, and its examples fit them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from zlide.bundle import Tensors
from zlide.contract import (
    ForbidWeightChanges,
    call,
    copy_untouched,
    explain_latent_size,
    freeze,
    sample_latents,
)
from zlide.exporter.model import POSITIONS, Model
from zlide.modalities import Outputs, Positions, Samples, random_positions_and_examples

VALIDATION_POSITIONS = 1000
"""Random positions at which precisions are compared. All examples are added."""

_PICTURE = 64 * 64 * 3
"""Numbers in a sample up to which all positions are decoded. Larger ones take fewer positions."""

_FEWEST_VALIDATED, _FEWEST_COMPARED = 16, 8


@dataclass(frozen=True)
class Checked:
    """A model that keeps the contract.

    model: copies of its modules in eval mode and float32.
    z: (B, Z), at which the decoder was called; outputs: what it gave.
    inputs: what the encoder was called with; None without an encoder.
    positions: N random positions and the examples.
    samples: what the untouched decoder gave there; tensors: what a stored reference has of them.
    compared: the number of positions at which other implementations have to decode the same.
    remarks: for the author, one line each.
    """

    model: Model
    z: Tensor
    outputs: Outputs
    inputs: Outputs
    positions: Positions
    samples: Samples
    tensors: Tensors
    compared: int
    remarks: tuple[str, ...]


def check(model: Model) -> Checked:
    """Copy the modules of a model, and call them to see that they keep the contract.

    Only copies are called. The untouched copy of the decoder decodes nothing but the positions.
    Raises ZlideError for everything in the model that the author can fix.
    """
    modality, axes = model.modality, model.axes[0]
    modality.check_types(model.decoder, model.encoder)
    untouched = copy_untouched(model.decoder, "decoder")
    exact = model.map(lambda module, where: freeze(module, where, "float32"))
    z = sample_latents(axes.latent_size)
    run = partial(modality.first_output, exact.decoder)
    with (
        ForbidWeightChanges("decoder", exact.decoder),
        explain_latent_size(axes, exact.decoder, run),
    ):
        outputs = modality.check_decoder(exact.decoder, z)
    latents = list(model.latents.values())
    validated, compared = (
        _affordable(count, fewest, modality.sample_size(outputs))
        for count, fewest in (
            (VALIDATION_POSITIONS, _FEWEST_VALIDATED),
            (POSITIONS, _FEWEST_COMPARED),
        )
    )
    positions = random_positions_and_examples(axes, latents, validated, seed=1)
    with ForbidWeightChanges("decoder", untouched):
        decode = partial(modality.decode_for_reference, untouched)
        decoded: Any = call("decoder", decode, positions.z)
    samples, tensors = decoded
    modality.check_samples(samples, tensors)
    inputs: Outputs = None
    if exact.encoder is not None:
        with ForbidWeightChanges("encoder", exact.encoder):
            inputs = modality.check_encoder(exact.encoder, outputs, axes.latent_size)
    with torch.no_grad():
        remarks = tuple(modality.check_examples(model.latents, outputs, exact.encoder))
    return Checked(exact, z, outputs, inputs, positions, samples, tensors, compared, remarks)


def _affordable(count: int, fewest: int, size: int) -> int:
    """Return how many of `count` samples of this size take as long as those of a small picture."""
    return min(count, max(fewest, count * _PICTURE // size))
