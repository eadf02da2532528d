"""Make the golden bundle: a sentence VAE of twelve hidden units with seeded weights, through the real exporter.

It is committed and read by pytest, vitest and the browser tests: a change of the format shows on both sides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

import zlide
from zlide.models.sentence import SentenceConfig, SentenceVAE

WORDS = (
    "the a this song singer band voice drum guitar night summer river light slow loud quiet sweet old new "
    "sings plays moves shines falls comes goes like under over with and again home you we it's don't"
).split()


def make(to: Path) -> None:
    """Export the golden model into `to`, a folder of its own."""
    torch.manual_seed(7)
    words = ["<begin>", "<end>", *WORDS]
    model = SentenceVAE(SentenceConfig(vocabulary=len(words), longest=8, embedding=8, encoder=8, decoder=12, latent=8))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0)  # sharper than an untrained model, so that sliders change words
        model.decoder.gru.all_weights[0][0][:, :8] *= 4.0  # and one word the next
        model.decoder.narrow.weight[:, 12:] *= 0.1
        model.decoder.narrow.weight[:, :12] *= 3.0
        model.decoder.bias[0] -= 20.0  # never begin again
        model.decoder.bias[1] += 4.0  # so that sentences end
    latents = np.random.default_rng(7).normal(size=(300, 8)).astype(np.float32)
    texts = ["the slow river", "a quiet voice under the old light", "we don't go home", "this summer song"]
    zlide.export(
        model.decoder,
        zlide.fit_pca(latents, 7),
        to=to,
        vocabulary=zlide.Vocabulary(words, longest=8),
        examples=dict(zip(texts, latents, strict=False)),
        encoder=model.encoder,
        title="A golden sentence VAE",
        about=zlide.About(licence="MIT"),
    )


if __name__ == "__main__":
    make(Path(__file__).parent / "text")
