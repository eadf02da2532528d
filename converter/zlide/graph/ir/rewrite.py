"""Rewrite graphs by rules: exact, local changes, tried at every value until none applies."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from zlide.graph.ir.value import Value, made_for, with_inputs

Rule = Callable[["Uses", Value], Value | None]
"""Returns what replaces a value, or None if the rule does not apply."""

_MAX_SWEEPS = 200
"""More sweeps than any graph needs: two rules undo each other if they do not end."""


def in_order(outputs: Sequence[Value]) -> Iterator[Value]:
    """Yield all values that `outputs` need, each after its inputs, and once."""
    done: set[Value] = set()
    for output in outputs:
        stack = [(output, iter(output.inputs))]
        while stack:
            value, rest = stack[-1]
            if value in done:
                stack.pop()
                continue
            following = next((each for each in rest if each not in done), None)
            if following is None:
                done.add(value)
                yield value
                stack.pop()
            else:
                stack.append((following, iter(following.inputs)))


class Uses:
    """How often values are read: by other values, and as outputs of the graph."""

    def __init__(self, outputs: Sequence[Value]) -> None:
        self._counts: dict[Value, int] = {}
        for value in in_order(outputs):
            for source in value.inputs:
                self._count(source)
        for output in outputs:
            self._count(output)

    def _count(self, value: Value) -> None:
        self._counts[value] = self._counts.get(value, 0) + 1

    def once(self, value: Value) -> bool:
        """Return whether `value` is read once. A value of this sweep counts as read often."""
        return self._counts.get(value) == 1

    def replaced(self, old: Value, new: Value) -> None:
        """Let `new` be read as often as `old`, besides its other readers."""
        if old is not new:
            self._counts[new] = self._counts.get(new, 0) + self._counts.get(old, 0)


def rewrite(outputs: Sequence[Value], rules: Sequence[Rule]) -> list[Value]:
    """Return the outputs of an equal graph to which none of `rules` applies.

    Values with equal ops, inputs and attributes become one (common subexpression elimination).
    """
    found = list(outputs)
    for _ in range(_MAX_SWEEPS):
        swept = _sweep(found, rules)
        if swept is None:
            return found
        found = swept
    raise RuntimeError("two rules undo each other")


def _sweep(outputs: Sequence[Value], rules: Sequence[Rule]) -> list[Value] | None:
    """Try every rule once at every value. Returns None if nothing changed."""
    uses, new = Uses(outputs), dict[Value, Value]()
    table: dict[object, Value] = {}
    changed = False
    for value in in_order(outputs):
        inputs = tuple(new[each] for each in value.inputs)
        same = all(a is b for a, b in zip(inputs, value.inputs, strict=True))
        current = value if same else with_inputs(value, inputs)
        current = table.setdefault(_key(current), current)
        uses.replaced(value, current)
        changed |= same and current is not value
        with made_for(value.source):
            replacement = next(
                (each for rule in rules if (each := rule(uses, current)) is not None), None
            )
        if replacement is not None:
            changed = True
            current = replacement
        new[value] = current
    return [new[output] for output in outputs] if changed else None


def _key(value: Value) -> object:
    """Return what equal values have in common."""
    if value.array is not None:
        return value.op, value.array.dtype.str, value.array.shape, value.digest
    if value.op == "Placeholder":
        return value.op, value.name
    attributes = tuple(
        (key, tuple(each) if isinstance(each, list) else each)
        for key, each in sorted(value.attributes.items())
    )
    return value.op, tuple(map(id, value.inputs)), attributes
