"""Time of a decode: contenders by turns in one browser, and PyTorch, each on one thread."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from playwright.sync_api import Error, Page

from tests.bench.contenders import Contender
from tests.bench.figures import Figure
from tests.bench.larger import LargerDecoder
from zlide.axes import Axes
from zlide.checkpoint import Checkpoint, SentenceCheckpoint
from zlide.decoders.greedy import decode_greedily
from zlide.decoders.values import decode_values
from zlide.errors import ZlideError
from zlide.parity import compare_sentences
from zlide.positions import positions_near_examples

WARMUPS = 20
FEW_WARMUPS = 3  # of larger pictures
COMPARED = 16  # positions at which each contender is held to PyTorch
RIVAL = "../rival/ort.wasm.bundle.min.mjs"  # what onnxruntime-web/wasm stands for
PIXEL = 1 / 255  # that a pixel may be from PyTorch's
STRIP = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)
SPREAD = (-2.0, 0.0, 2.0)

Array = NDArray[np.float32]
Contenders = Mapping[str, Contender]
Subject = Checkpoint | LargerDecoder


@dataclass(frozen=True)
class Size:
    """Numbers of single decodes, traversals and grids, and the batch sizes tried on the last two.

    kept: decodes after which tensors are counted; sentences: to be encoded and chosen from.
    larger: decodes of larger pictures.
    """

    decodes: int
    larger: int
    strips: int
    grids: int
    in_strip: Sequence[int]
    in_grid: Sequence[int]
    kept: int
    sentences: int


FULL = Size(
    decodes=200,
    larger=40,
    strips=30,
    grids=5,
    in_strip=(1, 7),
    in_grid=(45, 135, 405, 1215),
    kept=1000,
    sentences=240_000,
)
QUICK = Size(
    decodes=40,
    larger=5,
    strips=5,
    grids=1,
    in_strip=(7,),
    in_grid=(135, 1215),
    kept=100,
    sentences=5000,
)


def single_positions(checkpoint: Subject, count: int) -> tuple[Array, Array]:
    """Random sliders (count, K), half of them around examples, and residuals (count, Z)."""
    sliders, residual, _ = positions_near_examples(checkpoint.axes, checkpoint.examples, count)
    return sliders, residual


def strip_positions(checkpoint: Subject, count: int) -> tuple[Array, Array]:
    """`count` strips: an example, one slider of which is set to seven places, row by row."""
    axes = checkpoint.axes
    sliders, residual = axes.from_z(
        np.stack(list(itertools.islice(itertools.cycle(checkpoint.examples.values()), count)))
    )
    rows = sliders.repeat(len(STRIP), 0)
    rows[np.arange(len(rows)), np.arange(count).repeat(len(STRIP)) % min(5, axes.count)] = np.tile(
        STRIP, count
    )
    return rows.astype(np.float32), residual.repeat(len(STRIP), 0)


def grid_positions(checkpoint: Subject) -> tuple[Array, Array]:
    """The 1,215 positions that the original precomputed: 3 on each of 5 axes, around 5 examples."""
    axes = checkpoint.axes
    sliders, residual = axes.from_z(np.stack(list(checkpoint.examples.values())[:5]))
    places = np.array(list(itertools.product(SPREAD, repeat=5)), np.float32)  # (243, 5)
    rows = sliders.repeat(len(places), 0)
    rows[:, :5] = np.tile(places, (5, 1))
    return rows.astype(np.float32), residual.repeat(len(places), 0)


class Race:
    """Contenders loaded into a page that decode as PyTorch does; `failed` says why others do not.

    Raises ZlideError, when made, for one that decodes something else.
    """

    def __init__(
        self, page: Page, checkpoint: Subject, contenders: Contenders, threads: int = 1
    ) -> None:
        self.page, self.checkpoint, self.contenders = page, checkpoint, contenders
        page.evaluate(
            "([contenders, rival, threads]) => bench.open(contenders, rival, threads)",
            [[c.load for c in contenders.values()], RIVAL, threads],
        )
        positions = self.page_positions(*single_positions(checkpoint, COMPARED))
        self.failed: dict[str, str] = {}
        for place, (name, contender) in enumerate(contenders.items()):
            if contender.decoder is None:
                continue
            try:
                decoded = page.evaluate(
                    "([which, positions]) => bench.decode(which, positions, 1)", [place, positions]
                )
            except Error as error:
                if not contender.stock:
                    raise
                self.failed[name] = error.message.splitlines()[0].removeprefix("Page.evaluate: ")
                continue
            _refuse_others(name, contender, checkpoint, positions, decoded)

    @property
    def running(self) -> list[str]:
        """Those that can be timed."""
        return [name for name in self.contenders if name not in self.failed]

    def times(
        self, names: Sequence[str], sliders: Array, residual: Array, size: int, warmups: int
    ) -> dict[str, list[float]]:
        """Measure batches of `size` positions by turns: milliseconds, without warm-ups."""
        which = [list(self.contenders).index(name) for name in names]
        arguments = [which, self.page_positions(sliders, residual), size, warmups]
        took = self.page.evaluate(
            "([which, positions, size, warmups]) => bench.time(which, positions, size, warmups)",
            arguments,
        )
        return dict(zip(names, took, strict=True))

    def page_positions(self, sliders: Array, residual: Array) -> dict[str, Any]:
        """Return positions in the form that the page reads."""
        steps = [1] * len(sliders)
        if isinstance(self.checkpoint, SentenceCheckpoint):
            max_length = self.checkpoint.vocabulary.max_length
            steps = [
                min(len(tokens) + 1, max_length)
                for tokens in written(self.checkpoint, self.checkpoint.axes.to_z(sliders, residual))
            ]
        return {"sliders": sliders.tolist(), "residual": residual.tolist(), "steps": steps}


def single(race: Race, size: Size) -> dict[str, Figure]:
    """One position at a time, all contenders."""
    positions = single_positions(race.checkpoint, WARMUPS + size.decodes)
    return {
        name: Figure.of(took)
        for name, took in race.times(race.running, *positions, 1, WARMUPS).items()
    }


def of_larger(race: Race, size: Size) -> dict[str, Figure]:
    """One position at a time, all contenders: larger pictures take longer, and vary less."""
    positions = single_positions(race.checkpoint, FEW_WARMUPS + size.larger)
    took = race.times(race.running, *positions, 1, FEW_WARMUPS)
    return {name: Figure.of(each) for name, each in took.items()}


def larger_natively(subject: LargerDecoder, size: Size) -> Figure:
    """PyTorch, eager, one position at a time on one thread, from the sliders on."""
    return _natively(subject, FEW_WARMUPS, size.larger)


def strip(race: Race, size: Size) -> dict[str, Figure]:
    """Seven positions along an axis, each contender in its best batches."""
    positions = strip_positions(race.checkpoint, size.strips + 2)
    return _best(race, positions, len(STRIP), size.in_strip, 2)


def grid(race: Race, size: Size) -> dict[str, Figure]:
    """All 1,215 positions, each contender in its best batches."""
    sliders, residual = grid_positions(race.checkpoint)
    again = (np.tile(sliders, (size.grids, 1)), np.tile(residual, (size.grids, 1)))
    return _best(race, again, len(sliders), size.in_grid, 0)


def _best(
    race: Race, positions: tuple[Array, Array], together: int, sizes: Sequence[int], warmups: int
) -> dict[str, Figure]:
    """Measure `together` positions at the batch size of `sizes` with the least median."""
    names = [name for name in race.running if not race.contenders[name].stock]
    found: dict[str, Figure] = {}
    for size in sizes:
        for name, took in race.times(names, *positions, size, 0).items():
            sums = np.asarray(took).reshape(-1, together // size).sum(1).tolist()[warmups:]
            figure = Figure.of(sums)
            if name not in found or figure.median < found[name].median:
                found[name] = figure
    return found


def natively(checkpoint: Checkpoint, size: Size) -> Figure:
    """PyTorch, eager, one position at a time on one thread, from the sliders on."""
    return _natively(checkpoint, WARMUPS, size.decodes)


def _natively(checkpoint: Subject, warmups: int, decodes: int) -> Figure:
    sliders, residual = single_positions(checkpoint, warmups + decodes)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    took = []
    for row in range(len(sliders)):
        began = perf_counter()
        z = checkpoint.axes.to_z(sliders[row : row + 1], residual[row : row + 1])
        if isinstance(checkpoint, SentenceCheckpoint):
            written(checkpoint, z)
        else:
            decode_values(decoder_of(checkpoint), z)
        took.append(1000 * (perf_counter() - began))
    torch.set_num_threads(threads)
    return Figure.of(took[warmups:])


def decoder_of(subject: Subject) -> Any:
    """Return the decoder of a checkpoint, or of a larger one with seeded weights."""
    return subject.decoder if isinstance(subject, LargerDecoder) else subject.model.decoder


def written(checkpoint: SentenceCheckpoint, z: Array) -> list[list[int]]:
    """The token ids that PyTorch decodes greedily at z (N, Z)."""
    words = checkpoint.vocabulary
    return decode_greedily(
        checkpoint.model.decoder,
        torch.from_numpy(z),
        begin=words.begin,
        end=words.end,
        max_length=words.max_length,
    )


def _refuse_others(
    name: str,
    contender: Contender,
    checkpoint: Subject,
    positions: Mapping[str, Any],
    decoded: Sequence[Any],
) -> None:
    """Raise ZlideError for a contender that decodes something else than its PyTorch module."""
    axes: Axes = checkpoint.axes
    z = axes.to_z(
        np.asarray(positions["sliders"], np.float32), np.asarray(positions["residual"], np.float32)
    )
    remedy = "do not compare the time of what decodes something else"
    decoder: Any = contender.decoder
    if isinstance(checkpoint, SentenceCheckpoint):
        words = checkpoint.vocabulary
        expected = decode_greedily(
            decoder,
            torch.from_numpy(z),
            begin=words.begin,
            end=words.end,
            max_length=words.max_length,
        )
        wrong = compare_sentences(
            decoder, torch.from_numpy(z), expected, decoded, begin=words.begin
        ).wrong
        if wrong:
            raise ZlideError(
                name,
                f"expected PyTorch's words, found {len(wrong)} of {len(z)} sentences that differ",
                remedy,
            )
        return
    difference = float(
        np.abs(
            decode_values(decoder, z).reshape(len(z), -1) - np.asarray(decoded, np.float32)
        ).max()
    )
    if not difference <= PIXEL:
        raise ZlideError(
            name,
            f"expected PyTorch's pictures, to {PIXEL:.4f} a pixel, found one {difference:.4f} away",
            remedy,
        )
