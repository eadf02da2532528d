"""Write what PyTorch decoded at the validation positions, for `zlide verify`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zlide.bundle import (
    MAX_REFERENCE_BYTES,
    StoredReference,
    Tensors,
    reference_path,
    refuse_other_file,
    sha256,
    write_stored_reference,
)
from zlide.errors import disk_errors
from zlide.modalities import Modality, Positions


@dataclass(frozen=True)
class WrittenReference:
    """The file beside a bundle that has the samples of PyTorch.

    positions: the number of positions in it, of `available`.
    dtype: that of its largest tensor.
    """

    path: Path
    sha256: str
    bytes: int
    positions: int
    available: int
    dtype: str


def store_reference(modality: Modality, positions: Positions, tensors: Tensors) -> StoredReference:
    """Return the reference of samples at N positions.

    If they take more than `MAX_REFERENCE_BYTES`, they are stored in less precision where the kind
    allows it, and then at fewer positions.
    """
    if sum(tensor.nbytes for tensor in tensors.values()) > MAX_REFERENCE_BYTES:
        tensors = modality.compact(tensors)
    return StoredReference(positions.sliders, positions.residual, positions.z, tensors).shortened()


class PendingReference:
    """A reference that is put in place beside the bundle `to` once the bundle is."""

    def __init__(self, to: Path) -> None:
        self.path = reference_path(to)
        self.partial = self.path.with_name(f"{self.path.name}.partial")

    def write(self, reference: StoredReference, available: int) -> WrittenReference:
        """Write the temporary file, whose folder exists by now."""
        write_stored_reference(self.partial, reference)
        largest = max(reference.samples.values(), key=lambda tensor: tensor.nbytes)
        return WrittenReference(
            path=self.path,
            sha256=sha256(self.partial),
            bytes=self.partial.stat().st_size,
            positions=len(reference.z),
            available=available,
            dtype=largest.dtype.name,
        )

    def discard(self) -> None:
        """Remove the temporary file if there is one."""
        with suppress(OSError):
            self.partial.unlink()


@contextmanager
def pending_reference(to: Path) -> Iterator[PendingReference]:
    """Yield a reference for the bundle `to`. Its file is put in place when the block succeeds.

    On errors the old file stays. Raises ZlideError for errors of the disk, and if another file is
    in the way.
    """
    pending = PendingReference(to)
    refuse_other_file(pending.path)
    with disk_errors(pending.path):
        try:
            yield pending
            if pending.partial.exists():
                pending.partial.replace(pending.path)
        finally:
            pending.discard()
