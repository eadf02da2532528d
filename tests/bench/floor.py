"""The matrix products of a decode, and nothing else: what no scheduling can beat."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from zlide.axes import Axes
from zlide.checkpoint.networks.sentence import SentenceDecoder
from zlide.checkpoint.networks.world import WorldDecoder


@dataclass(frozen=True)
class Product:
    """(rows, inner) by (inner, columns), for one sample."""

    rows: int
    inner: int
    columns: int

    @property
    def multiplications(self) -> int:
        """How many numbers are multiplied."""
        return self.rows * self.inner * self.columns


def of_axes(axes: Axes) -> Product:
    """Sliders to z."""
    return Product(1, axes.count, axes.latent_size)


def of_sentence(decoder: SentenceDecoder) -> tuple[list[Product], list[Product]]:
    """Return the products before the first word, and those of each word, without folding any."""
    config = decoder.config
    e, h, z, v = config.embedding, config.decoder, config.latent_size, config.vocabulary
    return [Product(1, z, h), Product(1, z, 3 * h), Product(1, z, e)], [
        Product(1, e, 3 * h),
        Product(1, h, 3 * h),
        Product(1, h, e),
        Product(1, e, v),
    ]


def of_picture(decoder: WorldDecoder) -> list[Product]:
    """Return each transposed convolution as the product of every input pixel with its kernel."""
    products, side = [Product(1, decoder.first.in_features, decoder.first.out_features)], 1
    for layer in (part for part in decoder.children() if isinstance(part, nn.ConvTranspose2d)):
        kernel, stride = layer.kernel_size[0], layer.stride[0]
        products.append(
            Product(side * side, layer.in_channels, layer.out_channels * kernel * kernel)
        )
        side = (side - 1) * stride + kernel
    return products
