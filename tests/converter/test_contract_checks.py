"""What a decoder and an encoder must keep to, and the one line that says where they do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.exporter.contract import check_decoder, check_encoder
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
        (lambda z: (z[None].double(),), "found ((1, 5, 4) float64)"),
    ],
)
def test_a_first_state_that_is_none(start: Start, says: str) -> None:
    line = refused(Told(start=start))
    assert (
        line
        == f"decoder.start: expected a tuple of tensors (5, …), the batch first, {says}; see the contract in zlide/decoders.py"
    )


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (lambda t, s: s[0], "decoder.step: expected (logits, state), found (5, 5); "),  # noqa: ARG005
        (
            lambda t, s: (torch.zeros(5, V + 1), s),
            "decoder.step: expected logits (5, 6), one for each word of the vocabulary, found (5, 7); ",
        ),  # noqa: ARG005
        (
            lambda t, s: (torch.zeros(5, 1, V), s),
            "decoder.step: expected logits (5, 6), one for each word of the vocabulary, found (5, 1, 6); ",
        ),  # noqa: ARG005
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0][:, :-1], s[1])),
            "decoder.step: expected the next state shaped as the last, ((5, 5), (5, 4)), found ((5, 4), (5, 4)); ",
        ),
        (
            lambda t, s: (torch.zeros(len(t), V, dtype=torch.int64), s),
            "decoder.step: expected logits (5, 6), one for each word of the vocabulary, found (5, 6) int64; ",
        ),
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0].double(), s[1])),
            "decoder.step: expected the next state shaped as the last, ((5, 5), (5, 4)), found ((5, 5) float64, (5, 4)); ",
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


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.float16])
def test_a_state_of_what_does_not_travel(dtype: torch.dtype) -> None:
    reason_of = f"(({5}, 4), (5,) {dtype})".replace("torch.", "")
    assert refused(Told(start=lambda z: (z, torch.zeros(len(z), dtype=dtype)))) == (
        f"decoder.start: expected a state of float32 or int64, found {reason_of}; keep it with .float(), yes and no as 1 and 0"
    )


def test_a_state_of_nothing() -> None:
    assert refused(Told(start=lambda z: (z, torch.zeros(len(z), 0)))) == (
        "decoder.start: expected a state that holds numbers, found ((5, 4), (5, 0)); leave out what is empty"
    )


def test_rows_must_not_depend_on_each_other() -> None:
    line = refused(Told(step=lambda t, s: (s[0].mean(0).repeat(len(t), 2)[:, :V], s)))
    assert line.startswith("decoder.step: the logits of a row change by ")
    assert line.endswith(
        " with the rows beside it; keep the batch first in every state, and the rows apart"
    )


class Remembering(Told):
    """Keeps on itself what belongs into the state."""

    kept: Any = 0.0

    def start(self, z: Tensor) -> Any:
        self.kept = self.keep(z)
        return super().start(z)

    def step(self, token: Tensor, state: Any) -> Any:
        logits, after = super().step(token, state)
        return logits + self.kept, after

    def keep(self, z: Tensor) -> Any:
        return z[:, :1]


class Averaging(Remembering):
    def keep(self, z: Tensor) -> Any:
        return z.mean()


class Counting(Remembering):
    """As many steps as there were since start."""

    def keep(self, z: Tensor) -> Any:  # noqa: ARG002
        return 0.0

    def step(self, token: Tensor, state: Any) -> Any:
        self.kept += 1.0
        return super().step(token, state)


class OnItself(Remembering):
    """The whole recurrence on itself, of the first rows' size."""

    def keep(self, z: Tensor) -> Any:
        return self.net(z)

    def step(self, token: Tensor, state: Any) -> Any:  # noqa: ARG002
        self.kept = torch.tanh(self.kept)
        return self.out(self.kept), state


class Constant(Remembering):
    """The same in every call: no harm."""

    def keep(self, z: Tensor) -> Any:  # noqa: ARG002
        return torch.arange(V) * 0.1


REMEDY = "put what is kept on self into the state, and leave chance out"


@pytest.mark.parametrize(
    ("decoder", "says"),
    [
        (
            Remembering(),
            "cannot go on from a state once start has begun another (fails on a batch of 5: RuntimeError: The size of tensor a (5) must ",
        ),
        (
            OnItself(),
            "cannot go on from a state once start has begun another (expected logits (5, 6), one for each word of the vocabulary, found (2, 6))",
        ),
        (Averaging(), "the logits of one and the same state change by "),
        (Counting(), "the logits of one and the same state change by "),
        (
            Told(step=lambda t, s: (torch.randn(len(t), V), s)),
            "the logits of one and the same state change by ",
        ),
    ],
)
def test_what_is_said_must_come_of_the_state_alone(decoder: Told, says: str) -> None:
    line = refused(decoder)
    assert line.startswith(f"decoder.step: {says}")
    assert line.endswith(f"; {REMEDY}")


def test_a_constant_may_be_kept() -> None:
    assert len(check_decoder(Constant().eval(), torch.randn(5, Z), VOCABULARY)) == 2


