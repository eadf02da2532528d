"""The ConvVAE of Ha & Schmidhuber 2018, "World Models" (arXiv:1803.10122, appendix A.1).

It maps pictures of 64×64 pixels to a Gaussian over z, and z back to a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SIDE = 64
"""Height and width of a picture, in pixels."""


@dataclass(frozen=True)
class WorldConfig:
    """Sizes of a world's VAE; the layers have the paper's sizes."""

    latent_size: int

    def __post_init__(self) -> None:
        if self.latent_size < 1:
            raise ValueError(f"latent_size is {self.latent_size}, expected at least 1")


class WorldEncoder(nn.Module):
    """Pixels → posterior; implements `ImageEncoder`."""

    def __init__(self, config: WorldConfig) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 32, 4, stride=2)
        self.conv2 = nn.Conv2d(32, 64, 4, stride=2)
        self.conv3 = nn.Conv2d(64, 128, 4, stride=2)
        self.conv4 = nn.Conv2d(128, 256, 4, stride=2)
        self.mean = nn.Linear(2 * 2 * 256, config.latent_size)
        self.logvar = nn.Linear(2 * 2 * 256, config.latent_size)

    def posterior(self, pixels: Tensor) -> tuple[Tensor, Tensor]:
        """Encode pixels (B, 64, 64, 3) in [0, 1] as mean and log variance, each (B, Z)."""
        x = self._features(pixels)
        return self.mean(x), self.logvar(x)

    def forward(self, pixels: Tensor) -> Tensor:
        """Return the posterior mean (B, Z) of pixels (B, 64, 64, 3) in [0, 1]."""
        mean: Tensor = self.mean(self._features(pixels))
        return mean

    def _features(self, pixels: Tensor) -> Tensor:
        x = pixels.permute(0, 3, 1, 2)  # (B, 3, 64, 64)
        for conv in (self.conv1, self.conv2, self.conv3, self.conv4):
            x = F.relu(conv(x))
        return x.permute(0, 2, 3, 1).flatten(1)  # (B, 1024), rows, columns, channels


class WorldDecoder(nn.Module):
    """z → pixels; implements `ImageDecoder`."""

    def __init__(self, config: WorldConfig) -> None:
        super().__init__()
        self.first = nn.Linear(config.latent_size, 1024)
        self.deconv1 = nn.ConvTranspose2d(1024, 128, 5, stride=2)
        self.deconv2 = nn.ConvTranspose2d(128, 64, 5, stride=2)
        self.deconv3 = nn.ConvTranspose2d(64, 32, 6, stride=2)
        self.deconv4 = nn.ConvTranspose2d(32, 3, 6, stride=2)

    def forward(self, z: Tensor) -> Tensor:
        """Decode z (B, Z) to pixels (B, 64, 64, 3) in [0, 1]."""
        x = self.first(z)[:, :, None, None]  # (B, 1024, 1, 1)
        for deconv in (self.deconv1, self.deconv2, self.deconv3):
            x = F.relu(deconv(x))
        return torch.sigmoid(self.deconv4(x)).permute(0, 2, 3, 1)

    @torch.no_grad()
    def merge(self) -> None:
        """Merge the linear layers `first` and `deconv1` into `deconv1`, in place.

        Afterwards `first` only passes on z and a constant, and the output is equal up to rounding.
        Export merges the two layers as well. A merged layer can be trained in the precision that
        it is shipped in.
        """
        inputs = self.first.in_features
        first, bias, kernels = (
            p.double() for p in (self.first.weight, self.first.bias, self.deconv1.weight)
        )  # (1024, Z), (1024,), (1024, O, K, K)
        product, term = (
            torch.tensordot(first, kernels, ([0], [0])),
            torch.tensordot(bias, kernels, 1),
        )  # (Z, O, K, K), (O, K, K)
        constant = 2.0 ** torch.log2(term.abs().max() / product.abs().max()).ceil().item()
        for weights in (self.first.weight, self.first.bias, self.deconv1.weight):
            weights.zero_()
        self.first.weight[:inputs].fill_diagonal_(1)
        self.first.bias[inputs] = constant
        self.deconv1.weight[:inputs] = product
        self.deconv1.weight[inputs] = term / constant


class WorldVAE(nn.Module):
    """Encoder and decoder."""

    def __init__(self, config: WorldConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = WorldEncoder(config)
        self.decoder = WorldDecoder(config)
