"""Context managers that refuse what a graph cannot do: read values in Python, change weights."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from zlide.errors import ZlideError
from zlide.graph import RecordCalls, call_site

_READS = frozenset(
    """
    __bool__ __int__ __float__ __complex__ __index__ __contains__ __array__
    item tolist numpy allclose equal is_nonzero
    """.split()
)

_MAX_LISTED = 5

_KEEP_IN_STATE = "keep what a call computes in the state, or compute it once before the export"
_RENORM_ONCE = (
    "call weight.data.renorm_(2, 0, max_norm) once and set max_norm to None before the export"
)


class ForbidTensorReads(TorchFunctionMode):
    """Refuses Python that reads a value out of `tensors`, or out of anything computed from them.

    `if logits.max() > 1` is such a read. Values that depend only on parameters and buffers may be
    read, since they are the same in every call. Raises ZlideError with the layer of `module`, and
    the file and line of the read.
    """

    def __init__(self, where: str, tensors: Iterable[Tensor], module: object = None) -> None:
        super().__init__()
        self.where, self.module = where, module
        # Holding the tensors keeps their ids from being used again.
        self.tracked = {id(tensor): tensor for tensor in tensors}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        is_tracked = any(id(leaf) in self.tracked for leaf in tree_leaves((args, kwargs)))
        if is_tracked and getattr(func, "__name__", "") in _READS:
            site = call_site(self.module, self.where.partition(".")[0])
            problem = (
                f"Python reads a value out of a tensor at {site.line}, but a graph would keep the "
                "value of one call"
            )
            remedy = "choose with torch.where, and remove checks of values"
            where = f"{site.role}.{site.layer}" if site.layer else self.where
            raise ZlideError(where, problem, remedy)
        result = func(*args, **(kwargs or {}))
        if is_tracked:
            written = args[:1] if func is Tensor.__setitem__ else ()
            leaves = tree_leaves((result, written))
            self.tracked |= {id(leaf): leaf for leaf in leaves if isinstance(leaf, Tensor)}
        return result


class ForbidWeightChanges:
    """Refuses a module that writes to its own parameters or buffers.

    The page has the weights as they were exported. On exit it raises ZlideError with the names of
    the changed tensors, in place of any other ZlideError, whose cause they most likely are.
    """

    def __init__(self, where: str, module: object) -> None:
        self.where = where
        self.module = module

    def __enter__(self) -> None:
        self.record = RecordCalls(self.module, self.where)
        self.modes = ExitStack()
        self.modes.enter_context(self.record)
        self.before = {
            name: (tensor, _version(tensor), tensor.detach().clone())
            for name, tensor in _weights(self.module)
        }

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        self.modes.close()
        if error is not None and not isinstance(error, ZlideError):
            return
        now = dict(_weights(self.module))
        changed = [
            name
            for name, before in self.before.items()
            if name not in now or _has_changed(now[name], *before)
        ]
        changed += [name for name in now if name not in self.before]  # registered by the call
        if not changed:
            return
        owners = {name: _owner(self.module, name) for name in changed}
        listed = [self._described(name, owners[name]) for name in changed[:_MAX_LISTED]]
        more = f" and {len(changed) - _MAX_LISTED} more" if len(changed) > _MAX_LISTED else ""
        problem = (
            "expected weights that a call does not change, "
            f"found changes in {', '.join(listed)}{more}"
        )
        has_max_norm = any(getattr(o, "max_norm", None) is not None for o in owners.values())
        remedy = _RENORM_ONCE if has_max_norm else _KEEP_IN_STATE
        raise ZlideError(self.where, problem, remedy) from error

    def _described(self, name: str, owner: object) -> str:
        """Return the name of a weight with the class of its layer, and the line that wrote it."""
        tensor, *_ = self.before.get(name, (None,))
        site = self.record.calls.writes.get(id(tensor))
        line = f", {site.line}" if site and site.line else ""
        return f"{name} ({type(owner).__name__}{line})"


def _weights(module: object) -> Iterator[tuple[str, Tensor]]:
    if isinstance(module, nn.Module):
        yield from module.named_parameters()
        yield from module.named_buffers()


def _has_changed(now: Tensor, tensor: Tensor, version: int | None, values: Tensor) -> bool:
    """Return whether a weight was written in place or replaced by other numbers.

    NaN counts as equal to NaN.
    """
    if (now is tensor and _version(now) != version) or now.shape != values.shape:
        return True
    return not torch.equal(torch.nan_to_num(now.detach()), torch.nan_to_num(values))


def _version(tensor: Tensor) -> int | None:
    """Return PyTorch's count of in-place writes, or None for a tensor of inference mode."""
    return None if tensor.is_inference() else tensor._version  # noqa: SLF001 (documented for autograd, without a public name)


def _owner(module: object, name: str) -> object:
    path = name.rpartition(".")[0]
    return module.get_submodule(path) if isinstance(module, nn.Module) else module
