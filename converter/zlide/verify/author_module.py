"""The author's own decoder, made by a function in a file of the author."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zlide.bundle import AxesSet, Manifest, read_examples
from zlide.contract import copy_untouched, freeze, sample_latents
from zlide.errors import ZlideError
from zlide.modalities import Modality, Reference, random_positions_and_examples
from zlide.verify.bundle_axes import read_bundle_axes

_MODULE = "zlide_author_module"
"""The name under which the author's file is imported."""

_REMEDY = "give --module FILE.py:FUNCTION, whose function returns the decoder, or also its encoder"


@dataclass(frozen=True)
class AuthorModule:
    """A function in a file, as `--module` names it.

    bundle: the name of the bundle whose decoder it makes. None if the site has only one bundle.
    """

    bundle: str | None
    file: Path
    function: str

    def __str__(self) -> str:
        return f"{self.file}:{self.function}"


def parse_module(text: str) -> AuthorModule:
    """Parse `[NAME=]FILE.py:FUNCTION`. Raises ZlideError for any other text."""
    path, colon, function = text.rpartition(":")
    name, equals, file = path.partition("=")
    if not equals:
        name, file = "", path
    if not (colon and function.isidentifier() and file.endswith(".py")):
        raise ZlideError("--module", f"expected FILE.py:FUNCTION, found {text!r}", _REMEDY)
    return AuthorModule(name or None, Path(file), function)


def make_modules(source: AuthorModule) -> tuple[Any, Any]:
    """Import the file, call its function, and return the decoder and the encoder or None.

    The folder of the file comes first on the import path meanwhile, as when Python runs the file.
    Raises ZlideError for a missing file or function, and for whatever the code raises.
    """
    if not source.file.is_file():
        raise ZlideError(source.file, "expected a Python file, found none", _REMEDY)
    with _imports_from(source.file.resolve().parent):
        try:
            made = getattr(_import(source.file), source.function)()
        except Exception as error:  # the author's code may raise anything
            problem = f"cannot make the decoder: {type(error).__name__}: {error}"
            raise ZlideError(source, problem, _REMEDY) from error
    if isinstance(made, tuple):
        if len(made) == 2:
            return made
        raise ZlideError(source, f"expected (decoder, encoder), found {len(made)} values", _REMEDY)
    return made, None


def reference_from_module(
    bundle: Path,
    manifest: Manifest,
    modality: Modality,
    modules: tuple[Any, Any],
    positions: tuple[int, int],
) -> Reference:
    """Decode random positions and the examples of a bundle with the author's modules.

    positions: the number of random ones, and their seed. The weights get the bundle's precision.
    Raises ZlideError for modules that do not keep the contract.
    """
    decoder, encoder = modules
    if encoder is not None and manifest.encoder is None:
        problem = "expected a decoder alone, for a bundle without encoder, found an encoder too"
        raise ZlideError(f"{manifest.name}, --module", problem, "return the decoder")
    modality.check_types(decoder, encoder)
    modality.check_decoder(copy_untouched(decoder, "decoder"), sample_latents(manifest.latent_size))
    shown: AxesSet = manifest.axes[0]
    axes = read_bundle_axes(bundle, shown, manifest.latent_size)
    examples = read_examples(bundle / manifest.examples, axes) if manifest.examples else {}
    count, seed = positions
    return modality.reference(
        freeze(decoder, "decoder", manifest.precision),
        None if encoder is None else freeze(encoder, "encoder", manifest.precision),
        random_positions_and_examples(axes, list(examples.values()), count, seed),
        list(examples),
    )


def _import(file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(_MODULE, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@contextmanager
def _imports_from(folder: Path) -> Iterator[None]:
    before = list(sys.path)
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path[:] = before
