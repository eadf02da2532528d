"""The table of all ops that the evaluator computes."""

from __future__ import annotations

from zlide.graph.evaluator.convolutions import CONVOLUTIONS
from zlide.graph.evaluator.elementwise import ELEMENTWISE
from zlide.graph.evaluator.indexing import INDEXING
from zlide.graph.evaluator.pictures import PICTURES
from zlide.graph.evaluator.products import PRODUCTS
from zlide.graph.evaluator.reductions import REDUCTIONS
from zlide.graph.evaluator.shapes import SHAPES

OPERATIONS = {
    **ELEMENTWISE,
    **REDUCTIONS,
    **SHAPES,
    **INDEXING,
    **PRODUCTS,
    **CONVOLUTIONS,
    **PICTURES,
}
"""Operations by op."""
