"""Find numbers on a module that its calls change: self.calls += 1."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from zlide.errors import ZlideError

Numbers = Mapping[str, int | float]


def numbers_of(module: nn.Module) -> Numbers:
    """Return the numbers that a module and its layers keep, by their paths."""
    return {
        f"{path}.{name}".removeprefix("."): value
        for path, layer in module.named_modules()
        for name, value in vars(layer).items()
        if isinstance(value, int | float) and name != "training"
    }


def cause_of_counting(module: nn.Module, before: Numbers, error: ZlideError) -> ZlideError | None:
    """Return `error` with the number that calls have changed, or None if there is none."""
    changed = [
        f"self.{name.rpartition('.')[2]} of {name.rpartition('.')[0] or type(module).__name__}"
        f" from {before.get(name, 'nothing')} to {now}"
        for name, now in numbers_of(module).items()
        if before.get(name) != now
    ]
    if not changed:
        return None
    problem = (
        f"expected the same result in every call, found that calls change {changed[0]}: "
        f"{error.problem}"
    )
    remedy = "keep nothing on self between calls; what a step of text needs belongs in the state"
    return ZlideError(error.where, problem, remedy)
