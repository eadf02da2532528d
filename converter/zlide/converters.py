"""The converters that export can use."""

from __future__ import annotations

import importlib.metadata
from enum import StrEnum

from zlide.errors import ZlideError


class Converter(StrEnum):
    """A program that turns lowered modules into graphs of TensorFlow.js, by its name.

    ZLIDE: our own. ONNX_TF: the chain onnx-tf → TensorFlow → tensorflowjs, a second opinion that
    shares only the lowered modules with ours.
    """

    ZLIDE = "zlide"
    ONNX_TF = "onnx-tf"

    def versions(self) -> dict[str, str]:
        """Return the versions of zlide and of the packages that convert, by pip's names.

        Raises ZlideError if one is not installed.
        """
        try:
            return {name: importlib.metadata.version(name) for name in _PACKAGES[self]}
        except importlib.metadata.PackageNotFoundError as error:
            problem = f"expected {', '.join(_PACKAGES[self])}, found no {error.name}"
            raise ZlideError(f"converter {self}", problem, _INSTALL[self]) from error


_PACKAGES = {
    Converter.ZLIDE: ("zlide", "torch", "onnx"),
    Converter.ONNX_TF: ("zlide", "torch", "onnx", "onnx-tf", "tensorflow", "tensorflowjs"),
}

_INSTALL = {
    Converter.ZLIDE: "pip install 'zlide[torch]'",
    Converter.ONNX_TF: "pip install 'zlide[onnx-tf]', on Python 3.11",
}
