"""Ties are tolerated at one position in a thousand; all other differences are reported."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from zlide.parity import (
    MASKED,
    Comparison,
    Difference,
    compare_sentences,
    relative_difference,
    relative_difference_of_values,
)

LOGITS = torch.tensor(
    [  # token → logits of the next token: begin, end, and three words
        [0.0, 0.0, 3.0, 1.0, 0.0],  # after begin: 2
        [9.0, 0.0, 0.0, 0.0, 0.0],
        [0.0, 0.0, 0.0, 2.0, 2.0 - 5e-5],  # after 2: 3, by less than a tie
        [0.0, 5.0, 0.0, 0.0, 1.0],  # after 3: end
        [0.0, 4.0, 3.0, 0.0, 0.0],  # after 4: end
    ]
)


class Table(nn.Module):
    """A decoder whose logits depend on the last token, plus z."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(LOGITS.clone())

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (z,)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        return self.table[token] + state[0], state


def compared(found: list[list[int]], z: Tensor | None = None) -> Comparison:
    expected = [[2, 3]] * len(found)
    return compare_sentences(
        Table(), torch.zeros(len(found), 5) if z is None else z, expected, found, begin=0
    )


def test_equal_sentences_have_no_differences() -> None:
    comparison = compared([[2, 3], [2, 3]])
    assert comparison == Comparison(2)
    assert comparison.equal


def test_tolerates_a_tie_and_lists_its_gap() -> None:
    comparison = compared([[2, 3], [2, 4]])
    assert comparison.wrong == []
    (tie,) = comparison.ties
    assert (tie.index, tie.word, tie.expected, tie.found) == (1, 1, [2, 3], [2, 4])
    assert tie.gap == pytest.approx(5e-5, rel=0.01)


@pytest.mark.parametrize(
    ("found", "word", "gap"), [([3, 3], 0, 2.0), ([2, 3, 4], 2, 4.0), ([], 0, 2.0), ([4], 0, 2.0)]
)
def test_reports_the_first_word_that_differs(found: list[int], word: int, gap: float) -> None:
    comparison = compared([[2, 3], found])
    assert comparison.ties == []
    (difference,) = comparison.wrong
    assert (difference.index, difference.word, difference.expected, difference.found) == (
        1,
        word,
        [2, 3],
        found,
    )
    assert difference.gap == pytest.approx(gap)
    assert not comparison.equal


def test_a_tie_depends_on_the_position() -> None:
    z = torch.zeros(2, 5)
    z[1, 4] = -1.0  # lowers the second-best logit
    comparison = compared([[2, 4], [2, 4]], z)
    assert [d.index for d in comparison.ties] == [0]
    assert [d.index for d in comparison.wrong] == [1]


def test_a_sentence_may_end_early_at_a_tie() -> None:
    assert [d.word for d in compared([[2]]).ties] == [1]


@pytest.mark.parametrize(
    ("positions", "ties", "equal"),
    [(1000, 1, True), (1000, 2, False), (2000, 2, True), (2000, 3, False), (999, 1, False)],
)
def test_tolerates_one_tie_in_a_thousand_positions(
    positions: int, ties: int, *, equal: bool
) -> None:
    tie = Difference(0, 0, [2], [3], 1e-6)
    assert Comparison(positions, [tie] * ties, []).equal is equal


def test_comparing_leaves_the_decoder_in_float32() -> None:
    table = Table()
    compare_sentences(table, torch.zeros(1, 5), [[2, 3]], [[2, 4]], begin=0)
    assert table.table.dtype == torch.float32


def test_relative_difference_treats_equal_infinities_as_equal() -> None:
    inf, nan = float("inf"), float("nan")
    assert relative_difference(torch.tensor([1.0, -inf]), torch.tensor([1.5, -inf])) == 0.5
    assert relative_difference(
        torch.tensor([100.0, 3.0]), torch.tensor([100.0, 4.0])
    ) == pytest.approx(0.01)
    assert relative_difference(torch.tensor([-inf]), torch.tensor([inf])) >= MASKED
    assert relative_difference(torch.tensor([-inf]), torch.tensor([3.0])) >= MASKED
    assert relative_difference(torch.tensor([inf, inf]), torch.tensor([inf, inf])) == 0
    assert not relative_difference(torch.tensor([1.0, nan]), torch.tensor([1.0, nan])) <= 1


def test_large_values_of_samples_are_compared_and_not_masked() -> None:
    ours, inf = torch.tensor([1e38, 2.0]), float("inf")
    assert relative_difference_of_values(ours, ours) == 0
    assert relative_difference_of_values(ours, torch.tensor([2e38, 2.0])) == pytest.approx(1)
    assert relative_difference_of_values(ours, -ours) == pytest.approx(2)
    assert relative_difference_of_values(torch.tensor([0.5]), torch.tensor([0.75])) == 0.25
    assert not relative_difference_of_values(torch.tensor([inf]), torch.tensor([inf])) <= 1
    assert not relative_difference_of_values(ours, torch.tensor([inf, 2.0])) <= 1
