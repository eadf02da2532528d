"""The contract of text decoders and encoders, and the one line that a breach of it gets."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.modalities.text.contract import check_text_decoder, check_text_encoder
from zlide.vocabulary import Vocabulary

V, H, Z = 6, 5, 4
VOCABULARY = Vocabulary(["<begin>", "<end>", "a", "b", "c", "d"])
Start = Callable[[Tensor], Any]
Step = Callable[[Tensor, Any], Any]


class Custom(nn.Module):
    """A correct decoder, of which start and step can be replaced."""

    def __init__(self, start: Start | None = None, step: Step | None = None) -> None:
        super().__init__()
        self.net = nn.Linear(Z, H)
        self.out = nn.Linear(H, V)
        self.custom = start, step

    def start(self, z: Tensor) -> Any:
        return self.custom[0](z) if self.custom[0] else (self.net(z), z)

    def step(self, token: Tensor, state: Any) -> Any:
        return self.custom[1](token, state) if self.custom[1] else (self.out(state[0]), state)


def refusal(decoder: Custom) -> ZlideError:
    with pytest.raises(ZlideError) as error:
        check_text_decoder(decoder, torch.randn(5, Z), VOCABULARY)
    assert "\n" not in str(error.value)
    return error.value


def test_returns_the_first_state_of_a_correct_decoder() -> None:
    z = torch.randn(5, Z)
    state = check_text_decoder(Custom().eval(), z, VOCABULARY)
    assert [tuple(part.shape) for part in state] == [(5, H), (5, Z)]
    assert torch.equal(state[1], z)


@pytest.mark.parametrize(
    ("start", "found"),
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
def test_refuses_a_first_state_without_the_batch_first(start: Start, found: str) -> None:
    error = refusal(Custom(start=start))
    assert error.where == "decoder.start"
    assert "tensors (5, …)" in error.problem
    assert error.problem.endswith(found)
    assert "contracts.py" in error.remedy


SHAPES = "((5, 5), (5, 4))"  # of the first state


@pytest.mark.parametrize(
    ("step", "expected", "found"),
    [
        (lambda t, s: s[0], "(logits, state)", "(5, 5)"),  # noqa: ARG005
        (lambda t, s: (torch.zeros(5, V + 1), s), "(5, 6)", "(5, 7)"),  # noqa: ARG005
        (lambda t, s: (torch.zeros(5, 1, V), s), "(5, 6)", "(5, 1, 6)"),  # noqa: ARG005
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0][:, :-1], s[1])),
            SHAPES,
            "((5, 4), (5, 4))",
        ),
        (lambda t, s: (torch.zeros(len(t), V, dtype=torch.int64), s), "(5, 6)", "(5, 6) int64"),
        (
            lambda t, s: (torch.zeros(len(t), V), (s[0].double(), s[1])),
            SHAPES,
            "((5, 5) float64, (5, 4))",
        ),
        (lambda t, s: (torch.zeros(len(t), V), s[:1]), SHAPES, "((5, 5))"),
        (lambda t, s: (torch.zeros(len(t), V), (s[0][None],)), "tensors (5, …)", "((1, 5, 5))"),
    ],
)
def test_refuses_other_shapes_from_step(step: Step, expected: str, found: str) -> None:
    error = refusal(Custom(step=step))
    assert error.where == "decoder.step"
    assert error.problem.startswith("expected ")
    assert expected in error.problem.partition(", found ")[0]
    assert error.problem.endswith(f", found {found}")


def test_names_the_vocabulary_if_the_number_of_logits_is_wrong() -> None:
    error = refusal(Custom(step=lambda t, s: (torch.zeros(len(t), V - 1), s)))
    assert "vocabulary" in error.problem
    assert "vocabulary" in error.remedy


def test_reports_an_exception_of_step() -> None:
    error = refusal(Custom(step=lambda t, s: 1 // 0))  # noqa: ARG005
    assert error.where == "decoder.step"
    assert "batch of 5: ZeroDivisionError: " in error.problem


def test_reports_an_exception_of_start_on_one_line() -> None:
    def start(z: Tensor) -> Any:
        raise RuntimeError(f"not for {tuple(z.shape)}\nand more")

    error = refusal(Custom(start=start))
    assert error.where == "decoder.start"
    assert "batch of 5: RuntimeError: not for (5, 4) and more, at " in str(error)
    assert f"{Path(__file__).name}, line {start.__code__.co_firstlineno + 1}; " in str(error)
    assert "contracts.py" in error.remedy


@pytest.mark.parametrize("dtype", [torch.bool, torch.int32, torch.float16])
def test_refuses_a_state_of_other_dtypes(dtype: torch.dtype) -> None:
    error = refusal(Custom(start=lambda z: (z, torch.zeros(len(z), dtype=dtype))))
    assert error.where == "decoder.start"
    assert error.problem.endswith(f"found ((5, 4), (5,) {dtype})".replace("torch.", ""))
    assert ".float()" in error.remedy


def test_refuses_an_empty_tensor_in_the_state() -> None:
    error = refusal(Custom(start=lambda z: (z, torch.zeros(len(z), 0))))
    assert error.where == "decoder.start"
    assert error.problem.endswith("found ((5, 4), (5, 0))")
    assert "leave" in error.remedy


ROWS_BEFORE: list[Callable[[Tensor], Tensor]] = [
    lambda x: x.mean(0).expand(len(x), -1),
    lambda x: x.cumsum(0),
    lambda x: x + torch.cat([x[:1] * 0, x[:-1]]),
    lambda x: x.flip(0).cumsum(0).flip(0),
]


@pytest.mark.parametrize("mix", ROWS_BEFORE, ids=["mean", "sum before", "row before", "sum after"])
def test_refuses_rows_that_depend_on_each_other(mix: Callable[[Tensor], Tensor]) -> None:
    error = refusal(Custom(step=lambda _, s: (mix(s[0]).repeat(1, 2)[:, :V], s)))
    assert error.where == "decoder.step"
    assert error.problem.startswith("logits of one row ")
    assert "other rows" in error.problem
    assert "batch first" in error.remedy


class KeepsOnSelf(Custom):
    """Keeps on itself what belongs in the state."""

    kept: Any = 0.0

    def start(self, z: Tensor) -> Any:
        self.kept = self.keep(z)
        return super().start(z)

    def step(self, token: Tensor, state: Any) -> Any:
        logits, after = super().step(token, state)
        return logits + self.kept, after

    def keep(self, z: Tensor) -> Any:
        return z[:, :1]


class KeepsMean(KeepsOnSelf):
    def keep(self, z: Tensor) -> Any:
        return z.mean()


class CountsSteps(KeepsOnSelf):
    """Adds the number of steps since start."""

    def keep(self, z: Tensor) -> Any:  # noqa: ARG002
        return 0.0

    def step(self, token: Tensor, state: Any) -> Any:
        self.kept += 1.0
        return super().step(token, state)


class RecursOnSelf(KeepsOnSelf):
    """Keeps the whole recurrence on itself, with the rows of the last start."""

    def keep(self, z: Tensor) -> Any:
        return self.net(z)

    def step(self, token: Tensor, state: Any) -> Any:  # noqa: ARG002
        self.kept = torch.tanh(self.kept)
        return self.out(self.kept), state


class KeepsConstant(KeepsOnSelf):
    """Keeps the same value in every call, which is harmless."""

    def keep(self, z: Tensor) -> Any:  # noqa: ARG002
        return torch.arange(V) * 0.1


AFTER_START = "after another call of start"
BETWEEN_CALLS = "logits of the same state change between calls (relative difference "


@pytest.mark.parametrize(
    ("decoder", "problems"),
    [
        (
            KeepsOnSelf(),
            [AFTER_START, "batch of 5: RuntimeError: The size of tensor a (5) must "],
        ),
        (RecursOnSelf(), [AFTER_START, "expected logits (5, 6)", "found (2, 6)"]),
        (KeepsMean(), [BETWEEN_CALLS]),
        (CountsSteps(), [BETWEEN_CALLS]),
    ],
)
def test_refuses_logits_that_depend_on_more_than_the_state(
    decoder: Custom, problems: list[str]
) -> None:
    error = refusal(decoder)
    assert error.where == "decoder.step"
    assert all(problem in error.problem for problem in problems)
    assert "in the state" in error.remedy


def test_names_the_line_that_draws_random_numbers() -> None:
    step: Any = lambda t, s: (torch.randn(len(t), V), s)  # noqa: E731
    error = refusal(Custom(step=step))
    line = f"{Path(__file__).name}, line {step.__code__.co_firstlineno}"
    assert error.where == f"decoder ({line})"
    assert "randn" in error.problem
    assert "chance" in error.remedy


def test_accepts_a_constant_on_self() -> None:
    assert len(check_text_decoder(KeepsConstant().eval(), torch.randn(5, Z), VOCABULARY)) == 2


def test_refuses_writing_into_the_state() -> None:
    error = refusal(Custom(step=lambda t, s: (torch.ones(len(t), V), (s[0].add_(1), s[1]))))
    assert error.where == "decoder.step"
    assert "in place" in error.problem
    assert "h = h + x" in error.remedy


def test_refuses_nan_logits() -> None:
    error = refusal(Custom(step=lambda t, s: (torch.full((len(t), V), float("nan")), s)))
    assert error.where == "decoder.step"
    assert "found NaN in its logits" in error.problem


READS: list[Callable[[Tensor], Any]] = [
    lambda logits: logits * 2 if logits.max() > 0 else logits,
    lambda logits: logits + int((logits * 2).argmax()),
    lambda logits: logits + len(logits[0].tolist()),
    lambda logits: logits + float(logits.numpy().max()),
    lambda logits: logits + (1.0 in logits),
    lambda logits: logits + copied(logits).item(),
    lambda logits: logits if torch.allclose(logits, logits.abs()) else -logits,
    lambda logits: logits if torch.equal(logits, logits.abs()) else -logits,
    lambda logits: logits + torch.is_nonzero(logits[0, 0]),
]


def copied(logits: Tensor) -> Tensor:
    target = torch.zeros(1)
    target[:] = logits[0, 0]
    return target


@pytest.mark.parametrize("read", READS)
def test_names_the_line_that_reads_a_value_in_python(read: Callable[[Tensor], Tensor]) -> None:
    error = refusal(Custom(step=lambda t, s: (read(torch.ones(len(t), V) * s[0][:, :1]), s)))
    assert error.where == "decoder.step"
    assert f"{Path(__file__).name}, line {read.__code__.co_firstlineno}," in error.problem
    assert "torch.where" in error.remedy


def test_accepts_reads_of_the_modules_own_weights() -> None:
    flag, scale = torch.ones(3), nn.Parameter(torch.tensor(2.0))
    decoder = Custom(
        step=lambda t, s: (torch.ones(len(t), V) * (scale.item() if flag.all() else 1), s)
    )
    check_text_decoder(decoder.eval(), torch.randn(5, Z), VOCABULARY)


def test_accepts_pytorchs_own_reads_of_the_token() -> None:
    onehot = Custom(step=lambda t, s: (nn.functional.one_hot(t, V).float(), s))
    check_text_decoder(onehot.eval(), torch.randn(5, Z), VOCABULARY)


def test_refuses_layers_first_even_if_there_are_as_many_layers_as_rows() -> None:
    first = nn.Linear(Z, 5 * H)
    layers = Custom(
        start=lambda z: (first(z).view(-1, 5, H).transpose(0, 1).contiguous(),),
        step=lambda t, s: (torch.zeros(len(t), V), s),
    )
    error = refusal(layers)
    assert error.where == "decoder.start"
    assert "tensors (2, …)" in error.problem
    assert error.problem.endswith("found ((5, 2, 5))")


class Scaled(Custom):
    """A buffer that is NaN, and a mask."""

    mask: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.tensor([float("nan")]))

    def step(self, token: Tensor, state: Any) -> Any:
        logits, after = super().step(token, state)
        return logits * self.scale + torch.exp(self.mask), after


def test_names_weights_that_are_nan() -> None:
    decoder = Scaled()
    decoder.register_buffer("mask", torch.tensor([float("-inf")]))  # allowed: masks have it
    decoder.register_buffer("unused", torch.tensor([float("nan")]))  # allowed: no call reads it
    with torch.no_grad():
        decoder.out.weight[0, 0] = float("nan")
    error = refusal(decoder)
    assert error.where == "decoder"
    assert error.problem.endswith("NaN or infinity in out.weight, scale")


class Reader(nn.Module):
    """An encoder that adds up the ids of the words."""

    def __init__(self, latent_size: int = Z, *, grow: bool = False) -> None:
        super().__init__()
        self.mean = nn.Linear(2, latent_size)
        self.grow = grow

    def start(self, batch: int) -> Any:
        return (torch.zeros(batch, 2),)

    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        after = state[0] + torch.stack([forward, backward], 1)
        return (torch.cat([after, after], 1) if self.grow else after,)

    def finish(self, state: Any) -> Any:
        return self.mean(state[0])


class Mixing(Reader):
    """Mixes the words of all rows."""

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


class Dropping(Reader):
    def finish(self, state: Any) -> Any:
        return nn.functional.dropout(super().finish(state))


class Looking(Reader):
    def read(self, forward: Tensor, backward: Tensor, state: Any) -> Any:
        return super().read(forward, backward, state) if forward[0] > 2 else state


@pytest.mark.parametrize(
    ("encoder", "where", "problems"),
    [
        (Mixing(), "encoder", ["posterior means of one row ", "other rows"]),
        (Collecting(), "encoder", [AFTER_START, "batch of 5: RuntimeError: "]),
        (
            Dropping(),
            f"encoder ({Path(__file__).name}, line {Dropping.finish.__code__.co_firstlineno + 1})",
            ["random numbers of dropout"],
        ),
        (Looking(), "encoder.read", [f"{Path(__file__).name}, line "]),
    ],
)
def test_checks_rows_of_encoders_as_those_of_decoders(
    encoder: Reader, where: str, problems: list[str]
) -> None:
    with pytest.raises(ZlideError) as error:
        check_text_encoder(encoder.eval(), Z, VOCABULARY)
    assert error.value.where == where
    assert all(problem in error.value.problem for problem in problems)
    assert "\n" not in str(error.value)


def test_returns_the_first_state_of_a_correct_encoder() -> None:
    assert [tuple(part.shape) for part in check_text_encoder(Reader(), Z, VOCABULARY)] == [(5, 2)]


@pytest.mark.parametrize(
    ("encoder", "where", "expected", "found"),
    [
        (Reader(7), "encoder.finish", "(5, 4)", "(5, 7)"),
        (Reader(grow=True), "encoder.read", "((5, 2))", "((5, 4))"),
    ],
)
def test_refuses_other_shapes_from_an_encoder(
    encoder: Reader, where: str, expected: str, found: str
) -> None:
    with pytest.raises(ZlideError) as error:
        check_text_encoder(encoder, Z, VOCABULARY)
    assert error.value.where == where
    assert expected in error.value.problem.partition(", found ")[0]
    assert error.value.problem.endswith(f", found {found}")
