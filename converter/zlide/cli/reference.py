"""The command-line reference in docs/cli.md: `python -m zlide.cli.reference > docs/cli.md`."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterator

import click

from zlide.cli.app import main

INTRODUCTION = """\
# Command line

The commands follow a model from data to page. `zlide train` writes a checkpoint. `zlide build`
exports it to a bundle and adds the page. `zlide verify` compares the page with PyTorch, and
`zlide serve` shows it.

A mistake is one line on stderr, `where: expected X, found Y; do Z`.

| exit status | meaning |
|---|---|
| 0 | The command did what it was asked to. |
| 1 | Something was wrong with a file, a model or a browser, or `zlide verify` found a difference. |
| 2 | The command or its options were wrong. |
| 128 + n | Signal number n stopped the command. |

<!-- Generated from the code by `python -m zlide.cli.reference > docs/cli.md`; do not edit. -->
"""

WIDTH = 100


def render() -> str:
    """Return the reference of all commands in Markdown."""
    return "\n".join([INTRODUCTION, *_render_group(main, "zlide")])


def _render_group(group: click.Group, path: str) -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _render_group(command, f"{path} {name}")
        else:
            yield _render_command(command, f"{path} {name}")


def _render_command(command: click.Command, path: str) -> str:
    text, _, examples = inspect.cleandoc(command.help or "").partition("\b\nExample:\n")
    context = click.Context(command, info_name=path)
    usage = " ".join([path, *filter(None, command.collect_usage_pieces(context))])
    options = [
        _render_option(*record)
        for parameter in command.params
        if isinstance(parameter, click.Option) and (record := parameter.get_help_record(context))
    ]
    parts = [
        f"## {path}",
        *_paragraphs(text),
        _code(f"{usage}\n\n# for example\n{textwrap.dedent(examples)}"),
        "\n".join(options),
    ]
    return "\n\n".join(filter(None, parts)) + "\n"


def _render_option(names: str, description: str) -> str:
    names = names.replace(" RANGE", "")
    return textwrap.fill(
        f"- `{names}`: {' '.join(description.split())}",
        WIDTH,
        subsequent_indent="  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _paragraphs(text: str) -> list[str]:
    return [
        textwrap.fill(" ".join(part.split()), WIDTH, break_on_hyphens=False)
        for part in text.strip().split("\n\n")
    ]


def _code(text: str) -> str:
    return f"```sh\n{text.strip()}\n```"


if __name__ == "__main__":
    click.echo(render(), nl=False)
