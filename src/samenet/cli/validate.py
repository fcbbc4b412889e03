"""`samenet validate`."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from samenet.cli.find import STDIN, find, read_stdin
from samenet.cli.report import OVERRIDES, counted, print_diagnostics, status_of
from samenet.diagnostics import Code, Diagnostic, SpecError, unique
from samenet.diagnostics.formats import FORMATS, Checked, Report, render

MANY = 200
"""From so many specs on, several processes check them: starting one takes as long as 50 specs."""


@click.command()
@click.argument("names", metavar="PATHS...", nargs=-1, required=True)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", *FORMATS]),
    default="text",
    show_default=True,
    help="What is printed: text for people, or a report for a CI service or an editor.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="A file for the report; the text for people is then printed beside it.",
)
@click.option(
    "--stdin-filename",
    metavar="FILE",
    help="The name of what is read from standard input (-), as if it stood there.",
)
@OVERRIDES
@click.pass_context
def validate(
    context: click.Context,
    names: tuple[str, ...],
    form: str,
    output: Path | None,
    stdin_filename: str | None,
    overrides: tuple[str, ...],
) -> None:
    """Check specs: files, folders to search for *.net.toml and *.net.json, patterns, or -.

    No framework is needed, and nothing but specs is opened. All mistakes of all specs are
    reported.
    """
    if output is not None and form == "text":
        raise click.UsageError("--output is for a report; choose one with --format")
    files = find(names)
    piped = _read_stdin(stdin_filename, overrides) if STDIN in files else None
    checked = {
        file: Checked(file, (_unread(file, reason),)) for file, reason in files.items() if reason
    }
    rest = [file for file in files if file not in checked and file != STDIN]
    checked |= zip(rest, _checked(rest, overrides, context.obj or ()), strict=True)
    if piped is not None:
        checked[STDIN] = piped.checked
    specs = [checked[file] for file in files]
    report = Report(tuple(specs))
    if form != "text":
        _put(render(form, report), output)
    found = unique(item for spec in specs for item in spec.diagnostics)
    if form == "text" or output is not None:
        _print(found, len(specs), piped)
    context.exit(status_of(found))


def _unread(file: str, reason: str) -> Diagnostic:
    return Diagnostic(Code.UNREADABLE_FILE, f"cannot read the spec: {reason}", file=file)


def _print(found: list[Diagnostic], number: int, piped: _Piped | None) -> None:
    if found:
        print_diagnostics(found, {piped.checked.file: piped.text} if piped else {})
    else:
        click.echo(f"{counted(number, 'spec')} checked, no mistakes.")


def _put(text: str, output: Path | None) -> None:
    from samenet.files import write

    if output is None:
        click.echo(text, nl=False)
    else:
        write(output, text.encode())


@dataclass(frozen=True, slots=True)
class _Piped:
    """What was read from standard input, and what was found in it."""

    checked: Checked
    text: str


def _read_stdin(name: str | None, overrides: tuple[str, ...]) -> _Piped:
    """Check what stands in standard input.

    Args:
        name: the file that it will be; what it extends is searched beside it.
        overrides: as for `api.load`.
    """
    from samenet import api, document

    content, file, is_json = read_stdin(name)
    try:
        api.load(document.parse(content, file=file, is_json=is_json), overrides)
        found: tuple[Diagnostic, ...] = ()
    except SpecError as error:
        found = error.diagnostics
    return _Piped(Checked(file, found), content.decode("utf-8-sig", errors="replace"))


def _checked(
    files: list[str], overrides: tuple[str, ...], layers: tuple[Path, ...]
) -> list[Checked]:
    """Check files, in several processes where there are many; the order stays."""
    check = partial(_check, overrides=overrides)
    workers = _processors()
    if len(files) < MANY or workers == 1:
        return list(map(check, files))
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    start = get_context("spawn")
    with ProcessPoolExecutor(workers, start, initializer=_begin, initargs=(layers,)) as pool:
        return list(pool.map(check, files, chunksize=16))


def _processors() -> int:
    """The processors that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _begin(layers: tuple[Path, ...]) -> None:
    """Make a process ready: it leaves Ctrl-C to the first one, and knows its layers."""
    import signal

    from samenet.cli import execute

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for file in layers:
        execute(file)


def _check(file: str, overrides: tuple[str, ...]) -> Checked:
    from samenet import api

    return Checked(file, tuple(api.validate(file, overrides)))
