"""Text decoders in common PyTorch styles convert to graphs that decode the same sentences."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.decoders.contracts import TextDecoder
from zlide.decoders.encode import encode_sentences
from zlide.decoders.greedy import decode_greedily
from zlide.errors import ZlideError
from zlide.graph.audit import PORTABLE
from zlide.graph.lowering import lower
from zlide.graph.parts import Parts
from zlide.graph.text import convert_text_decoder, convert_text_encoder, decoder_of, encoder_of
from zlide.modalities.text.contract import check_text_decoder, check_text_encoder
from zlide.vocabulary import Vocabulary

pytestmark = pytest.mark.needs_conversion

V, E, H, Z = 60, 16, 72, 8  # H is above the size of constants that are folded
State = tuple[Tensor, ...]
Step = tuple[Tensor, State]


class Decoder(nn.Module):
    """The layers that all decoders have."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.first = nn.Linear(Z, H)
        self.out = nn.Linear(H, V)

    def start(self, z: Tensor) -> State:
        return (torch.tanh(self.first(z)),)


class SequenceFirst(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(E, H)

    def step(self, token: Tensor, state: State) -> Step:
        out, h = self.gru(self.embedding(token.unsqueeze(0)), hx=state[0].unsqueeze(0))
        return self.out(out).squeeze(0), (h.squeeze(0),)


class BatchFirst(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(E, H, batch_first=True, bias=False)

    def start(self, z: Tensor) -> State:
        return (torch.tanh(self.first(z)).view(z.size(0), 1, -1),)

    def step(self, token: Tensor, state: State) -> Step:
        batch = token.size(0)
        out, h = self.gru(self.embedding(token).view(batch, 1, -1), state[0].view(1, batch, -1))
        return self.out(out.view(batch, -1)), (h.view(batch, 1, H),)


class ThreeLayers(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(E, H, num_layers=3, batch_first=True, dropout=0.5)
        self.both = nn.Linear(Z, 3 * H)

    def start(self, z: Tensor) -> State:
        h = torch.tanh(self.both(z)).reshape(-1, 3, H)
        return h, torch.zeros_like(h)

    def step(self, token: Tensor, state: State) -> Step:
        h, c = (part.permute(1, 0, 2) for part in state)
        out, (h, c) = self.lstm(self.embedding(token)[:, None], (h, c))
        return self.out(out[:, -1]), (h.permute(1, 0, 2), c.permute(1, 0, 2))


class StatesByLayer(Decoder):
    """One state for each layer, stacked for the module and unstacked again."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(E, H, num_layers=2)

    def start(self, z: Tensor) -> State:
        h = torch.tanh(self.first(z))
        return h, h * 0.5, torch.zeros_like(h), h.new_zeros(h.shape)

    def step(self, token: Tensor, state: State) -> Step:
        out, (h, c) = self.lstm(
            self.embedding(token).unsqueeze(0),
            (torch.stack(state[:2]), torch.stack(state[2:], dim=0)),
        )
        return self.out(out[-1]), (h[0], h[1], *c.unbind(0))


class Flattened(Decoder):
    """The states of all layers in one vector."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(E, H, num_layers=2, batch_first=True)
        self.both = nn.Linear(Z, 2 * H)
        self.out = nn.Linear(2 * H, V)

    def start(self, z: Tensor) -> State:
        return self.both(z), torch.zeros(z.shape[0], 2 * H)

    def step(self, token: Tensor, state: State) -> Step:
        batch = token.shape[0]
        h, c = (part.view(batch, 2, H).transpose(0, 1).contiguous() for part in state)
        _, (h, c) = self.lstm(self.embedding(token)[:, None, :], (h, c))
        h, c = h.transpose(0, 1), c.transpose(0, 1)
        return self.out(h.flatten(1)), (h.reshape(batch, -1), c.reshape(batch, -1))


class Chunked(Decoder):
    """h and c in one state."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(E, H, batch_first=True)
        self.both = nn.Linear(Z, 2 * H)

    def start(self, z: Tensor) -> State:
        return (self.both(z),)

    def step(self, token: Tensor, state: State) -> Step:
        h, c = state[0].chunk(2, dim=1)
        out, (h, c) = self.lstm(
            self.embedding(token).unsqueeze(1),
            (h.unsqueeze(0).contiguous(), c.unsqueeze(0).contiguous()),
        )
        return self.out(out[:, 0]), (torch.cat([h[0], c[0]], dim=1),)


class Bidirectional(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(E, H // 2, num_layers=2, bidirectional=True, batch_first=True)
        self.all = nn.Linear(Z, 2 * H)

    def start(self, z: Tensor) -> State:
        return (self.all(z).view(-1, 4, H // 2),)

    def step(self, token: Tensor, state: State) -> Step:
        out, h = self.gru(self.embedding(token)[:, None], state[0].swapaxes(0, 1))
        return self.out(out[:, 0]), (h.movedim(0, 1),)


class GRUCells(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.ModuleList([nn.GRUCell(E, H), nn.GRUCell(H, H)])

    def start(self, z: Tensor) -> State:
        return tuple(torch.tanh(self.first(z)) for _ in self.cells)

    def step(self, token: Tensor, state: State) -> Step:
        x, after = self.embedding(token), []
        for cell, h in zip(self.cells, state, strict=True):
            x = cell(x, h)
            after.append(x)
        return self.out(x), tuple(after)


class LSTMCell(Decoder):
    """Starts with zeros for the whole batch."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(E + Z, H)

    def start(self, z: Tensor) -> State:
        return torch.zeros(z.size(0), H), torch.zeros(len(z), H, dtype=z.dtype), z

    def step(self, token: Tensor, state: State) -> Step:
        h, c, z = state
        h, c = self.cell(torch.cat((self.embedding(token), z), 1), (h, c))
        return self.out(h), (h, c, z)


class ZerosOnly(Decoder):
    """A start that computes nothing: it passes z through."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRUCell(E + Z, H)

    def start(self, z: Tensor) -> State:
        return torch.zeros(z.shape[0], H), z

    def step(self, token: Tensor, state: State) -> Step:
        h = self.gru(torch.cat([self.embedding(token), state[1]], 1), state[0])
        return self.out(h), (h, state[1])


class Learned(Decoder):
    """Learned first states, the same in all rows."""

    def __init__(self) -> None:
        super().__init__()
        self.h0 = nn.Parameter(torch.randn(2, 1, H))
        self.c0 = nn.Parameter(torch.randn(H))
        self.gru = nn.GRU(E + Z, H, num_layers=2)
        self.cell = nn.LSTMCell(H, H)

    def start(self, z: Tensor) -> State:
        h = self.h0.expand(-1, z.size(0), -1).transpose(0, 1).contiguous()
        return h, self.c0.repeat(z.size(0), 1), self.c0.unsqueeze(0).expand(len(z), H), z

    def step(self, token: Tensor, state: State) -> Step:
        h, a, b, z = state
        out, h = self.gru(
            torch.cat([self.embedding(token), z], 1)[None], h.transpose(0, 1).contiguous()
        )
        a, b = self.cell(out[0], (a, b))
        return self.out(a), (h.transpose(0, 1), a, b, z)


class WithoutState(Decoder):
    """A state that is only z, which `step` passes through."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(E + Z, H),
            nn.LayerNorm(H),
            nn.GELU(),
            nn.Dropout(0.5),
            nn.Linear(H, H),
            nn.ReLU(),
            nn.BatchNorm1d(H),
            nn.Linear(H, H),
        )

    def start(self, z: Tensor) -> State:
        return (z,)

    def step(self, token: Tensor, state: State) -> Step:
        return self.out(self.net(torch.cat([self.embedding(token), state[0]], dim=1))), state


class GELUAfterLinear(WithoutState):
    """Layers that TensorFlow would fuse to an op that is not portable."""

    def __init__(self) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(E + Z, H), nn.GELU())


class Activations(WithoutState):
    def __init__(self) -> None:
        super().__init__()
        activations = [
            nn.GELU("tanh"),
            nn.SiLU(),
            nn.LeakyReLU(),
            nn.ELU(),
            nn.SELU(),
            nn.Softplus(),
            nn.Hardtanh(),
            nn.Hardswish(),
            nn.Mish(),
            nn.PReLU(),
        ]
        self.net = nn.Sequential(
            nn.Linear(E + Z, H),
            *activations,
            nn.RMSNorm(H),
            nn.GroupNorm(4, H),
            nn.Linear(H, 2 * H),
            nn.GLU(),
        )


class Tied(Decoder):
    """Tied embeddings, looked up by a function, with log-probabilities as logits."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Parameter(torch.randn(V, H))
        self.cell = nn.GRUCell(H, H)

    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(F.embedding(token, self.words), state[0])
        return F.log_softmax(h @ self.words.t(), dim=-1), (h,)


class OneHot(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(F.one_hot(token, V).float() @ self.words, state[0])
        return F.linear(F.normalize(h, dim=1), self.words), (h,)


class Masked(Tied):
    """Masked tokens, and a counter in the state."""

    def __init__(self) -> None:
        super().__init__()
        self.mask: Tensor
        self.register_buffer("mask", torch.zeros(V).index_fill(0, torch.tensor([0]), float("-inf")))
        self.index = nn.Embedding(32, H)

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(z.shape[0], dtype=torch.long)

    def step(self, token: Tensor, state: State) -> Step:
        h, index = state
        h = self.cell(self.words[token] + self.index(index), h)
        logits = self.out(h).masked_fill(token[:, None] == torch.arange(V), -1e4) + self.mask
        return torch.where(logits > 5, 5 + 0.1 * logits, logits) / 0.7, (h, index + 1)


class Attention(Decoder):
    """Attends to slots that are computed from z."""

    def __init__(self) -> None:
        super().__init__()
        self.slots = nn.Linear(Z, 4 * H)
        self.cell = nn.GRUCell(E + H, H)

    def start(self, z: Tensor) -> State:
        return self.first(z), self.slots(z).view(-1, 4, H)

    def step(self, token: Tensor, state: State) -> Step:
        h, slots = state
        weights = torch.softmax((slots @ h.unsqueeze(2)).squeeze(2) / H**0.5, dim=1)
        h = self.cell(
            torch.cat(
                [self.embedding(token), torch.bmm(weights.unsqueeze(1), slots).squeeze(1)], 1
            ),
            h,
        )
        return self.out(h), (h, slots)


class RenamedLSTM(nn.LSTM):
    """A subclass that only has another name."""


class Subclassed(Decoder):
    def __init__(self) -> None:
        super().__init__()
        self.lstm = RenamedLSTM(E, H)

    def start(self, z: Tensor) -> State:
        return self.first(z), self.first(z)

    def step(self, token: Tensor, state: State) -> Step:
        out, (h, c) = self.lstm(self.embedding(token)[None], (state[0][None], state[1][None]))
        return self.out(out[0]), (h[0], c[0])


class WithoutHidden(Decoder):
    """Gives its GRU no state."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(E, H, batch_first=True)
        self.shift = nn.Linear(Z, E)

    def start(self, z: Tensor) -> State:
        return (self.shift(z),)

    def step(self, token: Tensor, state: State) -> Step:
        out, _ = self.gru((self.embedding(token) + state[0]).unsqueeze(1))
        return self.out(out.squeeze(1)), state


class Convolution(Decoder):
    """A convolution over the last words."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution: nn.Module = nn.Conv1d(E, H, 4)

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(z.size(0), E, 4)

    def step(self, token: Tensor, state: State) -> Step:
        window = torch.cat([state[1][:, :, 1:], self.embedding(token).unsqueeze(2)], 2)
        return self.out(torch.tanh(self.convolution(window).squeeze(2) + state[0])), (
            state[0],
            window,
        )


class Convolutions(Convolution):
    """Several convolutions with padding, and thresholds."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = nn.Sequential(
            nn.Conv1d(E, H, 3, padding=1, groups=2),
            nn.Threshold(0.1, -0.5),
            nn.Conv1d(H, H, 2, dilation=2),
            nn.Conv1d(H, H, 2),
        )


