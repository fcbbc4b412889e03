"""SARIF 2.1.0, which GitHub's code scanning and many other tools read.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/sarif-v2.1.0-os.html and
https://docs.github.com/code-security/code-scanning/integrating-with-code-scanning/sarif-support
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import quote

from samenet.diagnostics import Code, Diagnostic, Fix, Span, printable
from samenet.diagnostics.explanations import EXPLANATIONS
from samenet.diagnostics.formats import Report, as_json, relative, sentence
from samenet.diagnostics.formats.fingerprint import fingerprints
from samenet.version import VERSION

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(report: Report) -> str:
    """A log with one run; its rules are the codes that occur."""
    items = report.diagnostics()
    codes = list(dict.fromkeys(item.code for item in items))
    results = [
        _result(item, codes.index(item.code), digest)
        for item, digest in zip(items, fingerprints(items), strict=True)
    ]
    driver = {"name": "samenet", "semanticVersion": VERSION, "rules": [_rule(c) for c in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return as_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: Code) -> dict[str, Any]:
    why = EXPLANATIONS[code].why
    return {
        "id": code.number,
        "name": "".join(word.capitalize() for word in code.title.split("-")),
        "shortDescription": {"text": code.title.replace("-", " ")},
        "fullDescription": {"text": why},
        "help": {"text": f"{why} `samenet explain {code.number}` shows examples."},
    }


def _result(item: Diagnostic, rule: int, fingerprint: str) -> dict[str, Any]:
    artifact = _artifact(relative(item.file))
    place: dict[str, Any] = {"artifactLocation": artifact}
    if item.span:
        place["region"] = _region(item.span)
    fixes = {"fixes": [_fix(item.fix, artifact)]} if item.fix else {}
    return {
        "ruleId": item.code.number,
        "ruleIndex": rule,
        "level": item.severity.value,
        "message": {"text": sentence(item).replace("](", "\\](")},  # or it would be a link
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"samenet/v1": fingerprint},
        **fixes,
    }


def _fix(fix: Fix, artifact: dict[str, str]) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.content}}
        for edit in fix.edits
    ]
    return {
        "description": {"text": printable(fix.message)},
        "artifactChanges": [{"artifactLocation": artifact, "replacements": replacements}],
    }


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _artifact(path: str) -> dict[str, str]:
    uri = quote(os.fsencode(path))
    if os.path.isabs(path):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": "SRCROOT"}
