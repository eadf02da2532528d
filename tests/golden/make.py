"""Export the golden bundles: a sentence VAE of 12 hidden units and an image VAE of 8 channels.

The weights are seeded. The bundles are committed, and read by pytest, vitest and the browser tests,
so that changes of the format show on both sides.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import zlide
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE

WORDS = (
    "the a this song singer band voice drum guitar night summer river light "
    "slow loud quiet sweet old new "
    "sings plays moves shines falls comes goes like under over with and again home "
    "you we it's don't"
).split()


def make(to: Path) -> None:
    """Export the golden sentence model to `to`."""
    torch.manual_seed(7)
    words = ["<begin>", "<end>", *WORDS]
    model = SentenceVAE(
        SentenceConfig(
            vocabulary=len(words), max_length=8, embedding=8, encoder=8, decoder=12, latent_size=8
        )
    )
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(4.0)  # so that sliders change words
        model.decoder.gru.all_weights[0][0][:, :8] *= 4.0  # so that words depend on the last one
        model.decoder.narrow.weight[:, 12:] *= 0.1
        model.decoder.narrow.weight[:, :12] *= 3.0
        model.decoder.bias[0] -= 20.0  # never the begin token
        model.decoder.bias[1] += 4.0  # so that sentences end
    latents = np.random.default_rng(7).normal(size=(300, 8)).astype(np.float32)
    texts = [
        "the slow river",
        "a quiet voice under the old light",
        "we don't go home",
        "this summer song",
    ]
    zlide.export(
        model.decoder,
        zlide.fit_pca(latents, 7),
        to=to,
        vocabulary=zlide.Vocabulary(words, max_length=8),
        examples=dict(zip(texts, latents, strict=False)),
        points=latents + latents[:, ::-1] / 2 + 0.25,  # correlated, shifted
        encoder=model.encoder,
        title="A golden sentence VAE",
        metadata=zlide.Metadata(license="MIT"),
        reference=False,
    )


class Decoder(nn.Module):
    """z (B, 8) → RGB pixels (B, 12, 16, 3)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(8, 8 * 3 * 4)
        self.up = nn.ConvTranspose2d(8, 8, 4, stride=2, padding=1)
        self.out = nn.ConvTranspose2d(8, 3, 4, stride=2, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = torch.relu(self.first(z)).view(-1, 8, 3, 4)
        return torch.sigmoid(self.out(torch.relu(self.up(x)))).permute(0, 2, 3, 1)


class Encoder(nn.Module):
    """pixels (B, 12, 16, 3) → z (B, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(3, 8, 4, stride=2, padding=1)
        self.mean = nn.Linear(8 * 6 * 8, 8)

    def forward(self, pixels: Tensor) -> Tensor:
        mean: Tensor = self.mean(
            torch.relu(self.convolution(pixels.permute(0, 3, 1, 2))).flatten(1)
        )
        return mean


def make_image(to: Path) -> None:
    """Export the golden image model to `to`, with two sets of axes, examples and an encoder."""
    torch.manual_seed(7)
    decoder, encoder = Decoder(), Encoder()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(3.0)
    latents = np.random.default_rng(7).normal(size=(300, 8)).astype(np.float32)
    first = torch.from_numpy(latents[:4])
    zlide.export(
        decoder,
        [
            zlide.fit_pca(latents, 6),
            zlide.raw_dimensions(latents.mean(0), latents.std(0), [5, 2, 7]),
        ],
        to=to,
        examples={f"frame {i + 1}": z for i, z in enumerate(latents[:4])},
        pictures=zlide.Pictures(decoder(first).detach().numpy(), aspect=16 / 12),
        encoder=encoder,
        title="A golden picture VAE",
        metadata=zlide.Metadata(license="MIT"),
        reference=False,
    )


if __name__ == "__main__":
    make(Path(__file__).parent / "text")
    make_image(Path(__file__).parent / "image")
