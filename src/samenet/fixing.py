"""Mends specs by the fixes of what is found in them, as long as that helps."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from samenet.diagnostics import Code, Diagnostic, Fix, Severity
from samenet.edits import applied

MAX_ROUNDS = 20
"""How often a text is looked at again; a fix may bring another one to light."""

MAX_SINGLE = 50
"""How many fixes are tried alone where not all of them can be made at once."""

Check = Callable[[bytes], Sequence[Diagnostic]]
"""What is found in the bytes of a spec."""

_SYNTAX = (Code.SYNTAX, Code.NOT_UTF8, Code.TOO_LARGE)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A spec after its fixes.

    Attributes:
        content: its bytes.
        fixes: what was done, in its order.
        rest: what is still found in it.
    """

    content: bytes
    fixes: tuple[Fix, ...]
    rest: tuple[Diagnostic, ...]


def fixed(content: bytes, check: Check, *, file: str | None, unsafe: bool = False) -> Fixed:
    """The text of a spec with all fixes that bring no new mistake.

    Args:
        content: its bytes.
        check: finds what there is to be mended.
        file: its name in findings; those of other files stay.
        unsafe: whether fixes are made that change what is trained.
    """
    found, done = tuple(check(content)), list[Fix]()
    for _ in range(MAX_ROUNDS):
        fixes = [
            item.fix
            for item in found
            if item.fix is not None and item.file == file and (item.fix.safe or unsafe)
        ]
        step = _step(content, found, fixes, check) if fixes else None
        if step is None or not step.fixes:
            break
        content, found = step.content, step.rest
        done += step.fixes
    return Fixed(content, tuple(done), found)


def _step(
    content: bytes, found: tuple[Diagnostic, ...], fixes: Sequence[Fix], check: Check
) -> Fixed:
    """All fixes at once; where that brings a mistake, one after the other those that bring none."""
    best, good = Fixed(content, (), found), list[Fix]()
    for group in (list(fixes), *([fix] for fix in fixes[:MAX_SINGLE])):
        changed, made = _changed(content, [*good, *group])
        after = tuple(check(changed)) if len(made) > len(good) else ()
        if len(made) > len(good) and not _is_worse(found, after, made):
            best, good = Fixed(changed, made, after), list(made)
            if len(group) == len(fixes):
                break
    return best


def _changed(content: bytes, fixes: Iterable[Fix]) -> tuple[bytes, tuple[Fix, ...]]:
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    text, made = applied(content.removeprefix(mark).decode(), fixes)
    return mark + text.encode(), made


def _is_worse(
    before: Iterable[Diagnostic], after: Iterable[Diagnostic], made: Iterable[Fix]
) -> bool:
    """Whether changes have made mistakes.

    A spec without any gets none. One that had some may show others behind those that are gone, but
    not at the places that were changed.
    """
    known = {(item.code, item.path, item.message) for item in before}
    new = [
        item
        for item in after
        if item.severity is Severity.ERROR and (item.code, item.path, item.message) not in known
    ]
    if all(item.severity is Severity.WARNING for item in before):
        return bool(new)
    lines = {edit.span.line for fix in made for edit in fix.edits}
    return any(item.code in _SYNTAX or (item.span and item.span.line in lines) for item in new)
