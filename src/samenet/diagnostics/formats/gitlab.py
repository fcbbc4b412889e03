"""A code quality report for GitLab.

Source: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
"""

from __future__ import annotations

from typing import Any

from samenet.diagnostics import Diagnostic, Severity
from samenet.diagnostics.formats import Report, as_json, relative, sentence, span_of
from samenet.diagnostics.formats.fingerprint import fingerprints

_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor"}


def render(report: Report) -> str:
    """One object for each diagnostic; those without a place stand in the first line."""
    items = report.diagnostics()
    pairs = zip(items, fingerprints(items), strict=True)
    return as_json([_object(item, digest) for item, digest in pairs])


def _object(item: Diagnostic, fingerprint: str) -> dict[str, Any]:
    span = span_of(item)
    return {
        "check_name": f"{item.code.number} {item.code.title}",
        "description": sentence(item),
        "severity": _SEVERITIES[item.severity],
        "fingerprint": fingerprint,
        "location": {
            "path": relative(item.file),
            "positions": {
                "begin": {"line": span.line, "column": span.column},
                "end": {"line": span.end_line, "column": span.end_column},
            },
        },
    }
