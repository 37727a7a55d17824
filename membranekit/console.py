"""What commands print: text, tables and JSON; nothing heavy is imported for it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

as_json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object and nothing else."
)


def say(text: str, *, err: bool = False) -> None:
    """Print a text, spelling out what the console's encoding lacks."""
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), err=err)
    except BrokenPipeError:
        drop(stream)


def drop(stream: TextIO) -> None:
    """Write to nowhere from here on.

    Whoever reads has read enough, such as `head`: that changes no status.
    """
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_json(document: dict[str, Any], indent: int | None = 1) -> None:
    """Print one JSON object; a number in it that is not finite is a bug."""
    import json

    say(json.dumps(document, indent=indent, allow_nan=False))


def wrapped(text: str) -> str:
    """Return a text in lines of up to 88 signs."""
    import textwrap

    return textwrap.fill(text, 88)


def say_paragraph(text: str) -> None:
    """Print a text as one entry of a list, its later lines set in further."""
    import textwrap

    for line in textwrap.wrap(text, 86, initial_indent="  ", subsequent_indent="    "):
        say(line)


def say_table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: bool = False
) -> None:
    """Print a table without rules; of numbers, all but the first column right."""
    import io

    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for index, title in enumerate(header):
        right = numbers and index > 0
        table.add_column(
            Text(title), justify="right" if right else "left", no_wrap=True
        )
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console = Console(
        file=io.StringIO(),
        width=10_000,
        force_terminal=sys.stdout.isatty() and "NO_COLOR" not in os.environ,
    )
    console.print(table)
    printed = console.file.getvalue()  # type: ignore[attr-defined]
    say("\n".join(line.rstrip() for line in printed.splitlines()))
