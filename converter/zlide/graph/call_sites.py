"""Where a module calls PyTorch: the layer, and the line of the author's code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

_LIBRARIES = (str(Path(torch.__file__).parent), str(Path(__file__).parents[1]))
"""Code that is not the author's: PyTorch's and zlide's."""


@dataclass(frozen=True)
class CallSite:
    """The path of a layer in the module whose role is `role`, and a line that it runs.

    layer_type: the name of the layer's class. line: file and line of the author's code, or None if
    no such code runs.
    """

    role: str
    layer: str = ""
    layer_type: str = ""
    line: str | None = None

    @property
    def is_hidden(self) -> bool:
        """True if the layer is in a plain list or dict, where eval() does not reach it."""
        return "[" in self.layer

    def __str__(self) -> str:
        path = ".".join(filter(None, (self.role, self.layer)))
        return path if self.line is None else f"{path} ({self.line})"


def call_site(module: object, role: str) -> CallSite:
    """Return the innermost layer of `module` that runs now, and the author's innermost line."""
    return _site(_frames(sys._getframe(1)), module, role)  # noqa: SLF001 (inspect.stack is slow)


def error_site(error: BaseException, module: object, role: str) -> CallSite:
    """Return the innermost layer of `module` that raised an error, and the author's line."""
    frames = reversed([*_traced(error.__traceback__)])
    return _site(frames, module, role)


def _frames(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    while frame is not None:
        yield frame, frame.f_lineno
        frame = frame.f_back


def _traced(traceback: TracebackType | None) -> Iterator[tuple[FrameType, int]]:
    while traceback is not None:
        yield traceback.tb_frame, traceback.tb_lineno
        traceback = traceback.tb_next


def _site(frames: Iterator[tuple[FrameType, int]], module: object, role: str) -> CallSite:
    """Return the site of frames, the innermost first."""
    layers = _layers(module)
    found: tuple[str, str] | None = None
    line: str | None = None
    for frame, number in frames:
        if found is None and frame.f_code.co_argcount:  # a method's first argument is its layer
            found = layers.get(id(frame.f_locals.get(frame.f_code.co_varnames[0])))
        if line is None and not frame.f_code.co_filename.startswith((*_LIBRARIES, "<")):
            line = f"{Path(frame.f_code.co_filename).name}, line {number}"
        if found is not None and line is not None:
            break
    # The innermost line without a layer is that of the caller of the module.
    if found is None and module is not None:
        line = None
    return CallSite(role, *(found or ("", "")), line)


def _layers(module: object) -> dict[int, tuple[str, str]]:
    """Return the path and the class of each layer by its id."""
    if not isinstance(module, nn.Module):
        return {}
    found = {id(child): (path, type(child).__name__) for path, child in module.named_modules()}
    for path, child in module.named_modules():
        for place, hidden in _hidden(child):
            for inner, each in hidden.named_modules():
                full = ".".join(filter(None, (path, place, inner)))
                found.setdefault(id(each), (full, type(each).__name__))
    return found


def _hidden(layer: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """Yield the modules that a layer keeps in plain lists and dicts, by place: "layers[1]"."""
    for name, value in vars(layer).items():
        if name.startswith("_") or not isinstance(value, list | tuple | dict):
            continue
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        yield from ((f"{name}[{key}]", each) for key, each in pairs if isinstance(each, nn.Module))


@dataclass
class Calls:
    """The first calls of a module to each function of PyTorch, by the function's name.

    writes: by the id of a tensor, the first call that wrote to it.
    """

    sites: dict[str, CallSite] = field(default_factory=dict)
    writes: dict[int, CallSite] = field(default_factory=dict)

    def of(self, function: str) -> CallSite | None:
        """Return the first call to a function, by its name or the end of it.

        Names with other underscores and capitals are found, too: ONNX's GridSample is grid_sample,
        and i0 is special_i0.
        """
        wanted = _plain(function)
        names = sorted(self.sites, key=len)
        found = [name for name in names if _plain(name) in {wanted, _OTHER_NAMES.get(wanted)}]
        found += [name for name in names if name.endswith(f"_{function}")]
        return self.sites[found[0]] if found else None


_OTHER_NAMES = {"linalginv": "inverse"}
"""Name of an operator → the function that is another name of it."""


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


class RecordCalls(TorchFunctionMode):
    """Notes where a module calls functions of PyTorch; role: the name of the module."""

    def __init__(self, module: object, role: str) -> None:
        super().__init__()
        self.module, self.role = module, role
        self.calls = Calls()

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = kwargs or {}
        name = _name(func, args, options)
        written = _written(name, args, options)
        if name not in self.calls.sites or written is not None:
            site = call_site(self.module, self.role)
            self.calls.sites.setdefault(name, site)
            if written is not None:
                self.calls.writes.setdefault(id(written), site)
        return func(*args, **options)


BATCH_STATISTICS = "batch_norm without statistics"
"""The name of a batch norm that uses the mean and the variance of its batch."""

_IN_PLACE = {
    "__setitem__": "index_put_",
    "__iadd__": "add_",
    "__isub__": "sub_",
    "__imul__": "mul_",
    "__itruediv__": "div_",
    "__idiv__": "div_",
    "__ifloordiv__": "floor_divide_",
    "__imod__": "remainder_",
    "__ipow__": "pow_",
    "__iand__": "bitwise_and_",
    "__ior__": "bitwise_or_",
    "__ixor__": "bitwise_xor_",
    "__ilshift__": "bitwise_left_shift_",
    "__irshift__": "bitwise_right_shift_",
}
"""Names of operators that write to their first argument."""


def _name(func: Callable[..., Any], args: Any, options: Mapping[str, Any]) -> str:
    """Return the name of a function. Functions that write to their first argument end with "_"."""
    name = str(getattr(func, "__name__", func))
    if name == "batch_norm" and _is_training(5, args, options):
        return BATCH_STATISTICS
    if "dropout" in name and not _is_training(2, args, options):
        return f"{name} without chance"
    return _IN_PLACE.get(name, name)


def _is_training(index: int, args: Any, options: Mapping[str, Any]) -> bool:
    """Return the argument `training`, which is called `train` in torch.* and may be positional."""
    given = args[index] if index < len(args) else options.get("train", False)
    return bool(options.get("training", given))


def written_argument(
    func: Callable[..., Any], args: Any, options: Mapping[str, Any]
) -> Tensor | None:
    """Return the tensor that a function of PyTorch writes to by its name, if it is an argument."""
    return _written(_name(func, args, options), args, options)


def _written(name: str, args: Any, options: Mapping[str, Any]) -> Tensor | None:
    """Return the tensor that a function writes to, if it is an argument."""
    if name == "embedding" and options.get("max_norm") is not None:
        return args[1] if isinstance(args[1], Tensor) else None
    in_place = name.endswith("_") and not name.endswith("__") and args
    return args[0] if in_place and isinstance(args[0], Tensor) else None
