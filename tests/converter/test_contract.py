"""What a decoder and an encoder must keep to, and the one line that says where they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zlide.contract import check_decoder, check_encoder
from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary

V, H, Z = 6, 5, 4
VOCABULARY = Vocabulary(["<begin>", "<end>", "a", "b", "c", "d"])
Start = Callable[[Tensor], Any]
Step = Callable[[Tensor, Any], Any]


class Told(nn.Module):
    """A decoder that does as it is told, and well otherwise."""

    def __init__(self, start: Start | None = None, step: Step | None = None) -> None:
        super().__init__()
        self.net = nn.Linear(Z, H)
        self.out = nn.Linear(H, V)
        self.told = start, step

    def start(self, z: Tensor) -> Any:
        return self.told[0](z) if self.told[0] else (self.net(z), z)

    def step(self, token: Tensor, state: Any) -> Any:
        return self.told[1](token, state) if self.told[1] else (self.out(state[0]), state)


def refused(decoder: Told) -> str:
    with pytest.raises(ZlideError) as error:
        check_decoder(decoder, torch.randn(5, Z), VOCABULARY)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_good_one_is_given_back_its_first_state() -> None:
    z = torch.randn(5, Z)
    state = check_decoder(Told().eval(), z, VOCABULARY)
    assert [tuple(part.shape) for part in state] == [(5, H), (5, Z)]
    assert torch.equal(state[1], z)


@pytest.mark.parametrize(
    ("start", "says"),
    [
        (lambda z: z, "found (5, 4)"),
        (lambda z: (z, 3), "found ((5, 4), int)"),
        (lambda z: None, "found NoneType"),  # noqa: ARG005
        (lambda z: (), "found ()"),  # noqa: ARG005
        (lambda z: (z[None],), "found ((1, 5, 4))"),
        (lambda z: (z.sum(),), "found (())"),
    ],
)
def test_a_first_state_that_is_none(start: Start, says: str) -> None:
    line = refused(Told(start=start))
    assert line == f"decoder.start: expected a tuple of tensors (5, …), the batch first, {says}; see the contract in zlide/decoders.py"


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (lambda t, s: s[0], "decoder.step: expected (logits, state), found (5, 5); "),  # noqa: ARG005
        (lambda t, s: (torch.zeros(5, V + 1), s), "decoder.step: expected logits (5, 6), one for each word of the vocabulary, found (5, 7); "),  # noqa: ARG005
        (lambda t, s: (torch.zeros(5, 1, V), s), "decoder.step: expected logits (5, 6), one for each word of the vocabulary, found (5, 1, 6); "),  # noqa: ARG005
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0][:, :-1], s[1])),
            "decoder.step: expected the next state shaped as the last, ((5, 5), (5, 4)), found ((5, 4), (5, 4)); ",
        ),
        (
            lambda t, s: (torch.zeros(len(t), V), s[:1]),
            "decoder.step: expected the next state shaped as the last, ((5, 5), (5, 4)), found ((5, 5)); ",
        ),
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0][None],)),
            "decoder.step: expected a tuple of tensors (5, …), the batch first, found ((1, 5, 5)); ",
        ),
        (lambda t, s: 1 // 0, "decoder.step: fails on a batch of 5: ZeroDivisionError: "),  # noqa: ARG005
    ],
)
def test_a_step_that_is_none(step: Step, says: str) -> None:
    assert refused(Told(step=step)).startswith(says)


def test_a_start_that_raises_says_what_it_raised() -> None:
    def start(z: Tensor) -> Any:
        raise RuntimeError(f"not for {tuple(z.shape)}\nand more")

    assert refused(Told(start=start)) == (
        "decoder.start: fails on a batch of 5: RuntimeError: not for (5, 4) and more; see the contract in zlide/decoders.py"
    )


@pytest.mark.parametrize(
    "step",
    [
        lambda t, s: (torch.randn(len(t), V), s),  # chance
        lambda t, s: (s[0].mean(0).repeat(len(t), 2)[:, :V], s),  # the other rows
    ],
)
def test_rows_must_not_depend_on_each_other_or_on_chance(step: Step) -> None:
    assert refused(Told(step=step)).startswith("decoder.step: the logits of a row change by ")


def test_a_state_with_the_layers_first_is_found_even_if_there_are_as_many_layers_as_rows() -> None:
    first = nn.Linear(Z, 5 * H)
    layers = Told(start=lambda z: (first(z).view(-1, 5, H).transpose(0, 1).contiguous(),), step=lambda t, s: (torch.zeros(len(t), V), s))
    assert refused(layers).startswith("decoder.start: expected a tuple of tensors (2, …), the batch first, found ((5, 2, 5)); ")


def test_nan_in_the_weights_is_named() -> None:
    decoder = Told()
    decoder.register_buffer("scale", torch.tensor([float("nan")]))
    decoder.register_buffer("mask", torch.tensor([float("-inf")]))  # as masks have it
    with torch.no_grad():
        decoder.out.weight[0, 0] = float("nan")
    assert refused(decoder) == "decoder: NaN or infinity in out.weight, scale; train again with a lower learning rate"


class Reader(nn.Module):
    """An encoder that counts."""

    def __init__(self, wide: int = Z, *, grow: bool = False) -> None:
        super().__init__()
        self.mean = nn.Linear(2, wide)
        self.grow = grow

    def start(self, batch: int) -> Any:
        return (torch.zeros(batch, 2),)

    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        after = state[0] + torch.stack([forward, backward], 1)
        return (torch.cat([after, after], 1) if self.grow else after,)

    def finish(self, state: Any) -> Any:
        return self.mean(state[0])


def test_encoders() -> None:
    assert [tuple(part.shape) for part in check_encoder(Reader(), Z, VOCABULARY)] == [(3, 2)]
    with pytest.raises(ZlideError, match=r"^encoder.finish: expected posterior means \(3, 4\), found \(3, 7\); "):
        check_encoder(Reader(7), Z, VOCABULARY)
    with pytest.raises(ZlideError, match=r"^encoder.read: expected the next state shaped as the last, \(\(3, 2\)\), found \(\(3, 4\)\); "):
        check_encoder(Reader(grow=True), Z, VOCABULARY)
