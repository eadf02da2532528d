"""Pictures: an `ImageDecoder` and an `ImageEncoder` on their way into a bundle."""

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
from zlide.bundle import Poster, Precision, Size, shortest, write_picture_probe
from zlide.decoders import PIXEL_STEP, decode_images, to_bytes
from zlide.errors import ZlideError
from zlide.exporter.contract import check_image_decoder, check_image_encoder, some_latents
from zlide.exporter.freeze import freeze
from zlide.exporter.latent_width import explain_latent_width
from zlide.exporter.modality import Latents
from zlide.exporter.weight_changes import ForbidWeightChanges
from zlide.files import write_png
from zlide.graph import TOLERANCE, Parts, convert_image_decoder, convert_image_encoder, lower
from zlide.parity import relative_difference
from zlide.pictures import Pictures
from zlide.positions import positions_near_examples, validation_positions
from zlide.quantization import choose_precision

PROBES = 8
"""Positions in a bundle at which the page can check itself."""

POSITIONS = 64
"""Random positions, in σ, at which PyTorch, lowered PyTorch and TensorFlow must paint the same pictures."""


Painters = Mapping[str, Callable[[Tensor], Tensor]]


class ImageModality:
    """A decoder of pictures: a `Kind`."""

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
            raise ZlideError(
                "pictures",
                f"expected zlide.Pictures(frames), found {type(pictures).__name__}",
                "put them into zlide.Pictures(…)",
            )
        self.axes, self.latents = axes, latents
        self.z = some_latents(axes.latent_size)
        z = validation_positions(axes, latents)
        with ForbidWeightChanges("decoder", self.decoder):
            with explain_latent_width(axes, self.decoder, self.decoder):
                painted = check_image_decoder(self.decoder, self.z)
            exact = decode_images(self.decoder, z)
        self.chosen = choose_precision(precision, partial(self._changed_by, encoder, z, exact))
        self.decoder = freeze(decoder, "decoder", self.chosen.precision)
        self.encoder = (
            None if encoder is None else freeze(encoder, "encoder", self.chosen.precision)
        )
        height, width, channels = painted.shape[1:]
        self.size = Size(height=height, width=width, channels=channels)
        self.aspect = width / height if pictures is None else pictures.aspect
        self.frames = _of_examples(latents, pictures, (height, width, channels))
        if self.encoder is not None:
            with ForbidWeightChanges("encoder", self.encoder):
                check_image_encoder(self.encoder, painted, axes.latent_size)
        self.sliders, self.residual, self.positions_z = positions_near_examples(
            axes, latents, POSITIONS
        )

    def convert_decoder(self, folder: Path) -> Parts:
        lowered = lower(self.decoder, "decoder")
        parts = convert_image_decoder(lowered, self.z, folder)
        others: Painters = {
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
        others: Painters = {
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

    def _changed_by(
        self, encoder: Any, z: NDArray[np.float32], exact: NDArray[np.float32], precision: Precision
    ) -> tuple[int, int]:
        """Pictures count as others whose pixels are further away than `PIXEL_STEP`, by the root of their mean square."""
        if encoder is not None:
            freeze(encoder, "encoder", precision)  # whose weights must hold, too
        found = decode_images(freeze(self.decoder, "decoder", precision), z)
        return int((~(np.square(exact - found).mean((1, 2, 3)) <= PIXEL_STEP**2)).sum()), len(
            z
        )  # what is no number is another

    def _posters(self) -> list[Poster]:
        """The first example and what it decodes to."""
        some = dict(list(self.latents.items())[:1])
        rows = [
            (text, self.axes.from_z(z[None])[0][0], to_bytes(decode_images(self.decoder, z[None])))
            for text, z in some.items()
        ]
        return [
            Poster(
                text=text, sliders=shortest(at), decoded=base64.b64encode(pixels.tobytes()).decode()
            )
            for text, at, pixels in rows
        ]


def _of_examples(
    latents: Latents, pictures: Pictures | None, shape: tuple[int, int, int]
) -> NDArray[np.uint8]:
    """The pictures of the examples, as many and of the size that the decoder paints."""
    frames = np.zeros((0, *shape), np.uint8) if pictures is None else pictures.bytes
    if frames.shape != (len(latents), *shape):
        problem = f"expected frames {(len(latents), *shape)}, one for each example and as the decoder paints them, found {frames.shape}"
        raise ZlideError(
            "pictures", problem, "give zlide.Pictures(frames), in the order of the examples"
        )
    return frames


@torch.no_grad()
def _compare(
    what: str, module: Callable[[Tensor], Tensor], others: Painters, inputs: Tensor
) -> None:
    expected = module(inputs)
    for name, other in others.items():
        difference = relative_difference(expected, other(inputs))
        if not difference <= TOLERANCE:
            raise ZlideError(
                "export",
                f"{what}: {name} differs from PyTorch by {difference:.2g}",
                "please report this with the module",
            )
