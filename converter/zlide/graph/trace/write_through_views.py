"""Trace writes to views of tensors, which PyTorch's exporter forgets."""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from zlide.errors import ZlideError
from zlide.graph.call_sites import call_site, written_argument
from zlide.graph.trace.overlap import after_write, has_layout_of, shares_memory
from zlide.graph.trace.tracer import continue_with, is_tracing, not_traced

_NOTHING_WRITTEN = frozenset(
    """
    detach_ requires_grad_ resize_ resize_as_ set_ squeeze_ unsqueeze_ transpose_ t_ swapaxes_
    swapdims_ as_strided_ share_memory_ rename_ retain_grad
    """.split()
)
"""Methods that change a tensor in place, and none of its numbers."""


class WriteThroughViews(TorchFunctionMode):
    """Gives every tensor its new numbers in the trace once another one in its memory is written.

    `y.diagonal().add_(1)` writes y, but the trace has only a new value of the diagonal. Each write
    goes to a copy of the view, and y becomes a copy with the numbers of the view in their places.

    rows: the size of the batch. module, role: name the layer of what is refused.
    """

    def __init__(self, module: object, role: str, rows: int) -> None:
        super().__init__()
        self.module, self.role, self.rows = module, role, rows
        self._alive: dict[int, list[weakref.ref[Tensor]]] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        if not is_tracing():
            return func(*args, **options)
        self._remember((args, options))
        if isinstance(out := options.get("out"), Tensor):
            del options["out"]
            func, args, options = Tensor.copy_, (out, func(*args, **options)), {}
        result = self._call(func, args, options)
        self._remember(result)
        return result

    def _call(self, func: Callable[..., Any], args: Any, options: Mapping[str, Any]) -> Any:
        written = _written(func, args, options)
        if written is None:
            return func(*args, **options)
        if func is Tensor.__setitem__ and _is_written_already(*args):
            return None
        if func is Tensor.copy_:
            shape = tuple(int(size) for size in written.shape)
            copied = args[1].to(written.dtype).expand(shape)
        elif written._is_view() or self._sharing(written):  # noqa: SLF001 (documented for autograd)
            copied = written.clone()
            swapped = [copied if each is written else each for each in args[:1]]
            named = {key: copied if each is written else each for key, each in options.items()}
            if (result := func(*swapped, *args[1:], **named)) is not copied:
                self._write(written, copied)
                return result
        else:
            return func(*args, **options)
        self._write(written, copied)
        return written

    def _remember(self, value: Any) -> None:
        with not_traced():
            for leaf in tree_leaves(value):
                if isinstance(leaf, Tensor) and leaf.layout == torch.strided and leaf.numel():
                    known = self._alive.setdefault(leaf.untyped_storage().data_ptr(), [])
                    if not any(each() is leaf for each in known):
                        known.append(weakref.ref(leaf))

    def _sharing(self, written: Tensor) -> list[Tensor]:
        """Return other tensors that have a number in the memory of `written`."""
        with not_traced():
            storage = written.untyped_storage().data_ptr()
            known = [each() for each in self._alive.get(storage, [])] if written.numel() else []
            return [
                each
                for each in known
                if each is not None
                and each is not written
                and each.untyped_storage().data_ptr() == storage
                and shares_memory(each, written)
            ]

    def _write(self, written: Tensor, values: Tensor) -> None:
        """Write values to a tensor, and set what the trace has of it and of all that share."""
        others = [(each, self._updated(each, written, values)) for each in self._sharing(written)]
        with not_traced():
            written.copy_(values)
        for tensor, value in [*others, (written, values)]:
            continue_with(tensor, value)

    def _updated(self, tensor: Tensor, written: Tensor, values: Tensor) -> Tensor:
        with not_traced():
            if has_layout_of(tensor, written):
                return values
        if (found := after_write(tensor, written, values, self.rows)) is None:
            site = call_site(self.module, self.role)
            problem = "cannot convert a write to a view of another dtype"
            raise ZlideError(site, problem, "make a new tensor with torch.where or torch.cat")
        return found


def _written(func: Any, args: Any, options: Mapping[str, Any]) -> Tensor | None:
    """Return the tensor whose numbers a function of PyTorch writes, if it is an argument."""
    if getattr(func, "__name__", "") in _NOTHING_WRITTEN:
        return None
    found = written_argument(func, args, options)
    return args[0] if found is None and _is_in_place(func, args, options) else found


def _is_in_place(func: Any, args: Any, options: Mapping[str, Any]) -> bool:
    """Return whether a function such as F.relu is called with inplace=True."""
    if not inspect.isfunction(func) or not (args and isinstance(args[0], Tensor)):
        return False
    try:
        bound = inspect.signature(func).bind(*args, **options)
    except (TypeError, ValueError):
        return False
    return bool(bound.arguments.get("inplace", False))


def _is_written_already(target: Tensor, index: Any, value: Any) -> bool:
    """Return whether a value is the view target[index] itself, as after target[index] += x."""
    if not isinstance(value, Tensor):
        return False
    with not_traced():
        storages = {each.untyped_storage().data_ptr() for each in (target, value)}
        return len(storages) == 1 and has_layout_of(target[index], value)
