"""Read and write pictures as PNG files."""

from __future__ import annotations

import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError
from zlide.files.atomic import atomic_file
from zlide.messages import reason_of


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write pixels (H, W, C) with 1, 3 or 4 channels."""
    from PIL import Image

    picture = Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels)
    with atomic_file(path) as partial, partial.open("wb") as file:
        picture.save(file, "png", optimize=True)


def read_png(
    path: Path, shape: tuple[int, int, int], remedy: str = "train the model again"
) -> NDArray[np.uint8]:
    """Read the pixels (H, W, C) of a PNG file. Raises ZlideError unless it is one of this shape.

    Pillow may use its PNG reader only. One of its other readers starts a program, and several are
    rarely tested and rarely fixed.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG"]) as picture:
                size = (picture.height, picture.width, len(picture.getbands()))
                if size != shape:
                    raise ZlideError(path, f"expected a picture {shape}, found {size}", remedy)
                return np.asarray(picture, np.uint8).reshape(shape)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        problem = f"expected a picture {shape}, found one with far more pixels"
        raise ZlideError(path, problem, remedy) from error
    # Pillow raises any of these for a damaged PNG.
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error) as error:
        raise ZlideError(path, f"expected a PNG, found: {reason_of(error)}", remedy) from error
