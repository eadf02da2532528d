"""Export of an `ImageDecoder` and an `ImageEncoder`."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.bundle import ImageDecoder as DecoderGraphs
from zlide.bundle import ImageEncoder as EncoderGraphs
from zlide.bundle import Poster, Precision, Size, shortest_floats, write_picture_probe
from zlide.decoders import PIXEL_STEP, decode_images, to_bytes
from zlide.errors import ZlideError
from zlide.exporter.contract import sample_latents
from zlide.exporter.freeze import freeze
from zlide.exporter.guards import ForbidWeightChanges
from zlide.exporter.image_contract import check_image_decoder, check_image_encoder
from zlide.exporter.latent_size import explain_latent_size
from zlide.exporter.modality import Latents
from zlide.files import write_png
from zlide.graph import TOLERANCE, Parts, convert_image_decoder, convert_image_encoder, lower
from zlide.parity import relative_difference
from zlide.pictures import Pictures
from zlide.positions import positions_near_examples, validation_positions
from zlide.quantization import choose_precision

PROBES = 8
"""Number of positions in the probe."""

POSITIONS = 64
"""Number of positions at which PyTorch, lowered PyTorch and TensorFlow must decode the same."""

Implementations = Mapping[str, Callable[[Tensor], Tensor]]
"""Name → another implementation of a module."""


class ImageModality:
    """A decoder of pictures and an optional encoder: a `Modality`."""

    positions = POSITIONS
    remarks: tuple[str, ...] = ()

    def __init__(
        self,
        decoder: nn.Module,
        encoder: nn.Module | None,
        axes: Axes,
        latents: Latents,
        pictures: Pictures | None,
        precision: Precision | None,
    ) -> None:
        self.decoder = freeze(decoder, "decoder", "float32")
        if not isinstance(pictures, Pictures | None):
            problem = f"expected zlide.Pictures(frames), found {type(pictures).__name__}"
            raise ZlideError("pictures", problem, "wrap them in zlide.Pictures(…)")
        self.axes, self.latents = axes, latents
        self.z = sample_latents(axes.latent_size)
        z = validation_positions(axes, latents)
        with ForbidWeightChanges("decoder", self.decoder):
            with explain_latent_size(axes, self.decoder, self.decoder):
                pixels = check_image_decoder(self.decoder, self.z)
            exact = decode_images(self.decoder, z)
        self.precision = choose_precision(
            precision, partial(self._count_changed, encoder, z, exact)
        )
        self.decoder = freeze(decoder, "decoder", self.precision.precision)
        self.encoder = (
            None if encoder is None else freeze(encoder, "encoder", self.precision.precision)
        )
        height, width, channels = pixels.shape[1:]
        self.size = Size(height=height, width=width, channels=channels)
        self.aspect = width / height if pictures is None else pictures.aspect
        self.frames = _check_pictures(pictures, latents, (height, width, channels))
        if self.encoder is not None:
            with ForbidWeightChanges("encoder", self.encoder):
                check_image_encoder(self.encoder, pixels, axes.latent_size)
        self.sliders, self.residual, self.positions_z = positions_near_examples(
            axes, latents, POSITIONS
        )

    def convert_decoder(self, folder: Path) -> Parts:
        lowered = lower(self.decoder, "decoder")
        parts = convert_image_decoder(lowered, self.z, folder)
        others: Implementations = {
            "lowered PyTorch": lowered,
            "TensorFlow": lambda z: parts.graphs["decoder/image"].run(z)[0],
        }
        _compare("the decoder", self.decoder, others, torch.from_numpy(self.positions_z))
        return parts

    def convert_encoder(self, folder: Path) -> Parts:
        if self.encoder is None:
            return Parts()
        lowered = lower(self.encoder, "encoder")
        pixels = torch.from_numpy(decode_images(self.decoder, self.positions_z))
        parts = convert_image_encoder(lowered, pixels[: len(self.z)], folder)
        others: Implementations = {
            "lowered PyTorch": lowered,
            "TensorFlow": lambda x: parts.graphs["encoder/image"].run(x)[0],
        }
        _compare("the encoder", self.encoder, others, pixels)
        return parts

    def pack(self, folder: Path, parts: Parts) -> dict[str, Any]:
        z = self.positions_z[:PROBES]
        write_picture_probe(
            folder / "probe.safetensors",
            self.sliders[:PROBES],
            self.residual[:PROBES],
            z,
            to_bytes(decode_images(self.decoder, z)),
        )
        if len(self.frames):
            write_png(folder / "pictures.png", self.frames.reshape(-1, *self.frames.shape[2:]))
        return {
            "decoder": DecoderGraphs(image=parts.graph("decoder/image"), size=self.size),
            "encoder": self.encoder
            and EncoderGraphs(
                image=parts.graph("encoder/image"), size=self.size, aspect=self.aspect
            ),
            "tokens": None,
            "pictures": "pictures.png" if len(self.frames) else None,
            "posters": self._posters(),
        }

    def _count_changed(
        self, encoder: Any, z: NDArray[np.float32], exact: NDArray[np.float32], precision: Precision
    ) -> tuple[int, int]:
        """Return how many of the pictures at z (N, Z) a precision changes, and N.

        A picture has changed if the RMSE of its pixels is above `PIXEL_STEP` or NaN.
        """
        if encoder is not None:
            freeze(encoder, "encoder", precision)  # raises Overflow if its weights do not fit
        found = decode_images(freeze(self.decoder, "decoder", precision), z)
        is_same = np.square(exact - found).mean((1, 2, 3)) <= PIXEL_STEP**2
        return int((~is_same).sum()), len(z)

    def _posters(self) -> list[Poster]:
        """Return the first example with the picture that it decodes to."""
        return [
            Poster(
                text=text,
                sliders=shortest_floats(self.axes.from_z(z[None])[0][0]),
                decoded=base64.b64encode(
                    to_bytes(decode_images(self.decoder, z[None])).tobytes()
                ).decode(),
            )
            for text, z in list(self.latents.items())[:1]
        ]


def _check_pictures(
    pictures: Pictures | None, latents: Latents, shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """Return the pictures of the examples (N, H, W, C), none if there are no examples.

    Raises ZlideError if their number or size differs from the examples and the decoder's pixels.
    """
    frames = np.zeros((0, *shape), np.uint8) if pictures is None else pictures.bytes
    expected = (len(latents), *shape)
    if frames.shape != expected:
        problem = (
            f"expected frames {expected}, one for each example in the decoder's size, "
            f"found {frames.shape}"
        )
        remedy = "give zlide.Pictures(frames), in the order of the examples"
        raise ZlideError("pictures", problem, remedy)
    return frames


@torch.no_grad()
def _compare(
    what: str, module: Callable[[Tensor], Tensor], others: Implementations, inputs: Tensor
) -> None:
    """Raise ZlideError if one of `others` differs from `module` at `inputs`."""
    expected = module(inputs)
    for name, other in others.items():
        difference = relative_difference(expected, other(inputs))
        if not difference <= TOLERANCE:
            problem = f"{what}: {name} differs from PyTorch by {difference:.2g}"
            raise ZlideError("export", problem, "please report this with the module")
