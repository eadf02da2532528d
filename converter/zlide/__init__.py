"""Export a decoder and its axes to a web page that decodes in the browser.

data ──train──▶ checkpoint ──lower──▶ graph ──pack──▶ bundle ──fetch──▶ page
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zlide.axes import Axes, fit_pca, raw_dimensions
    from zlide.errors import ZlideError
    from zlide.exporter import Metadata, export
    from zlide.graph import register_lowering
    from zlide.modalities import register_modality
    from zlide.pictures import Pictures
    from zlide.vocabulary import Vocabulary

__version__ = "0.1.0"
__all__ = [
    "Axes",
    "Metadata",
    "Pictures",
    "Vocabulary",
    "ZlideError",
    "export",
    "fit_pca",
    "raw_dimensions",
    "register_lowering",
    "register_modality",
]

_MODULES = {
    "Metadata": "exporter",
    "Axes": "axes",
    "Pictures": "pictures",
    "Vocabulary": "vocabulary",
    "ZlideError": "errors",
    "export": "exporter",
    "fit_pca": "axes",
    "raw_dimensions": "axes",
    "register_lowering": "graph",
    "register_modality": "modalities",
}


def __getattr__(name: str) -> Any:
    """Import a public name on first use: torch is slow, and `zlide serve` works without it."""
    if name not in _MODULES:
        raise AttributeError(f"module 'zlide' has no attribute {name!r}")
    from importlib import import_module

    from zlide.errors import torch_needed

    with torch_needed(f"zlide.{name}"):
        value = getattr(import_module(f"zlide.{_MODULES[name]}"), name)
    globals()[name] = value
    return value
