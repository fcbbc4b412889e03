"""Tables of studies, on a terminal and on a page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

WIDTH = 120
"""Of what is printed into a file, which is not as narrow as the terminal Rich takes it for."""


def console_of() -> Console:
    """What tables are printed on."""
    from rich.console import Console  # noqa: PLC0415

    console = Console()
    if not console.is_terminal:
        console.width = WIDTH
    return console


def printed(
    console: Console, title: str, head: Sequence[str], rows: Iterable[Sequence[str]]
) -> None:
    """Print a table, its first column to the left and the others to the right."""
    from rich import box  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    grid = Table(title=Text(title), title_justify="left", box=box.SIMPLE_HEAD)
    for index, name in enumerate(head):
        grid.add_column(Text(name), justify="right" if index else "left")
    for row in rows:
        grid.add_row(*map(Text, row))
    console.print(grid)


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """The lines of a table."""
    yield _line(head)
    yield "| --- |" + " --- |" * (len(head) - 1)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[str]) -> str:
    escaped = (cell.replace("|", "\\|").replace("\n", "<br>") for cell in cells)
    return f"| {' | '.join(escaped)} |"
