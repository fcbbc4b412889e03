"""A JSON array of objects, with the keys of ruff's.

Source: https://docs.astral.sh/ruff/settings/#output-format
"""

from __future__ import annotations

from typing import Any

from samenet.diagnostics import Diagnostic, Fix, Span, dotted, printable
from samenet.diagnostics.formats import Report, as_json


def render(report: Report) -> str:
    """One object for each diagnostic; lines (`row`) and columns count from 1, in code points."""
    return as_json([_object(item) for item in report.diagnostics()])


def _object(item: Diagnostic) -> dict[str, Any]:
    span = item.span
    return {
        "code": item.code.number,
        "name": item.code.title,
        "severity": item.severity.value,
        "message": printable(item.message),
        "hint": printable(item.hint) or None,
        "filename": item.file,
        "path": printable(dotted(item.path)) or None,
        "location": _position(span.line, span.column) if span else None,
        "end_location": _end(span) if span else None,
        "fix": _fix(item.fix) if item.fix else None,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [
        {
            "content": edit.content,
            "location": _position(edit.span.line, edit.span.column),
            "end_location": _end(edit.span),
        }
        for edit in fix.edits
    ]
    applicability = "safe" if fix.safe else "unsafe"
    return {"applicability": applicability, "message": printable(fix.message), "edits": edits}


def _end(span: Span) -> dict[str, int]:
    return _position(span.end_line, span.end_column)


def _position(line: int, column: int) -> dict[str, int]:
    return {"row": line, "column": column}
