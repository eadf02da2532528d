"""The figures by name: how each is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench import cold, decoding, resting, sizes
from tests.bench.choosing import choosing
from tests.bench.chrome import served
from tests.bench.contenders import Contender, of_checkpoint, of_larger
from tests.bench.decoding import QUICK, Race, Size
from tests.bench.exporting import exporting
from tests.bench.figures import Figure
from tests.bench.larger import LARGER, larger_decoder
from tests.bench.programs import LITERT, PAGE, RIVAL, run
from tests.bench.rival import quantized
from zlide.bundle.folder import read_bundle
from zlide.bundle.manifest import Precision
from zlide.checkpoint import Checkpoint, SentenceCheckpoint, read_checkpoint

NAME_OF_RIVAL = "onnxruntime-web"
WEIGHTS = Path(__file__).parents[2] / "weights"
ZLIDE = Path(sys.executable).parent / "zlide"
ONNX = {"sentences": "whole.onnx", "doom": "picture.onnx", "racing": "picture.onnx"}
"""The file that a page of the rival loads: the decoder whole."""


@dataclass(frozen=True)
class Measured:
    """A figure of each contender, and why others have none."""

    figures: Mapping[str, Figure]
    failed: Mapping[str, str] = field(default_factory=dict)


class Bench:
    """The browser, the folder of contenders (each made once), and how much to measure."""

    def __init__(
        self, browser: Browser, folder: Path, size: Size, tell: Callable[[str], None]
    ) -> None:
        self.browser, self.folder, self.size, self.tell = browser, folder, size, tell
        self.exports: Mapping[str, dict[str, Figure]] = {}
        self._contenders: dict[str, dict[str, Contender]] = {}

    def checkpoint(self, name: str) -> Checkpoint:
        """One of the models that ship."""
        return read_checkpoint(WEIGHTS / name)

    def bundle(self, name: str, precision: Precision | None = None) -> Path:
        """Return the folder of its bundle, as it ships or with weights in another precision."""
        to = self.folder / name / (precision or "bundle")
        if not to.is_dir():
            self.tell(f"{name}: exporting with zlide")
            run(
                ZLIDE,
                "export",
                WEIGHTS / name,
                "--output",
                to,
                *(["--precision", precision] if precision else []),
            )
        return to

    def site(self, name: str) -> Path:
        """The page around the bundle alone."""
        to = self.folder / f"{name}-site"
        if not to.is_dir():
            run(ZLIDE, "build", self.bundle(name), "--output", to)
        return to

    def contenders(self, name: str) -> dict[str, Contender]:
        """Those of a model, beside its bundle."""
        if name not in self._contenders:
            bundle = self.bundle(name)
            self._contenders[name] = of_checkpoint(
                self.checkpoint(name),
                "../models/bundle/",
                read_bundle(bundle).precision,
                bundle.parent,
                lambda doing: self.tell(f"{name}: {doing}"),
            )
        return self._contenders[name]

    @contextmanager
    def race(self, name: str) -> Iterator[Race]:
        """The contenders of a model, loaded into a page of their own."""
        contenders, models = self.contenders(name), self.bundle(name).parent
        self.tell(f"{name}: decoding")
        with (
            served({"page": PAGE, "rival": RIVAL / "dist", "models": models}) as address,
            self.browser.new_page() as page,
        ):
            page.goto(f"{address}page/index.html", wait_until="load")
            yield Race(page, self.checkpoint(name), contenders)


def single(bench: Bench, name: str) -> Measured:
    """One position at a time, PyTorch's too."""
    with bench.race(name) as race:
        figures = decoding.single(race, bench.size)
    return Measured(
        {**figures, "PyTorch": decoding.natively(bench.checkpoint(name), bench.size)}, race.failed
    )


