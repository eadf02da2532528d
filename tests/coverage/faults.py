"""Decoders with one fault each that users met: those that must convert, and the refused ones."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.coverage.decoders import LATENT, SIDE, WIDTH, WORDS, Factory
from tests.coverage.lines import Computed
from tests.coverage.text_lines import Sentences, State


class Convolved(nn.Module):
    """A decoder of pictures with a culprit between two convolutions."""

    def __init__(self, culprit: nn.Module | None = None) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, 4 * SIDE * SIDE)
        self.before, self.after = (nn.Conv2d(4, channels, 3, padding=1) for channels in (4, 3))
        self.culprit = culprit or nn.Identity()

    def pixels(self, z: Tensor) -> Tensor:
        """Return pixels (B, 3, 8, 8)."""
        x = torch.relu(self.before(self.first(z).view(-1, 4, SIDE, SIDE)))
        return torch.sigmoid(self.after(self.culprit(x)))

    def forward(self, z: Tensor) -> Tensor:
        return self.pixels(z).permute(0, 2, 3, 1)


# Decoders that must convert.


class NegativePermute(Convolved):
    def forward(self, z: Tensor) -> Tensor:
        return self.pixels(z).permute(0, -2, -1, 1)


class LastView(Convolved):
    def forward(self, z: Tensor) -> Tensor:
        x = self.pixels(z).permute(0, 2, 3, 1)
        return x.view(z.shape[0], SIDE, SIDE, 3)


class LastViewInside(Convolved):
    def forward(self, z: Tensor) -> Tensor:
        x = self.pixels(z)
        x = x.view(x.size(0), 3, SIDE, SIDE)
        return x.permute(0, 2, 3, 1)


class FullLabel(Convolved):
    def __init__(self) -> None:
        super().__init__()
        self.labels = nn.Embedding(5, LATENT)

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z + self.labels(torch.full((z.shape[0],), 3)))


class WithEncoder(Convolved):
    """An encoder beside the decoder, which is never called."""

    def __init__(self, make: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.encoder = make()

    def encode(self, x: Tensor) -> Tensor:
        return self.encoder(x, x, x)[0]


class Norms(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        scale = x.norm(p=2, dim=(2, 3))
        return x / (scale[:, :, None, None] + 0.1)


def called_before() -> nn.Module:
    """A decoder with a computed weight on itself, which carries a gradient."""
    decoder = Convolved(Computed(4, 4, 3))
    decoder(torch.randn(2, LATENT))
    return decoder


FAULTS: dict[str, Factory] = {
    "fault_permute_negative": NegativePermute,
    "fault_last_view": LastView,
    "fault_last_view_inside": LastViewInside,
    "fault_full_label": FullLabel,
    "fault_unused_attention": partial(WithEncoder, partial(nn.MultiheadAttention, 4, 2)),
    "fault_unused_lstm_projection": partial(WithEncoder, partial(nn.LSTM, 4, 4, proj_size=2)),
    "fault_unused_half": partial(WithEncoder, lambda: nn.Linear(4, 4).half()),
    "fault_norm_of_two_dims": lambda: Convolved(Norms()),
    "fault_called_before": called_before,
}

MENDED = {
    "reductions over other axes than the last kill the page": (
        *("groupnorm", "film", "se", "pool_adaptive1", "pixelnorm", "instancenorm"),
        "text_mean_of_embeddings",
    ),
    "a mask of −inf in a buffer": ("sdpa_mask", "mha_mask", "transformer_decoder_writer"),
    "negative dimensions of permute": ("fault_permute_negative", "permute_negative"),
    "where of two constants": ("where_two_constants",),
    "cat along a negative dimension": ("cat_before_permute", "cat_negative"),
    "a view that changes nothing": (
        *("fault_last_view", "fault_last_view_inside", "view_own_shape"),
    ),
    "a label that torch.full makes": ("fault_full_label", "full_label", "biggan"),
    "layers in a lambda or a list": ("hidden_layers",),
    "an encoder that is never called": (
        *("fault_unused_attention", "fault_unused_lstm_projection", "fault_unused_half"),
    ),
    "rows of slots in the batch": ("rows_times_slots", "slot_attention"),
    "a norm over two dimensions": ("fault_norm_of_two_dims", "norm_dims"),
    "attention in pictures": ("mae", "transformer_encoder", "window_attention"),
    "computed weights kept on a layer": (
        *("fault_called_before", "conv_computed_weight", "nvae"),
        *("conv_weight_norm_hook", "conv_spectral_norm_hook"),
    ),
}
"""Fault → names of cases, all of which must convert and run on every backend."""


# Culprits of refusals. Each refusal must name the module and the line of its forward.


class Spectrum(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.fft.rfft2(x, norm="ortho").abs().sum(3, keepdim=True) + x


class ComplexPlane(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.view_as_real(torch.complex(x, x.flip(1)) ** 2).sum(-1)


class Unsteady(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(4, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.norm(x)


class DependsOnData(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        y = torch.zeros_like(x)
        y[x > 0.1] = x[x > 0.1] * 2
        return y


class Determinant(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.linalg.det(x)[:, :, None, None]


class Noisy(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x + 0.1 * torch.randn_like(x)


class Branching(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        if x.max() > 0.5:
            return x
        return x * 2


@dataclass(frozen=True)
class Refusal:
    """A culprit, and words that its refusal must say, in lower case."""

    culprit: type[nn.Module]
    words: tuple[str, ...]

    def lines(self) -> tuple[str, int, int]:
        """Return file, first and last line of the culprit's forward."""
        source, first = inspect.getsourcelines(self.culprit.forward)
        return "faults.py", first, first + len(source) - 1

    def is_located(self, message: str) -> bool:
        """Return whether a message names a line of the culprit's forward."""
        file, first, last = self.lines()
        named = re.findall(r"(\w+\.py)\D{1,8}(\d+)", message)
        return any(name == file and first <= int(line) <= last for name, line in named)


