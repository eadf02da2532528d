"""Commands that build, verify and serve a site."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zlide.cli.bundles import export_with_report
from zlide.cli.console import out, print_parts, progress_bar
from zlide.cli.group import Command
from zlide.cli.options import PATH, export_precision, output_option, seed_option
from zlide.cli.tables import format_verdict
from zlide.files import COMPRESSIONS

if TYPE_CHECKING:
    from zlide.bundle import Precision
    from zlide.files import Compression
    from zlide.verify import Backend

_site_argument = click.argument("site", metavar="SITE", type=PATH)


@click.command(cls=Command)
@click.argument("folders", metavar="DIR…", nargs=-1, required=True, type=PATH)
@output_option("Folder of the site.")
@export_precision
@click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    default="gzip",
    show_default=True,
    help="gzip: write NAME.gz beside each file that it makes smaller by a tenth or more, for "
    "servers that send such files.",
)
def build(
    folders: tuple[Path, ...], to: Path, precision: Precision | None, compress: Compression
) -> None:
    """Build a site: export checkpoints and add the page. Any static server can serve it.

    A DIR may also be a bundle, written by `zlide export` or `zlide.export`; it is copied.

    \b
    Example:
      zlide build weights/sentences --output site
    """
    from zlide.recipes import build_site

    build_site(
        folders, to, compress, lambda folder, bundle: export_with_report(folder, bundle, precision)
    )
    out.print(
        f"{to}: ready for any static server; look at it with `zlide serve {to}`", markup=False
    )


@click.command(cls=Command)
@_site_argument
@click.option(
    "--positions",
    type=click.IntRange(min=1),
    metavar="N",
    help="Number of random positions, in addition to all examples; 1,000 by default. With neither "
    "a checkpoint nor a module, the number of stored positions; all by default.",
)
@seed_option(default=0, help="Seed of the positions, if they are not stored.")
@click.option(
    "--browser",
    default="chromium",
    show_default=True,
    help="chromium, firefox, webkit (WebKitGTK), or the path of a browser.",
)
@click.option(
    "--backend",
    type=click.Choice(["wasm", "webgl"]),
    default="wasm",
    show_default=True,
    help="Backend of TensorFlow.js.",
)
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=PATH,
    metavar="DIR",
    help="Checkpoint to compare with; may be repeated. Default: those in weights/.",
)
@click.option(
    "--reference",
    "references",
    multiple=True,
    type=PATH,
    metavar="FILE",
    help="NAME.reference.safetensors that zlide.export wrote beside the bundle NAME; may be "
    "repeated. Default: searched here, beside the site, and one folder below.",
)
@click.option(
    "--module",
    "modules",
    multiple=True,
    metavar="[NAME=]FILE.py:FUNCTION",
    help="Function in a Python file that returns your decoder, or (decoder, encoder), to decode "
    "new positions; it is called. NAME is the bundle, if the site has several; may be repeated.",
)
def verify(  # noqa: PLR0913 (an option each)
    site: Path,
    *,
    positions: int | None,
    seed: int,
    browser: str,
    backend: Backend,
    checkpoints: tuple[Path, ...],
    references: tuple[Path, ...],
    modules: tuple[str, ...],
) -> None:
    """Decode random positions in a real browser, and compare every sample with PyTorch.

    The exit status is 1 if any sample differs.

    \b
    Example:
      zlide verify site --positions 200
    """
    from zlide.verify import parse_module
    from zlide.verify import verify as verify_site

    passed = True
    with progress_bar("decoding in the browser") as bar:
        for verdict in verify_site(
            site,
            positions=positions,
            seed=seed,
            browser=browser,
            backend=backend,
            checkpoints=checkpoints,
            references=references,
            modules=[parse_module(text) for text in modules],
            progress=bar.update,
        ):
            passed = passed and verdict.passed
            print_parts(format_verdict(verdict))
    if not passed:
        sys.exit(1)


@click.command(cls=Command)
@_site_argument
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets other devices of the network connect.",
)
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
def serve(site: Path, host: str, port: int) -> None:
    """Serve a site from this machine, until Ctrl-C.

    \b
    Example:
      zlide serve site --port 8000
    """
    from threading import Event

    from zlide.site import serve as serve_site

    with serve_site(site, host, port) as server:
        click.echo(f"{server.url} serves {site}; stop with Ctrl-C")
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo()
