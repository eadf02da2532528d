"""How zlide compares with what people would otherwise put together, side by side on this machine.

.venv/bin/python -m tests.bench                every figure, into results.json and the README
.venv/bin/python -m tests.bench --quick 'image, doom'  a first look at one of them
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console

from tests.bench.bench import FIGURES, Bench
from tests.bench.chrome import chromium
from tests.bench.decoding import FULL, QUICK
from tests.bench.programs import build_page, set_up_rivals
from tests.bench.results import RESULTS, read_results, write_results, write_table
from zlide.errors import ZlideError, disk_errors

README = Path(__file__).parents[2] / "README.md"
BENCHMARKS = README.parent / "docs/benchmarks.md"

err = Console(stderr=True, highlight=False, soft_wrap=True)


@click.command(help=__doc__)
@click.argument("names", metavar="[FIGURE]…", nargs=-1, type=click.Choice(list(FIGURES)))
@click.option(
    "--quick",
    is_flag=True,
    help="Fewer samples: a first look, which is not written into the README.",
)
@click.option(
    "--json",
    "to",
    type=click.Path(path_type=Path),
    help="results.json or quick.json by default; figures in it are kept.",
)
def main(names: tuple[str, ...], quick: bool, to: Path | None) -> None:
    to = to or (RESULTS.with_name("quick.json") if quick else RESULTS)
    try:
        versions = set_up_rivals()
        build_page()
        with (
            disk_errors(to),
            tempfile.TemporaryDirectory(prefix="zlide-bench-") as scratch,
            chromium() as browser,
            err.status("") as status,
        ):
            bench = Bench(browser, Path(scratch), QUICK if quick else FULL, status.update)
            results = read_results(to)
            for name in names or FIGURES:
                status.update(name)
                measured = FIGURES[name](bench)
                results.take(name, measured, quick=quick)
                click.echo(results.lines(name))
                results.metadata(browser.version, versions)
                write_results(results, to)
        if not quick and to == RESULTS:
            write_table(results, README, BENCHMARKS)
    except ZlideError as error:
        err.print(str(error), markup=False)
        sys.exit(1)


main()
