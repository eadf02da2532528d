"""Refuse a module that writes to its own weights when it is called: the page has the weights as they were exported."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

import torch
from torch import Tensor, nn

from zlide.errors import ZlideError

_MOST_NAMED = 5

_REMEDY = "keep what a call computes in the state, or compute it once before the export"
_MAX_NORM = (
    "call weight.data.renorm_(2, 0, max_norm) once and set max_norm to None before the export"
)


class ForbidWeightChanges:
    """While it is entered, `module` must not write to its parameters or buffers.

    On exit it raises ZlideError that names each tensor that was written to, in place of any other ZlideError: what else
    went wrong most likely follows from it.
    """

    def __init__(self, where: str, module: object) -> None:
        self.where = where
        self.module = module

    def __enter__(self) -> None:
        self.before = {
            name: (tensor, _version(tensor), tensor.detach().clone())
            for name, tensor in _weights(self.module)
        }

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, ZlideError):
            return
        now = dict(_weights(self.module))
        written = [
            name
            for name, held in self.before.items()
            if name not in now or _is_written(now[name], *held)
        ]
        if written:
            named = ", ".join(_named(self.module, name) for name in written[:_MOST_NAMED])
            more = f" and {len(written) - _MOST_NAMED} more" if len(written) > _MOST_NAMED else ""
            limits = any(
                getattr(_owner(self.module, name), "max_norm", None) is not None for name in written
            )
            problem = f"expected weights that stay as they are, found {named}{more} written to when it is called"
            raise ZlideError(self.where, problem, _MAX_NORM if limits else _REMEDY) from error


def _weights(module: object) -> Iterator[tuple[str, Tensor]]:
    if isinstance(module, nn.Module):
        yield from module.named_parameters()
        yield from module.named_buffers()


def _is_written(now: Tensor, tensor: Tensor, version: int | None, values: Tensor) -> bool:
    """Whether a weight was written to in place, or is another tensor with other numbers. NaN equals itself."""
    if (now is tensor and _version(now) != version) or now.shape != values.shape:
        return True
    return not torch.equal(torch.nan_to_num(now.detach()), torch.nan_to_num(values))


def _version(tensor: Tensor) -> int | None:
    """How often PyTorch saw a tensor written to in place; tensors made in inference mode do not count."""
    return None if tensor.is_inference() else tensor._version  # noqa: SLF001 (documented for autograd, and has no public twin)


def _named(module: object, name: str) -> str:
    return f"{name} ({type(_owner(module, name)).__name__})"


def _owner(module: object, name: str) -> object:
    return (
        module.get_submodule(name.rpartition(".")[0]) if isinstance(module, nn.Module) else module
    )
