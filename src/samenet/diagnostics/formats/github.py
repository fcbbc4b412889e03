"""Commands to GitHub Actions, which shows them beside the lines of a pull request.

Source: https://docs.github.com/actions/reference/workflow-commands-for-github-actions and
https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts (what is escaped)
"""

from __future__ import annotations

from samenet.diagnostics import Diagnostic, printable
from samenet.diagnostics.formats import Report, relative, sentence


def render(report: Report) -> str:
    """One command in a line for each diagnostic."""
    return "".join(f"{_command(item)}\n" for item in report.diagnostics())


def _command(item: Diagnostic) -> str:
    properties: dict[str, object] = {
        "title": f"samenet {item.code.number} {item.code.title}",
        "file": relative(item.file),
    }
    if span := item.span:
        properties |= {"line": span.line, "endLine": span.end_line}
        if span.line == span.end_line:  # GitHub knows columns only within a line
            properties |= {"col": span.column, "endColumn": span.end_column}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{item.severity.value} {listed}::{_data(sentence(item))}"


def _data(text: str) -> str:
    # Line ends, which are escaped too by the standard, have become printable before.
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
