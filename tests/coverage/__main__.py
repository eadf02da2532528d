"""Convert all cases and print what is refused: `python -m tests.coverage [NAME…]`.

`--write` renews `refused.json` and `docs/coverage.md`. `--page` runs what converts in the browser.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter

from tests.coverage.cases import ABORTS, BACKENDS, CASES, NOT_ON_BACKENDS, TABLE
from tests.coverage.report import PAGE, render
from tests.coverage.written import Written, write_case

Outcome = tuple[str, Written, float]
"""Name, result, seconds."""


def sweep(names: Sequence[str], folder: Path) -> Iterator[Outcome]:
    """Convert cases in another process. One that ends the process is listed, and the rest goes on.

    A case whose graphs differ from PyTorch counts as refused.
    """
    rest = list(names)
    while rest:
        here, there = multiprocessing.Pipe()
        worker = multiprocessing.Process(target=_convert_all, args=(rest, folder, there))
        worker.start()
        there.close()
        try:
            while rest:
                result: Outcome = here.recv()
                yield result
                rest.pop(0)
        except EOFError:
            yield rest.pop(0), Written(ABORTS), 0.0
        worker.join()


def _convert_all(names: Sequence[str], folder: Path, results: Connection) -> None:
    for name in names:
        began = perf_counter()
        written = write_case(name, folder / str(list(CASES).index(name)))
        results.send((name, written, perf_counter() - began))


def run_pages(written: Mapping[str, Written], folder: Path) -> dict[str, dict[str, str]]:
    """Return what the page cannot run: backend → name → reason."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import launch
    from tests.browser.graph_worker import FLAGS, GraphWorker
    from tests.coverage.page import write_site
    from tests.coverage.page_outcome import page_outcome
    from zlide.site.serve import serve

    site = write_site(written, folder / "site")
    found: dict[str, dict[str, str]] = {backend: {} for backend in BACKENDS}
    with sync_playwright() as playwright, serve(site, port=0) as server:
        for backend in BACKENDS:
            began = perf_counter()
            with launch(playwright, *FLAGS[backend]) as browser:
                worker = GraphWorker(browser, backend, site, server.url)
                for number, name in enumerate(written, 1):
                    if reason := page_outcome(worker, backend, name, number):
                        found[backend][name] = reason
                        report(f"{backend}: {name}: {reason}")
            missing = len(found[backend])
            seconds = perf_counter() - began
            report(f"{backend} runs {len(written) - missing} of {len(written)}, in {seconds:.0f} s")
    return found


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    parser.add_argument("--write", action="store_true", help="renew refused.json and the docs page")
    parser.add_argument("--page", action="store_true", help="run the graphs in Chromium, too")
    parser.add_argument("names", nargs="*", metavar="NAME")
    options = parser.parse_args()
    names = options.names or list(CASES)
    with tempfile.TemporaryDirectory() as folder:
        found, seconds = {}, 0.0
        for name, written, took in sweep(names, Path(folder)):
            found[name] = written
            seconds += took
            if written.reason is not None:
                report(f"{name}: {written.reason}")
        refused = {name: w.reason for name, w in found.items() if w.reason is not None}
        report(f"{len(names) - len(refused)} of {len(names)} convert, in {seconds:.0f} s")
        backends = NOT_ON_BACKENDS
        if options.page:
            converted = {name: w for name, w in found.items() if name not in refused}
            backends = run_pages(converted, Path(folder))
    if options.write and not options.names:
        write(refused, backends)


def write(refused: Mapping[str, str], backends: Mapping[str, Mapping[str, str]]) -> None:
    """Write the table of what does not convert, and the page of the documentation."""
    listed = {
        backend: {name: why for name, why in missing.items() if name not in refused}
        for backend, missing in backends.items()
    }
    table = {"refused": refused, "backends": listed}
    TABLE.write_text(json.dumps(table, indent=2, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(render(refused, listed), "utf-8")


if __name__ == "__main__":
    main()
