"""The figures by name: how each is measured."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser

from tests.bench import decoding
from tests.bench.chrome import served
from tests.bench.contenders import Contender, of_checkpoint
from tests.bench.decoding import Race, Size
from tests.bench.figures import Figure
from tests.bench.programs import PAGE, RIVAL, run
from zlide.checkpoint import Checkpoint, read_checkpoint

WEIGHTS = Path(__file__).parents[2] / "weights"


@dataclass(frozen=True)
class Measured:
    """A figure of each contender, and why others have none."""

    figures: Mapping[str, Figure]
    failed: Mapping[str, str] = field(default_factory=dict)


class Bench:
    """What figures are measured with: a browser, a folder for contenders, which are made once, and how much is to be measured."""

    def __init__(self, browser: Browser, folder: Path, size: Size, tell: Callable[[str], None]) -> None:
        self.browser, self.folder, self.size, self.tell = browser, folder, size, tell
        self._contenders: dict[str, dict[str, Contender]] = {}

    def checkpoint(self, name: str) -> Checkpoint:
        """One of the models that ship."""
        return read_checkpoint(WEIGHTS / name)

    def bundle(self, name: str) -> Path:
        """Its bundle, as published."""
        to = self.folder / name / "bundle"
        if not to.is_dir():
            self.tell(f"{name}: exporting with zlide")
            run(Path(sys.executable).parent / "zlide", "export", WEIGHTS / name, "--to", to)
        return to

    @contextmanager
    def race(self, name: str) -> Iterator[Race]:
        """The contenders of a model, loaded into a page of their own."""
        checkpoint, models = self.checkpoint(name), self.bundle(name).parent
        if name not in self._contenders:
            self._contenders[name] = of_checkpoint(checkpoint, "../models/bundle/", models, lambda doing: self.tell(f"{name}: {doing}"))
        self.tell(f"{name}: decoding")
        with served({"page": PAGE, "rival": RIVAL / "dist", "models": models}) as address, self.browser.new_page() as page:
            page.goto(f"{address}page/index.html", wait_until="load")
            yield Race(page, checkpoint, self._contenders[name])


def single(bench: Bench, name: str) -> Measured:
    """One position at a time, PyTorch's too."""
    with bench.race(name) as race:
        figures = decoding.single(race, bench.size)
    return Measured({**figures, "PyTorch": decoding.natively(bench.checkpoint(name), bench.size)}, race.failed)


def together(bench: Bench, measure: Callable[[Race, Size], dict[str, Figure]]) -> Measured:
    """Several sentences at once."""
    with bench.race("sentences") as race:
        return Measured(measure(race, bench.size))


FIGURES: dict[str, Callable[[Bench], Measured]] = {
    "sentence": partial(single, name="sentences"),
    "strip": partial(together, measure=decoding.strip),
    "grid": partial(together, measure=decoding.grid),
    "image doom": partial(single, name="doom"),
    "image racing": partial(single, name="racing"),
}
