"""Choose what a bundle is compared with: module, checkpoint, stored reference or probe."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from zlide.bundle import (
    Manifest,
    read_bundle,
    read_probe,
    read_stored_reference,
    reference_path,
    sha256,
)
from zlide.checkpoint import MODEL, Checkpoint, read_checkpoint
from zlide.errors import ZlideError
from zlide.modalities import Modality, Reference, modality_of, random_positions_and_examples
from zlide.quantization import quantize_weights
from zlide.verify.author_module import AuthorModule, make_modules, reference_from_module
from zlide.verify.compare_content import require_same_content
from zlide.verify.find_reference import find_reference

POSITIONS = 1000
"""Random positions, unless another number is asked for."""

Compute = Callable[[], tuple[Reference, str]]
"""Computes a reference, and describes it in words."""


@dataclass(frozen=True)
class Sources:
    """The sources of references that the user names, and the number of positions.

    positions: None means the default.
    """

    positions: int | None = None
    seed: int = 0
    checkpoints: Sequence[Path] = ()
    references: Sequence[Path] = ()
    modules: Sequence[AuthorModule] = ()

    @property
    def count(self) -> int:
        """The number of positions where any number is possible."""
        return POSITIONS if self.positions is None else self.positions


def plan_references(site: Path, folders: Sequence[str], sources: Sources) -> list[Compute]:
    """Return a function for each bundle of a site that computes its reference.

    folders: the paths of the bundles in the site.
    Raises ZlideError for a bundle that cannot be compared.
    """
    manifests = [read_bundle(site / folder) for folder in folders]
    modules = _modules_by_name(sources.modules, [manifest.name for manifest in manifests])
    return [
        _plan_module(site / folder, manifest, modules[manifest.name], sources)
        if manifest.name in modules
        else _plan(site, site / folder, manifest, sources)
        for folder, manifest in zip(folders, manifests, strict=True)
    ]


def reference_from_checkpoint(checkpoint: Checkpoint, count: int, seed: int) -> Reference:
    """Return `count` random positions, half of them near an example, and all examples."""
    latents, model = list(checkpoint.examples.values()), checkpoint.model
    positions = random_positions_and_examples(checkpoint.axes, latents, count, seed)
    return checkpoint.modality.reference(
        model.decoder, model.encoder, positions, list(checkpoint.examples)
    )


def _modules_by_name(
    modules: Iterable[AuthorModule], names: Sequence[str]
) -> Mapping[str, AuthorModule]:
    """Return the author's modules by the name of their bundle.

    Raises ZlideError for a name that no bundle has or two modules share, and for a module without
    a name where there are several bundles.
    """
    found: dict[str, AuthorModule] = {}
    for module in modules:
        name = names[0] if module.bundle is None and len(names) == 1 else module.bundle
        if name is None or name not in names or name in found:
            problem = f"expected one module for each of the bundles {', '.join(names)}"
            named = "without a name" if name is None else f"for {name}"
            remedy = "give --module NAME=FILE.py:FUNCTION with the name of a bundle"
            raise ZlideError("--module", f"{problem}, found {module} {named}", remedy)
        found[name] = module
    return found


def _plan(site: Path, bundle: Path, manifest: Manifest, sources: Sources) -> Compute:
    checkpoint = _find_checkpoint(manifest, sources.checkpoints)
    if checkpoint is not None:
        return _plan_checkpoint(bundle, manifest, checkpoint, sources)
    path = find_reference(site, manifest, sources.references)
    if path is not None:
        return _plan_file(bundle, manifest, path, sources)
    return _plan_probe(bundle, manifest, sources)


def _plan_module(
    bundle: Path, manifest: Manifest, module: AuthorModule, sources: Sources
) -> Compute:
    modules, modality = make_modules(module), _modality(bundle, manifest)

    def compute() -> tuple[Reference, str]:
        positions = (sources.count, sources.seed)
        reference = reference_from_module(bundle, manifest, modality, modules, positions)
        return reference, f"PyTorch, from {module}"

    return compute


def _plan_checkpoint(
    bundle: Path, manifest: Manifest, checkpoint: Checkpoint, sources: Sources
) -> Compute:
    def compute() -> tuple[Reference, str]:
        quantize_weights(checkpoint.model, manifest.precision)
        require_same_content(bundle, manifest, checkpoint)
        reference = reference_from_checkpoint(checkpoint, sources.count, sources.seed)
        return reference, f"PyTorch, from {checkpoint.folder}"

    return compute


def _plan_file(bundle: Path, manifest: Manifest, path: Path, sources: Sources) -> Compute:
    stored = read_stored_reference(path, len(manifest.axes[0].axes), manifest.latent_size)
    available = len(stored.z)
    count = _limited(manifest, sources.positions, available, f"{path} has", "give --module")
    reference = _modality(bundle, manifest).reference_from_file(
        path, stored.at(slice(count)), manifest
    )
    description = f"PyTorch at export, at {count:,} of the {available:,} positions in {path}"
    return lambda: (reference, description)


def _plan_probe(bundle: Path, manifest: Manifest, sources: Sources) -> Compute:
    modality, reason = _modality(bundle, manifest), _reason_for_probe(manifest)
    probe = read_probe(bundle / manifest.probe, modality.tensor)
    available = len(probe.z)
    count = _limited(
        manifest,
        sources.positions,
        available,
        f"the bundle's probe has ({reason})",
        "give --module or --checkpoint",
    )
    samples = f"{manifest.decoder.samples} {modality.probe_storage}".strip()
    description = (
        f"the bundle's own probe, at {count} of its {available} positions ({reason}); "
        f"compared only {count} {samples}; export it again, or give --module, to compare "
        f"{POSITIONS:,}"
    )
    return lambda: (modality.reference_from_probe(probe.first(count)), description)


def _limited(
    manifest: Manifest, positions: int | None, available: int, source: str, remedy: str
) -> int:
    """Return the number of positions to compare. Raises ZlideError if there are fewer."""
    if positions is not None and positions > available:
        raise ZlideError(
            f"{manifest.name}, --positions",
            f"expected at most {available:,} positions, as many as {source}, found {positions:,}",
            f"leave out --positions, or {remedy}",
        )
    return available if positions is None else positions


def _modality(bundle: Path, manifest: Manifest) -> Modality:
    return modality_of(manifest.decoder.kind).read(bundle, manifest)


def _find_checkpoint(manifest: Manifest, checkpoints: Sequence[Path]) -> Checkpoint | None:
    if manifest.checkpoint is None:
        if checkpoints:
            raise ZlideError(
                manifest.name,
                "expected a bundle that names its checkpoint, found none in its manifest",
                "leave out --checkpoint, or export it with metadata=zlide.Metadata(checkpoint=…)",
            )
        return None
    folders = list(checkpoints) or sorted(
        path.parent for path in Path("weights").glob(f"*/{MODEL}")
    )
    for folder in folders:
        path = folder / MODEL
        if path.is_file() and sha256(path) == manifest.checkpoint:
            return read_checkpoint(folder)
    if checkpoints:
        raise ZlideError(
            ", ".join(map(str, checkpoints)),
            f"expected the checkpoint {manifest.checkpoint[:12]}… "
            f"that {manifest.name} was exported from, found another",
            "export it again, or name its own checkpoint with --checkpoint",
        )
    return None


def _reason_for_probe(manifest: Manifest) -> str:
    """Return why a bundle is compared with its probe and not with a checkpoint."""
    if manifest.checkpoint is None and manifest.reference is None:
        return "the bundle names neither a checkpoint nor a reference"
    if manifest.checkpoint is None:
        name = reference_path(Path(manifest.name)).name
        return f"its reference {name} was not found; name it with --reference"
    for path in Path("weights").glob(f"*/{MODEL}"):
        if path.parent.name.lower() == manifest.name:
            return f"{path.parent} is another model; build the site again to show it"
    return "its checkpoint was not found; name it with --checkpoint"
