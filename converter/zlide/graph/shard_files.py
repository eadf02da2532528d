"""Write weights into files that TensorFlow.js reads, and describe them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARD_BYTES = 4 * 2**20
"""Size of all files but the last: browsers cache no larger ones."""

_NARROWED = {"float64": np.float32, "float16": np.float32, "int64": np.int32}
_DTYPES = {"float32", "int32", "bool"}


@dataclass(frozen=True)
class StoredWeight:
    """A weight as its bytes are stored.

    data: any shape; float32, int32 or bool, or the dtype of the quantization. float64 and int64 are
    narrowed. quantization: how TensorFlow.js makes float32 of it, in the form of model.json.
    """

    name: str
    data: NDArray[Any]
    quantization: Mapping[str, Any] | None = None

    def entry(self) -> dict[str, Any]:
        """Return the description of the weight in model.json."""
        described = {"name": self.name, "shape": list(self.data.shape)}
        if self.quantization is None:
            return {**described, "dtype": self.narrowed().dtype.name}
        quantization = {"dtype": self.data.dtype.name, **self.quantization}
        return {**described, "dtype": "float32", "quantization": quantization}

    def narrowed(self) -> NDArray[Any]:
        """Return the numbers in a dtype of TensorFlow.js.

        Raises ValueError for other dtypes, and for whole numbers that int32 cannot hold.
        """
        if self.quantization is not None:
            return self.data
        kind = self.data.dtype.name
        if kind in _NARROWED:
            narrow = self.data.astype(_NARROWED[kind])
            if kind == "int64" and not np.array_equal(narrow, self.data):
                raise ValueError(f"{self.name}: expected int32, found {self.data.ravel()[:4]}")
            return narrow
        if kind not in _DTYPES:
            raise ValueError(f"{self.name}: expected {', '.join(sorted(_DTYPES))}, found {kind}")
        return self.data


def write_shards(weights: Sequence[StoredWeight], to: Path) -> list[dict[str, Any]]:
    """Write weights, one after the other, into files of `SHARD_BYTES` in the folder `to`.

    Returns the `weightsManifest` of model.json. Raises ValueError for weights that TensorFlow.js
    cannot read.
    """
    data = b"".join(weight.narrowed().tobytes() for weight in weights)
    count = math.ceil(len(data) / SHARD_BYTES)
    paths = [f"group1-shard{i + 1}of{count}.bin" for i in range(count)]
    for i, path in enumerate(paths):
        (to / path).write_bytes(data[i * SHARD_BYTES : (i + 1) * SHARD_BYTES])
    return [{"paths": paths, "weights": [weight.entry() for weight in weights]}]
