"""Advice that an author has turned down: by a comment at its place, for a file, or in the spec.

`# samenet: ignore SN601` concerns its own line, or the next one if it stands alone;
`# samenet: ignore-file SN601` the whole file. Several codes are separated by commas, and a reason
may follow behind `--`. `ignore = ["SN601"]` in `[lint]` concerns the whole spec, also in JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from samenet.diagnostics import Code, Diagnostic, Edit, Fix, Span, listed, nearest
from samenet.document import Document, is_json_file
from samenet.positions import toml_comments
from samenet.spec.model import Spec

CODES = tuple(
    code.number for code in Code if code.number.startswith("SN6") and code.number != "SN691"
)
"""What can be ignored."""

WORDS = ("ignore", "ignore-file")

_COMMENT = re.compile(r"#\s*samenet:\s*(?P<word>ignore[\w-]*)(?P<codes>(?:(?!\s--).)*)")
_CODE = re.compile(r"[^\s,]+")


class Ignore(NamedTuple):
    """A code that a comment names.

    Attributes:
        file: where the comment stands.
        line: the line that it concerns, or None for all of the file.
        code: the code as it is written.
        span: where that stands.
        comment: the span of the comment, if it names nothing else; what is before it on the line
            belongs to it where that is nothing but spaces.
    """

    file: str | None
    line: int | None
    code: str
    span: Span
    comment: Span | None


def mistakes(document: Document) -> Iterator[Diagnostic]:
    """Comments that name no advice; advice is not looked for, so that this is quick."""
    for file, text in _texts(document).items():
        for span, word, codes in _comments(text):
            if word not in WORDS:
                message, hint = f"there is no comment {word!r}", nearest(word, WORDS)
                yield Diagnostic(Code.UNKNOWN_VALUE, message, hint, (), file, span)
            elif not codes:
                message = f"{word} names no code"
                hint = f"name what to ignore: # samenet: {word} {CODES[0]}"
                yield Diagnostic(Code.MISSING_KEY, message, hint, (), file, span)
            for place, code in codes if word in WORDS else ():
                if code not in CODES:
                    message = f"there is no advice {code!r}; allowed: {listed(CODES)}"
                    yield Diagnostic(Code.UNKNOWN_VALUE, message, "", (), file, place)


def kept(found: Iterable[Diagnostic], spec: Spec, document: Document) -> list[Diagnostic]:
    """What was found without what is ignored, and a warning for each ignore without an effect.

    Args:
        found: all advice on the spec.
        spec: the spec.
        document: where it is written.
    """
    ignores = list(_ignores(document))
    by_place: dict[tuple[str | None, int | None, str], list[Ignore]] = {}
    for ignore in ignores:
        by_place.setdefault((ignore.file, ignore.line, ignore.code), []).append(ignore)
    used: set[Ignore | str] = set()
    result: list[Diagnostic] = []
    for item in found:
        code, line = item.code.number, item.span and item.span.line
        places = {(item.file, line, code), (item.file, None, code)}
        by: list[Ignore | str] = [ignore for key in places for ignore in by_place.get(key, ())]
        by += [code] if code in spec.ignored else []
        used.update(by)
        result += [] if by else [item]
    # Of a file that others extend, nobody knows what it is needed for.
    unused = [item for item in ignores if item not in used and item.file == document.file]
    result += [_unused(item, document.lines) for item in unused]
    for index, code in enumerate(spec.ignored):
        if code not in used:
            message, path = f"{code} is ignored, and would not be found", ("lint", "ignore", index)
            result.append(document.diagnostic(Code.UNUSED_IGNORE, message, "remove it", path))
    return result


def _unused(ignore: Ignore, lines: list[str]) -> Diagnostic:
    message = f"{ignore.code} is ignored, and would not be found here"
    item = Diagnostic(Code.UNUSED_IGNORE, message, "remove it", (), ignore.file, ignore.span)
    fix = None
    if ignore.comment is not None:
        fix = Fix("remove the comment", (Edit(_with_spaces(ignore.comment, lines), ""),))
    return item._replace(severity=item.code.severity, fix=fix)


def _with_spaces(comment: Span, lines: list[str]) -> Span:
    """A comment with the spaces before it, or with its line where it stands alone."""
    before = lines[comment.line - 1][: comment.column - 1]
    if before.strip() or comment.line == len(lines):
        return comment._replace(column=len(before.rstrip()) + 1)
    return Span(comment.line, 1, comment.line + 1, 1)


def _texts(document: Document) -> Mapping[str | None, str]:
    bases = {name: text for name, text in document.bases.items() if not is_json_file(name)}
    return {**bases, **({} if document.is_json else {document.file: document.text})}


def _ignores(document: Document) -> Iterator[Ignore]:
    for file, text in _texts(document).items():
        lines = text.split("\n")
        for span, word, codes in _comments(text):
            alone = not lines[span.line - 1][: span.column - 1].strip()
            line = None if word == "ignore-file" else span.line + alone
            for place, code in codes:
                yield Ignore(file, line, code, place, span if len(codes) == 1 else None)


def _comments(text: str) -> Iterator[tuple[Span, str, list[tuple[Span, str]]]]:
    """Each comment to us: where it stands, its word, its codes with their places."""
    if "samenet:" not in text:
        return
    for span, comment in toml_comments(text):
        if match := _COMMENT.match(comment):
            start = span.column + match.start("codes")
            codes = [
                (span._replace(column=start + code.start(), end_column=start + code.end()), code[0])
                for code in _CODE.finditer(match["codes"])
            ]
            yield span, match["word"], codes
