"""Command groups that report every mistake in one line and with an exit status."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import IO, Any

import click

from zlide.errors import ZlideError, torch_needed
from zlide.recipes import TrainingInterrupted
from zlide.signals import orderly_exit

RENAMED: dict[str, Sequence[str]] = {
    "--against": ["--checkpoint"],
    "--from": ["--init-from", "--candidates"],
    "--heldout": ["--held-out"],
    "--latent": ["--latent-size"],
    "--least-count": ["--min-count"],
    "--least-share": ["--min-share"],
    "--licence": ["--license"],
    "--longest": ["--max-length"],
    "--rate": ["--learning-rate"],
    "--rounding": ["--precision"],
    "--set": ["--axes"],
    "--to": ["--output"],
}
"""Options of zlide 0.1 and their new names, of which a command has at most one."""


class RenamedOptionError(click.UsageError):
    """An option that has another name now; shown as one line."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__(f"{old}: no such option; use {new}")

    def show(self, file: IO[Any] | None = None) -> None:
        click.echo(self.message, file=file, err=file is None)


class Command(click.Command):
    """A command that knows the old names of its options."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            known = {name for parameter in self.params for name in parameter.opts}
            for new in RENAMED.get(error.option_name, ()):
                if new in known:
                    raise RenamedOptionError(error.option_name, new) from error
            raise


class Group(click.Group):
    """A group that turns errors into one line and an exit status.

    A ZlideError exits with 1, a mistake in the options with 2 (as in click), a signal with 128 plus
    its number. Commands are listed in the order of their definition.
    """

    command_class = Command
    group_class = type

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with orderly_exit(), torch_needed(ctx.info_name):
                return super().invoke(ctx)
        except ZlideError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except TrainingInterrupted as interrupted:
            click.echo(str(interrupted), err=True)
            sys.exit(128 + interrupted.signal_number)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            sys.exit(130)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        return list(self.commands)
