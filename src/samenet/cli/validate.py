"""`samenet validate`."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from samenet.cli.advice import Choice, codes
from samenet.cli.find import STDIN, find, read_stdin
from samenet.cli.report import EXIT_INVALID, OVERRIDES, counted, print_diagnostics, status_of
from samenet.diagnostics import Code, Diagnostic, SpecError, unique
from samenet.diagnostics.formats import FORMATS, Checked, Report, render

if TYPE_CHECKING:
    from samenet.cli.fix import Mended

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
@click.option(
    "--select",
    metavar="CODES",
    multiple=True,
    help="Give this advice alone: SN601, SN61 for all that begin so, dropout-rate, or several.",
)
@click.option("--ignore", metavar="CODES", multiple=True, help="Leave this advice out.")
@click.option("--strict", is_flag=True, help="End with 1 for warnings, too.")
@click.option(
    "--fix", is_flag=True, help="Mend in the files what is certain and does not change training."
)
@click.option("--unsafe-fixes", is_flag=True, help="Mend also by changes of what is trained.")
@click.option("--diff", is_flag=True, help="Show what --fix would change, and end with 1 if any.")
@OVERRIDES
@click.pass_context
def validate(
    context: click.Context,
    names: tuple[str, ...],
    form: str,
    output: Path | None,
    stdin_filename: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    strict: bool,
    fix: bool,
    unsafe_fixes: bool,
    diff: bool,
    overrides: tuple[str, ...],
) -> None:
    """Check specs: files, folders to search for *.net.toml and *.net.json, patterns, or -.

    No framework is needed, and nothing but specs is opened. All mistakes of all specs are
    reported, and advice (warnings) on those that have none.
    """
    if output is not None and form == "text":
        raise click.UsageError("--output is for a report; choose one with --format")
    choice = Choice(codes("--select", select), codes("--ignore", ignore))
    files = find(names)
    unread = {file: Checked(file, (_unread(file, why),)) for file, why in files.items() if why}
    rest = [file for file in files if file not in unread and file != STDIN]
    mended: list[Mended] = []
    if fix or diff or unsafe_fixes:
        from samenet.cli.fix import mend

        _refuse_fixes(files, form, overrides, fix=fix, diff=diff)
        mended = mend(rest, choice, unsafe=unsafe_fixes, write=not diff)
    if diff:
        from samenet.cli.fix import show

        show(mended)
        found = [item for one in mended for item in one.rest]
        changes = any(one.count for one in mended)
        context.exit(EXIT_INVALID if changes or unread else status_of(found, strict=strict))
    piped = _read_stdin(stdin_filename, overrides, choice) if STDIN in files else None
    checked = {**unread, **_checked(rest, overrides, choice, context.obj or ())}
    if piped is not None:
        checked[STDIN] = piped.checked
    specs = [checked[file] for file in files]
    if form != "text":
        _put(render(form, Report(tuple(specs))), output)
    found = unique(item for spec in specs for item in spec.diagnostics)
    _count(mended, err=form != "text" and output is None)
    if form == "text" or output is not None:
        _print(found, len(specs), piped)
    context.exit(status_of(found, strict=strict))


def _refuse_fixes(
    files: Iterable[str], form: str, overrides: tuple[str, ...], *, fix: bool, diff: bool
) -> None:
    """What cannot be asked for together with fixes."""
    if not (fix or diff):
        raise click.UsageError("--unsafe-fixes is for --fix or --diff")
    if STDIN in files:
        raise click.UsageError("--fix and --diff are for files, not for standard input")
    if overrides:
        raise click.UsageError("--fix and --diff look at files as they are, without --set")
    if diff and form != "text":
        raise click.UsageError("--diff has a form of its own, without --format")


def _count(mended: Iterable[Mended], *, err: bool) -> None:
    """Say how many fixes were made."""
    if count := sum(item.count for item in mended):
        click.echo(f"Fixed {counted(count, 'problem')}.", err=err)


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


class _Piped(NamedTuple):
    """What was read from standard input, and what was found in it."""

    checked: Checked
    text: str


def _read_stdin(name: str | None, overrides: tuple[str, ...], choice: Choice) -> _Piped:
    """Check what stands in standard input.

    Args:
        name: the file that it will be; what it extends is searched beside it.
        overrides: as for `api.load`.
        choice: the advice that is looked for.
    """
    from samenet import api, document

    content, file, is_json = read_stdin(name)
    try:
        parsed = document.parse(content, file=file, is_json=is_json)
        found: Iterable[Diagnostic] = api.advise(parsed, overrides)
    except SpecError as error:
        found = error.diagnostics
    return _Piped(Checked(file, choice.of(found)), content.decode("utf-8-sig", errors="replace"))


def _checked(
    files: list[str], overrides: tuple[str, ...], choice: Choice, layers: tuple[Path, ...]
) -> dict[str, Checked]:
    """Check files, in several processes where there are many; the order stays."""
    check = partial(_check, overrides=overrides, choice=choice)
    workers = _processors()
    if len(files) < MANY or workers == 1:
        return dict(zip(files, map(check, files), strict=True))
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    start = get_context("spawn")
    with ProcessPoolExecutor(workers, start, initializer=_begin, initargs=(layers,)) as pool:
        return dict(zip(files, pool.map(check, files, chunksize=16), strict=True))


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


def _check(file: str, overrides: tuple[str, ...], choice: Choice) -> Checked:
    from samenet import api

    try:
        found: Iterable[Diagnostic] = api.advise(file, overrides)
    except SpecError as error:
        found = error.diagnostics
    return Checked(file, choice.of(found))
