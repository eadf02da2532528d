"""Pictures as PNG files, which every browser reads."""

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
    """pixels (H, W, C) of 1, 3 or 4 channels."""
    from PIL import Image

    with atomic_file(path) as beside, beside.open("wb") as file:
        Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(
            file, "png", optimize=True
        )


def read_png(path: Path, shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    """What `write_png` wrote, of this shape. Raises ZlideError for another file, whatever its name.

    Only the PNG reader is tried. Of Pillow's other readers one starts a program, and several are rarely attacked and rarely mended.
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path, formats=["PNG"]) as picture:
                size = (picture.height, picture.width, len(picture.getbands()))
                if size != shape:
                    raise ZlideError(
                        path, f"expected a picture {shape}, found {size}", "train it again"
                    )
                return np.asarray(picture, np.uint8).reshape(shape)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ZlideError(
            path, f"expected a picture {shape}, found one of far more pixels", "train it again"
        ) from error
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        struct.error,
        zlib.error,
    ) as error:  # whatever a damaged PNG makes Pillow raise
        raise ZlideError(
            path, f"expected a PNG, found: {reason_of(error)}", "train it again"
        ) from error
