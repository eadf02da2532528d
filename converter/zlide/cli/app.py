"""The `zlide` command."""

from __future__ import annotations

from importlib.metadata import version

import click

from zlide.cli.bundles import export, inspect
from zlide.cli.checkpoints import describe, evaluate, examples, points
from zlide.cli.decode import decode
from zlide.cli.group import Group
from zlide.cli.sites import build, serve, verify
from zlide.cli.train import train


@click.group(
    cls=Group,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(version("zlide"), prog_name="zlide")
def main() -> None:
    """Put a PyTorch model's latent space on a web page that decodes it live in the browser.

    \b
    Example:
      zlide build weights/sentences --output site
      zlide serve site
    """


for command in (
    train,
    evaluate,
    points,
    describe,
    examples,
    export,
    build,
    decode,
    inspect,
    verify,
    serve,
):
    main.add_command(command)