def larger(bench: Bench, name: str) -> Measured:
    """One position at a time of a larger decoder with seeded weights, PyTorch's too."""
    row = LARGER[name]
    subject = larger_decoder(row.family, row.side)
    models = bench.folder / f"{row.family} {row.side}"
    contenders, failed = of_larger(subject, models, lambda doing: bench.tell(f"{name}: {doing}"))
    bench.tell(f"{name}: decoding")
    folders = {"page": PAGE, "rival": RIVAL / "dist", "litertjs": LITERT, "models": models}
    with served(folders) as address, bench.browser.new_page() as page:
        page.goto(f"{address}page/index.html", wait_until="load")
        race = Race(page, subject, contenders, row.threads)
        figures = decoding.of_larger(race, bench.size)
    if row.threads == 1:
        figures["PyTorch"] = decoding.larger_natively(subject, bench.size)
    return Measured(figures, {**failed, **race.failed})


def together(bench: Bench, measure: Callable[[Race, Size], dict[str, Figure]]) -> Measured:
    """Several sentences at once."""
    with bench.race("sentences") as race:
        return Measured(measure(race, bench.size))


def runtime_bytes(bench: Bench) -> Measured:
    """Measure the bytes fetched before the first decode, without the model."""
    return Measured(sizes.of_runtime(bench.browser, bench.site("sentences")))


def page_bytes(bench: Bench) -> Measured:
    """Scripts and styles, those that come later too."""
    return Measured(sizes.of_page(bench.browser, bench.site("sentences")))


def model_bytes(bench: Bench, name: str) -> Measured:
    """The model, as it is fetched before the first decode."""
    bench.contenders(name)
    return Measured(
        sizes.of_model(
            bench.bundle(name),
            bench.bundle(name, "float32"),
            bench.bundle(name).parent / ONNX[name],
        )
    )


def first_decode(bench: Bench, name: str) -> Measured:
    """From a cold start to the first decode."""
    bench.contenders(name)
    model = bench.bundle(name).parent / ONNX[name]
    models = {
        NAME_OF_RIVAL: model,
        f"eight-bit {NAME_OF_RIVAL}": quantized(model, model.with_name("eight-bits.onnx")),
    }
    return Measured(
        cold.first_decode(
            bench.browser,
            bench.checkpoint(name),
            bench.site(name),
            models,
            quick=bench.size is QUICK,
        )
    )


def idle(bench: Bench) -> Measured:
    """Decodes in ten seconds without input."""
    return Measured(resting.idle(bench.browser, bench.site("sentences")))


def memory(bench: Bench, name: str) -> Measured:
    """Tensors that a thousand decodes leave behind."""
    with bench.race(name) as race:
        return Measured(resting.memory(race, bench.size))


def export(bench: Bench, figure: str) -> Measured:
    """An export of the sentences: with imports, without, and its memory."""
    if not bench.exports:
        bench.tell("sentences: exporting, by turns with the stock chain")
        bench.exports = exporting(
            WEIGHTS / "sentences", bench.folder / "exports", quick=bench.size is QUICK
        )
    return Measured(bench.exports[figure])


def encode_and_choose(bench: Bench) -> Measured:
    """Sentences a second, of as many as the original had."""
    checkpoint = bench.checkpoint("sentences")
    assert isinstance(checkpoint, SentenceCheckpoint)
    bench.tell("sentences: encoding, scoring and choosing")
    return Measured(choosing(checkpoint, bench.size.sentences))


FIGURES: dict[str, Callable[[Bench], Measured]] = {
    "sentence": partial(single, name="sentences"),
    "strip": partial(together, measure=decoding.strip),
    "grid": partial(together, measure=decoding.grid),
    "image, doom": partial(single, name="doom"),
    "image, racing": partial(single, name="racing"),
    **{name: partial(larger, name=name) for name in LARGER},
    "runtime bytes": runtime_bytes,
    "page bytes": page_bytes,
    "model bytes, sentences": partial(model_bytes, name="sentences"),
    "model bytes, doom": partial(model_bytes, name="doom"),
    "first decode, sentences": partial(first_decode, name="sentences"),
    "first decode, doom": partial(first_decode, name="doom"),
    "idle": idle,
    "memory, sentences": partial(memory, name="sentences"),
    "memory, doom": partial(memory, name="doom"),
    "export": partial(export, figure="export"),
    "export without imports": partial(export, figure="export without imports"),
    "export's memory": partial(export, figure="export's memory"),
    "encode and choose": encode_and_choose,
}
