"""Compute linear algebra of weights while a module is traced, since no backend has it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from zlide.graph.trace.tracer import depends_on_inputs, is_tracing, not_traced

_NAMES = frozenset(
    """
    inverse pinverse det logdet slogdet cholesky cholesky_inverse cholesky_solve qr svd lu_solve
    matrix_exp matrix_power triangular_solve
    """.split()
)


class FoldLinearAlgebra(TorchFunctionMode):
    """Takes linear algebra out of the trace where it does not depend on the inputs of the module.

    The trace then has its result as a constant. inputs: how many the module has.
    """

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.inputs = inputs

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        name = getattr(func, "__name__", "")
        is_known = name.startswith("linalg_") or name in _NAMES
        if is_known and is_tracing() and not self._has_inputs((args, options)):
            with not_traced():
                return func(*args, **options)
        return func(*args, **options)

    def _has_inputs(self, values: Any) -> bool:
        leaves = [leaf for leaf in tree_leaves(values) if isinstance(leaf, Tensor)]
        return any(depends_on_inputs(leaf, self.inputs) for leaf in leaves)
