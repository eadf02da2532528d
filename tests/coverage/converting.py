"""Convert a case as `zlide.export` does, and compare the written graphs with PyTorch."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tests.coverage.cases import Case
from tests.coverage.decoders import LATENT, WORDS
from zlide.contract import ForbidWeightChanges, freeze, sample_latents
from zlide.converters import Converter
from zlide.errors import ZlideError
from zlide.graph import Parts, convert_values_decoder, lower
from zlide.modalities.image.modality import ImageModality
from zlide.modalities.text.modality import TextModality
from zlide.parity import relative_difference
from zlide.vocabulary import Vocabulary

STEPS = 3
BATCHES = (1, 7)
MAX_DIFFERENCE = 1e-4
MAX_PIXEL_DIFFERENCE = 0.1 / 255
_LONGEST_REASON = 100

VOCABULARY = Vocabulary(["<begin>", "<end>", *"abcdefghi"], max_length=STEPS)
assert len(VOCABULARY.words) == WORDS


@dataclass(frozen=True)
class Converted:
    """A case in PyTorch as it was written, and its graphs."""

    case: Case
    module: Any
    decoder: Any
    parts: Parts


def convert_case(case: Case, folder: Path, converter: Converter = Converter.ZLIDE) -> Converted:
    """Check, freeze, lower and convert a case, and write its graphs into `folder`.

    Raises ZlideError as `zlide.export` does.
    """
    module = case.make()
    modality: Any = TextModality(VOCABULARY) if case.is_text else ImageModality()
    parts = convert_module(module, modality, folder, converter)
    return Converted(case, module, modality.converted_decoder(parts), parts)


def convert_module(
    module: nn.Module, modality: Any, folder: Path, converter: Converter = Converter.ZLIDE
) -> Parts:
    """Check, freeze, lower and convert a decoder, z (B, 6) → samples."""
    z = sample_latents(LATENT)
    frozen = freeze(module, "decoder", "float32")
    with ForbidWeightChanges("decoder", frozen):
        outputs = modality.check_decoder(frozen, z)
    parts: Parts = modality.convert_decoder(lower(frozen), z, outputs, folder, converter)
    return parts


def convert_unrolled(case: Case, folder: Path) -> Parts:
    """Convert the first steps of a text decoder to one graph, z (B, 6) → logits."""
    unrolled = freeze(Unrolled(case.make()), "decoder", "float32")
    z = sample_latents(LATENT)
    return convert_values_decoder(lower(unrolled), z, folder, kind="text", name="logits")


class Unrolled(nn.Module):
    """The logits of the first steps of a text decoder that takes the best word each time."""

    def __init__(self, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder

    def forward(self, z: Tensor) -> Tensor:
        """z (B, Z) → logits (B, STEPS · V)."""
        decoder: Any = self.decoder
        state, token = decoder.start(z), z[:, 0].long() * 0
        found = []
        for _ in range(STEPS):
            logits, state = decoder.step(token, state)
            found.append(logits)
            token = logits.argmax(1)
        return torch.cat(found, 1)


def fresh_latents(batch: int) -> Tensor:
    """Return z (batch, 6) that no conversion has seen."""
    return torch.randn(batch, LATENT, generator=torch.Generator().manual_seed(100 + batch))


@torch.no_grad()
def expected_output(case: Case, module: Any, z: Tensor) -> Tensor:
    """Return what PyTorch decodes: pixels (B, H, W, 3), or logits (B, STEPS · V)."""
    result: Tensor = Unrolled(module)(z) if case.is_text else module(z)
    return result


@torch.no_grad()
def differences(converted: Converted) -> list[str]:
    """Return one line for each batch at which the graphs differ from PyTorch."""
    found = []
    for batch in BATCHES:
        z = fresh_latents(batch)
        expected = expected_output(converted.case, converted.module, z)
        other = expected_output(converted.case, converted.decoder, z)
        if expected.shape != other.shape:
            found.append(f"batch {batch}: {tuple(other.shape)}, not {tuple(expected.shape)}")
        elif not equal(converted.case, expected.numpy(), other.numpy()):
            found.append(f"batch {batch}: by {relative_difference(expected, other):.2g}")
    return found


def equal(case: Case, expected: Any, found: Any, *, factor: float = 1) -> bool:
    """Return whether outputs agree; `factor` widens the tolerance."""
    if expected.shape != found.shape:
        return False
    pair = torch.from_numpy(np.asarray(expected)), torch.from_numpy(np.asarray(found))
    pixels = float(np.abs(expected - found).max())
    return relative_difference(*pair) <= factor * MAX_DIFFERENCE and (
        case.is_text or pixels <= factor * MAX_PIXEL_DIFFERENCE
    )


def reason_of(error: Exception) -> str:
    """Return the reason of a refusal in short: one line, without the remedy."""
    return shorten(
        error.problem if isinstance(error, ZlideError) else f"raises {type(error).__name__}"
    )


def shorten(text: str) -> str:
    """Return a reason in one line of limited length, without lines of code, which would move."""
    line = re.sub(r" \(\w+\.py, line \d+\)", "", " ".join(text.split()))
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 1]}…"


def outcome(run: Callable[[], object]) -> str | None:
    """Return why a conversion is refused, or None if it is not."""
    try:
        run()
    except Exception as error:  # noqa: BLE001 (the sweep lists crashes, too)
        return reason_of(error)
    return None
