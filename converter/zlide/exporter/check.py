"""Check a model: its modules keep the contract, and its examples fit them."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from zlide.contract import ForbidWeightChanges, explain_latent_size, freeze, sample_latents
from zlide.exporter.model import Model
from zlide.modalities import Array, Outputs, Samples
from zlide.positions import validation_positions


@dataclass(frozen=True)
class Checked:
    """A model that keeps the contract.

    model: copies of its modules in eval mode and float32.
    z: (B, Z), at which the decoder was called; outputs: what it gave.
    inputs: what the encoder was called with; None without an encoder.
    validation_z: (N, Z), random positions and the examples; samples: what it decoded there.
    remarks: for the author, one line each.
    """

    model: Model
    z: Tensor
    outputs: Outputs
    inputs: Outputs
    validation_z: Array
    samples: Samples
    remarks: tuple[str, ...]


def check(model: Model) -> Checked:
    """Copy the modules of a model, and call them to see that they keep the contract.

    Raises ZlideError for everything in the model that the author can fix.
    """
    modality, axes = model.modality, model.axes[0]
    modality.check_types(model.decoder, model.encoder)
    exact = model.map(lambda module, where: freeze(module, where, "float32"))
    z, validation_z = sample_latents(axes.latent_size), validation_positions(axes, model.latents)
    with ForbidWeightChanges("decoder", exact.decoder):
        with explain_latent_size(
            axes, exact.decoder, lambda z: modality.first_output(exact.decoder, z)
        ):
            outputs = modality.check_decoder(exact.decoder, z)
        samples = modality.decode(exact.decoder, validation_z)
    inputs: Outputs = None
    if exact.encoder is not None:
        with ForbidWeightChanges("encoder", exact.encoder):
            inputs = modality.check_encoder(exact.encoder, outputs, axes.latent_size)
    with torch.no_grad():
        remarks = tuple(modality.check_examples(model.latents, outputs, exact.encoder))
    return Checked(exact, z, outputs, inputs, validation_z, samples, remarks)