def test_writing_into_a_state_is_found() -> None:
    decoder = Told(step=lambda t, s: (torch.ones(len(t), V), (s[0].add_(1), s[1])))
    assert (
        refused(decoder)
        == "decoder.step: writes into the state that it is given; make a new tensor: h = h + x, not h += x"
    )


def test_logits_that_are_no_numbers() -> None:
    assert refused(Told(step=lambda t, s: (torch.full((len(t), V), float("nan")), s))).startswith(
        "decoder.step: its logits hold NaN; "
    )


LOOKS: list[Callable[[Tensor], Any]] = [
    lambda logits: logits * 2 if logits.max() > 0 else logits,
    lambda logits: logits + int((logits * 2).argmax()),
    lambda logits: logits + len(logits[0].tolist()),
    lambda logits: logits + float(logits.numpy().max()),
    lambda logits: logits + (1.0 in logits),
    lambda logits: logits + written(logits).item(),
]


def written(logits: Tensor) -> Tensor:
    into = torch.zeros(1)
    into[:] = logits[0, 0]
    return into


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.needs_conversion
def test_python_that_looks_at_numbers_is_found_by_its_line(
    look: Callable[[Tensor], Tensor],
) -> None:
    assert refused(Told(step=lambda t, s: (look(torch.ones(len(t), V) * s[0][:, :1]), s))) == (
        f"decoder.step: Python reads a value out of a tensor at test_contract.py, line {look.__code__.co_firstlineno}, "
        "and a graph holds only what it read once; choose with torch.where, and take checks of values out"
    )


def test_the_modules_own_numbers_may_be_looked_at() -> None:
    flag, scale = torch.ones(3), nn.Parameter(torch.tensor(2.0))
    decoder = Told(
        step=lambda t, s: (torch.ones(len(t), V) * (scale.item() if flag.all() else 1), s)
    )
    check_decoder(decoder.eval(), torch.randn(5, Z), VOCABULARY)
    onehot = Told(
        step=lambda t, s: (nn.functional.one_hot(t, V).float(), s)
    )  # PyTorch looks at the token itself
    check_decoder(onehot.eval(), torch.randn(5, Z), VOCABULARY)


def test_a_state_with_the_layers_first_is_found_even_if_there_are_as_many_layers_as_rows() -> None:
    first = nn.Linear(Z, 5 * H)
    layers = Told(
        start=lambda z: (first(z).view(-1, 5, H).transpose(0, 1).contiguous(),),
        step=lambda t, s: (torch.zeros(len(t), V), s),
    )
    assert refused(layers).startswith(
        "decoder.start: expected a tuple of tensors (2, …), the batch first, found ((5, 2, 5)); "
    )


def test_nan_in_the_weights_is_named() -> None:
    decoder = Told()
    decoder.register_buffer("scale", torch.tensor([float("nan")]))
    decoder.register_buffer("mask", torch.tensor([float("-inf")]))  # as masks have it
    with torch.no_grad():
        decoder.out.weight[0, 0] = float("nan")
    assert (
        refused(decoder)
        == "decoder: NaN or infinity in out.weight, scale; train again with a lower learning rate"
    )


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


class Mixing(Reader):
    """Each row sees the words of all."""

    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        return super().read(forward, backward * 0 + forward.sum(), state)


class Collecting(Reader):
    """Keeps the words on itself."""

    words: tuple[Tensor, ...]

    def start(self, batch: int) -> Any:
        self.words = ()
        return super().start(batch)

    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        self.words += (forward,)
        return super().read(forward, backward, state)

    def finish(self, state: Any) -> Any:
        return self.mean(state[0] + torch.stack(self.words, 1).sum(1, keepdim=True))


class Chancy(Reader):
    def finish(self, state: Any) -> Any:
        return nn.functional.dropout(super().finish(state))


class Looking(Reader):
    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        return super().read(forward, backward, state) if forward[0] > 2 else state


@pytest.mark.parametrize(
    ("encoder", "says"),
    [
        (Mixing(), "encoder: the posterior means of a row change by "),
        (
            Collecting(),
            "encoder: cannot go on from a state once start has begun another (fails on a batch of 5: RuntimeError: ",
        ),
        (Chancy(), "encoder: the posterior means of one and the same state change by "),
        (
            Looking(),
            "encoder.read: Python reads a value out of a tensor at test_contract.py, line ",
        ),
    ],
)
@pytest.mark.needs_conversion
def test_rows_of_encoders_are_tried_as_those_of_decoders(encoder: Reader, says: str) -> None:
    with pytest.raises(ZlideError) as error:
        check_encoder(encoder.eval(), Z, VOCABULARY)
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)


def test_encoders() -> None:
    assert [tuple(part.shape) for part in check_encoder(Reader(), Z, VOCABULARY)] == [(5, 2)]
    with pytest.raises(
        ZlideError, match=r"^encoder.finish: expected posterior means \(5, 4\), found \(5, 7\); "
    ):
        check_encoder(Reader(7), Z, VOCABULARY)
    with pytest.raises(
        ZlideError,
        match=r"^encoder.read: expected the next state shaped as the last, \(\(5, 2\)\), found \(\(5, 4\)\); ",
    ):
        check_encoder(Reader(grow=True), Z, VOCABULARY)