REFUSALS: dict[str, Refusal] = {
    "fft": Refusal(Spectrum, ("fft",)),
    "complex": Refusal(ComplexPlane, ("complex",)),
    "bn_no_stats": Refusal(Unsteady, ("batchnorm2d", "statistics")),
    "data_dependent_shape": Refusal(DependsOnData, ("shape",)),
    "no_backend": Refusal(Determinant, ("det",)),
    "random": Refusal(Noisy, ("random",)),
    "branch": Refusal(Branching, ("python reads a value",)),
}


class RenormedWords(Sentences):
    """An embedding that scales its own rows when it is called."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH, max_norm=1.0)

    def start(self, z: Tensor) -> State:
        return (torch.tanh(self.first(z)),)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(state[0] + self.words(token))
        return self.head(h), (h,)


class Counting(Convolved):
    """A buffer that counts the calls."""

    calls: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, z: Tensor) -> Tensor:
        self.calls += 1
        return super().forward(z)


class FewPlaces(Sentences):
    """A decoder with fewer positions than its vocabulary allows words."""

    def __init__(self, places: int = 4) -> None:
        super().__init__()
        self.places = nn.Embedding(places, WIDTH)

    def start(self, z: Tensor) -> State:
        return self.first(z), torch.zeros(len(z), dtype=torch.int64)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        z, place = state
        logits = self.head(torch.tanh(self.words(token) + self.places(place) + z))
        return logits - 50 * F.one_hot(torch.ones_like(token), WORDS), (z, place + 1)


class Tied(nn.Module):
    """60 words whose logits are equal but for rounding: sums of the same numbers, reordered."""

    def __init__(self, words: int = 60, width: int = 64) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, 1)
        weights = torch.randn(width)
        rows = [weights[torch.randperm(width)] for _ in range(words)]
        self.weight = nn.Parameter(torch.stack(rows))

    def start(self, z: Tensor) -> State:
        return (self.first(z).expand(-1, self.weight.shape[1]).clone(),)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(state[0] + 0.01 * token.to(torch.float32)[:, None])
        return F.linear(h, self.weight), (h,)