class Padded(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        padded = F.pad(F.pad(h[:, 4:], (1, 1)).unsqueeze(1), (1, 1), mode="reflect")[:, 0]
        return F.pad(self.out(padded)[:, 1:], (1, 0), value=-9.0), (h,)


DECODERS = [
    SequenceFirst, BatchFirst, ThreeLayers, StatesByLayer, Flattened, Chunked, Bidirectional,
    GRUCells, LSTMCell, ZerosOnly, Learned, WithoutState, GELUAfterLinear, Activations, Tied,
    OneHot, Masked, Attention, Subclassed, WithoutHidden, Convolution, Convolutions, Padded,
]  # fmt: skip
VOCABULARY = Vocabulary([f"w{i}" for i in range(V)], max_length=8)


def seeded(decoder_type: Callable[[], nn.Module]) -> TextDecoder:
    """Return a decoder with larger random weights than PyTorch's, so that words differ."""
    torch.manual_seed(1)
    decoder = decoder_type().eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(1.5)
    assert isinstance(decoder, TextDecoder)
    return decoder


def converted(decoder: TextDecoder, to: Path) -> Parts:
    assert isinstance(decoder, nn.Module)
    z = torch.randn(5, Z, generator=torch.Generator().manual_seed(2))
    state = check_text_decoder(decoder, z, VOCABULARY)
    lowered = lower(decoder)
    return convert_text_decoder(lowered, z, state, to)


def ops(parts: Parts) -> set[str]:
    return {op for graph in parts.graphs.values() for op in graph.ops}


@pytest.mark.parametrize("decoder_type", DECODERS)
def test_decodes_the_same_sentences(decoder_type: type[nn.Module], tmp_path: Path) -> None:
    decoder = seeded(decoder_type)
    parts = converted(decoder, tmp_path)
    # Another batch size than in the trace.
    z = torch.randn(40, Z, generator=torch.Generator().manual_seed(3))
    ours, theirs = (
        decode_greedily(d, z, begin=0, end=1, max_length=8) for d in (decoder, decoder_of(parts))
    )
    assert ours == theirs
    assert len({tuple(ids) for ids in ours}) > 3
    assert ops(parts) <= PORTABLE


def test_leaves_the_module_unchanged(tmp_path: Path) -> None:
    decoder = seeded(WithoutState)
    assert isinstance(decoder, nn.Module)
    weights = {name: value.clone() for name, value in decoder.state_dict().items()}
    converted(decoder, tmp_path)
    assert not any(module.training for module in decoder.modules())
    assert all(torch.equal(value, weights[name]) for name, value in decoder.state_dict().items())


def test_sentence_model_stays_within_its_budget(tmp_path: Path) -> None:
    torch.manual_seed(0)
    decoder = SentenceVAE(SentenceConfig(vocabulary=500)).eval().decoder
    z = torch.randn(5, 128)
    parts = convert_text_decoder(lower(decoder), z, decoder.start(z), tmp_path)
    nodes = {name: sum(graph.ops.values()) for name, graph in parts.graphs.items()}
    assert nodes["decoder/start"] <= 16
    assert nodes["decoder/step"] <= 30
    assert ops(parts) <= PORTABLE
    assert "Transpose" not in ops(parts)
    for name in parts.graphs:
        topology = json.loads((tmp_path / name / "model.json").read_text("utf-8"))["modelTopology"]
        assert {node["op"] for node in topology["node"]} <= PORTABLE


class Sorted(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return self.out(torch.sort(h, dim=1)[0]), (h,)


class Summed(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return torch.einsum("bh,vh->bv", h, self.words), (h,)


class WritesInPlace(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        logits = self.out(h)
        logits[:, 0] = -1e4
        return logits, (h,)


class Bilinear(Tied):
    def __init__(self) -> None:
        super().__init__()
        self.both = nn.Bilinear(H, H, H)

    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return self.out(self.both(h, h)), (h,)


class Heads(Attention):
    def start(self, z: Tensor) -> State:
        return self.first(z), self.slots(z).view(-1, 4, H).transpose(1, 2)

    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(torch.cat([self.embedding(token), state[1].mean(2)], 1), state[0])
        return self.out(h), (h, state[1])


class LoopsOverRows(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = torch.cat(
            [
                self.cell(self.words[token[i : i + 1]], state[0][i : i + 1])
                for i in range(len(token))
            ]
        )
        return self.out(h), (h,)


class Numbered(Tied):
    """Rows that know their index: against the contract, yet the same alone and in a batch."""

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.arange(len(z)).float()

    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return self.out(h), (h, state[1])


class Pooled(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return self.out(F.max_pool1d(h.unsqueeze(1), 3, 1, 1).squeeze(1)), (h,)


class Clipped(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return F.threshold(self.out(h), 0.1, -1.0), (h,)


class Copied(Tied):
    def step(self, token: Tensor, state: State) -> Step:
        h = self.cell(self.words[token], state[0])
        return self.out(F.pad(h[:, None, 2:], (1, 1), mode="replicate")[:, 0]), (h,)


@pytest.mark.parametrize(
    "decoder_type",
    [Sorted, Summed, WritesInPlace, Bilinear, Heads, Pooled, Clipped, Copied],
)
def test_converts_what_other_converters_refuse(
    decoder_type: type[nn.Module], tmp_path: Path
) -> None:
    decoder = seeded(decoder_type)
    z = torch.randn(40, Z, generator=torch.Generator().manual_seed(3))
    other = decoder_of(converted(decoder, tmp_path))
    ours, theirs = (decode_greedily(d, z, begin=0, end=1, max_length=8) for d in (decoder, other))
    assert ours == theirs


@pytest.mark.parametrize(
    ("decoder_type", "where", "problem", "remedy"),
    [
        (LoopsOverRows, "decoder.step", "batch size", "loop"),
        (Numbered, "decoder.start", "batch size", "row"),
    ],
)
def test_names_what_does_not_convert_in_one_line(
    decoder_type: type[nn.Module],
    where: str,
    problem: str,
    remedy: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(ZlideError) as error:
        converted(seeded(decoder_type), tmp_path)
    assert error.value.where.startswith(where)
    assert problem in str(error.value)
    assert remedy in str(error.value)
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 300
    assert capfd.readouterr() == ("", "")  # PyTorch prints nothing


class BidirectionalEncoder(nn.Module):
    """An encoder with a recurrent layer for each direction, and zeros and ones at the start."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.forward_gru, self.backward_lstm = (
            nn.GRU(E, H, num_layers=2, batch_first=True),
            nn.LSTMCell(E, H),
        )
        self.mean = nn.Sequential(nn.Linear(2 * H, H), nn.LayerNorm(H), nn.GELU(), nn.Linear(H, Z))

    def start(self, batch: int) -> State:
        return torch.zeros(batch, 2, H), torch.zeros(batch, H), torch.ones(batch, H)

    def read(self, forward: Tensor, backward: Tensor, state: State) -> State:
        h, a, b = state
        _, h = self.forward_gru(self.embedding(forward)[:, None], h.transpose(0, 1).contiguous())
        a, b = self.backward_lstm(self.embedding(backward), (a, b))
        return h.transpose(0, 1), a, b

    def finish(self, state: State) -> Tensor:
        mean: Tensor = self.mean(torch.cat([state[0][:, -1], state[1]], dim=1))
        return mean


def test_encodes_the_same_posterior_means(tmp_path: Path) -> None:
    torch.manual_seed(4)
    encoder = BidirectionalEncoder().eval()
    state = check_text_encoder(encoder, Z, VOCABULARY)
    parts = convert_text_encoder(lower(encoder), state, tmp_path)
    words = torch.randint(V, (9, 6), generator=torch.Generator().manual_seed(4))
    ours, theirs = (encode_sentences(e, words) for e in (encoder, encoder_of(parts)))
    assert (ours - theirs).abs().max() < 1e-5
    assert ours.std(dim=0).min() > 0.01  # else the comparison shows nothing
    assert ops(parts) <= PORTABLE
