"""Reports: each valid by the rules of its form, and no text of a user means anything in it.

The rules are those that the services publish; the needed part of each is written down here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import fromstring

import jsonschema
import pytest

import samenet
from samenet.diagnostics import Code, Diagnostic, Edit, Fix, Severity, Span, printable
from samenet.diagnostics.formats import FORMATS, Checked, Report, render
from samenet.diagnostics.text import render as as_text

HOSTILE = [
    "::error::x",
    "x\n::error file=a::x",
    "\r::set-output name=a::b",
    "##[stop-commands]x",
    "a ##vso[task.setvariable variable=PATH]x",
    "##teamcity[buildStatus text='x']",
    "%0A::error::x",
    "%25",
    "a:b,c=d",
    "\x1b[31mred\x1b[0m\x1b]0;title\x07",
    "\x9b31m",
    "]]><script>alert(1)</script>&amp;<!--",
    "\u202egnp.exe\u2066\u2069",
    "\u2028\u2029\x85\x0b\x0c",
    "\x00\x7f",
    "\ud800",
    "\udcff",
    "[text](https://example.com)",
    "| a | b |\n# heading ${{ secrets.X }} {0}",
    "ä😀日",
    "\ufffe\uffff",
]

COMMANDS = re.compile(r"^\s*::|##\[|##vso\[|##teamcity\[")
"""What services that run commands look for in the lines of a log."""

SARIF: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "additionalProperties": False,
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                    "additionalProperties": False,
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
            "additionalProperties": False,
        },
        "driver": {
            "type": "object",
            "required": ["name", "rules"],
            "properties": {
                "name": {"type": "string", "minLength": 1},
                "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                "rules": {"type": "array", "uniqueItems": True, "items": {"$ref": "#/$defs/rule"}},
            },
            "additionalProperties": False,
        },
        "message": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
            "additionalProperties": False,
        },
        "rule": {
            "type": "object",
            # The last two are what GitHub asks for beyond SARIF.
            "required": ["id", "shortDescription", "fullDescription", "help"],
            "properties": {
                "id": {"type": "string"},
                "name": {"type": "string", "pattern": "^[A-Z][A-Za-z0-9]*$"},
                "shortDescription": {"$ref": "#/$defs/message"},
                "fullDescription": {"$ref": "#/$defs/message"},
                "help": {"$ref": "#/$defs/message"},
            },
            "additionalProperties": False,
        },
        "result": {
            "type": "object",
            "required": ["message", "ruleId", "ruleIndex", "level", "locations"],
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"enum": ["none", "note", "warning", "error"]},
                "message": {"$ref": "#/$defs/message"},
                "locations": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"physicalLocation": {"$ref": "#/$defs/place"}},
                        "additionalProperties": False,
                    },
                },
                "partialFingerprints": {
                    "type": "object",
                    "additionalProperties": {"type": "string"},
                },
                "fixes": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {"$ref": "#/$defs/fix"},
                },
            },
            "additionalProperties": False,
        },
        "fix": {
            "type": "object",
            "required": ["artifactChanges"],
            "properties": {
                "description": {"$ref": "#/$defs/message"},
                "artifactChanges": {
                    "type": "array",
                    "minItems": 1,
                    "items": {
                        "type": "object",
                        "required": ["artifactLocation", "replacements"],
                        "properties": {
                            "artifactLocation": {"$ref": "#/$defs/artifact"},
                            "replacements": {
                                "type": "array",
                                "minItems": 1,
                                "items": {"$ref": "#/$defs/replacement"},
                            },
                        },
                        "additionalProperties": False,
                    },
                },
            },
            "additionalProperties": False,
        },
        "replacement": {
            "type": "object",
            "required": ["deletedRegion"],
            "properties": {
                "deletedRegion": {"$ref": "#/$defs/region"},
                "insertedContent": {"type": "object", "properties": {"text": {"type": "string"}}},
            },
            "additionalProperties": False,
        },
        "artifact": {
            "type": "object",
            "required": ["uri"],
            "properties": {
                "uri": {"type": "string", "pattern": r"^[A-Za-z0-9\-._~/%:]+$"},
                "uriBaseId": {"type": "string"},
            },
            "additionalProperties": False,
        },
        "region": {
            "type": "object",
            "properties": {
                key: {"type": "integer", "minimum": 1}
                for key in ("startLine", "startColumn", "endLine", "endColumn")
            },
            "additionalProperties": False,
        },
        "place": {
            "type": "object",
            "required": ["artifactLocation"],
            "properties": {
                "artifactLocation": {"$ref": "#/$defs/artifact"},
                "region": {"$ref": "#/$defs/region"},
            },
            "additionalProperties": False,
        },
    },
}
"""Of https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"""

POSITION = {
    "type": "object",
    "required": ["line"],
    "properties": {"line": {"type": "integer", "minimum": 1}, "column": {"type": "integer"}},
}
GITLAB: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "location", "severity"],
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "positions"],
                "properties": {
                    "path": {"type": "string", "pattern": r"^(?!\./)"},
                    "positions": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": POSITION, "end": POSITION},
                    },
                },
            },
        },
    },
}
"""Of https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format"""

GITHUB = re.compile(
    r"::(?P<kind>error|warning) (?P<properties>[a-zA-Z]+=[^,:]*(?:,[a-zA-Z]+=[^,:]*)*)"
    r"::(?P<data>.*)"
)
"""The runner's form of a command: ActionCommand.cs and packages/core/src/command.ts."""


def diagnostic(**changes: Any) -> Diagnostic:
    values: dict[str, Any] = {
        "code": Code.OUT_OF_RANGE,
        "message": "units must be at least 1, found 0",
        "hint": "use more",
        "path": ("layers", 0, "units"),
        "file": "specs/a.net.toml",
        "span": Span(9, 8, 9, 11),
    }
    return Diagnostic(**{**values, **changes})


SPAN_OF_LINES = Span(3, 2, 5, 1)

REPORT = Report(
    (
        Checked("specs/good.net.toml"),
        Checked(
            "specs/a.net.toml",
            (
                diagnostic(),
                diagnostic(),
                diagnostic(code=Code.SYNTAX, span=SPAN_OF_LINES, hint=""),
                diagnostic(code=Code.TOO_LARGE, span=None, severity=Severity.WARNING),
                diagnostic(code=Code.OVERRIDE, file="--set a.b=c", span=None),
                diagnostic(
                    code=Code.NEEDLESS_BIAS,
                    severity=Severity.WARNING,
                    fix=Fix("set it", (Edit(Span(9, 11, 9, 11), "\nuse_bias = false"),)),
                ),
            ),
        ),
        # The same mistake in what both extend.
        Checked("specs/b.net.toml", (diagnostic(),)),
    )
)


def hostile() -> Iterator[Report]:
    for text in HOSTILE:
        if text == "\ud800":  # no file has such a name
            continue
        item = diagnostic(message=text, hint=text, path=(text, 0), file=text)
        yield Report((Checked(text, (item,)), Checked("b" + text, (diagnostic(file=None),))))


def check(form: str, text: str) -> int:
    """Hold a report to the rules of its form; returns how many mistakes it has."""
    assert text.endswith("\n") or not text
    assert all(char.isprintable() or char == "\n" for char in text)
    if form != "github":
        assert text.isascii()
        assert not any(COMMANDS.search(line) for line in text.split("\n"))
    return globals()[f"check_{form}"](text)


def check_json(text: str) -> int:
    items = json.loads(text)
    texts = {"code", "name", "severity", "message", "hint", "filename", "path"}
    assert all(item.keys() == {*texts, "location", "end_location", "fix"} for item in items)
    for fix in filter(None, (item["fix"] for item in items)):
        assert fix.keys() == {"applicability", "message", "edits"}
        assert all(edit.keys() == {"content", "location", "end_location"} for edit in fix["edits"])
    return len(items)


def check_github(text: str) -> int:
    lines = text.split("\n")[:-1]
    for line in lines:
        found = GITHUB.fullmatch(line)
        assert found, line
        assert not re.search(r"%(?!25|0A|0D|3A|2C)", line)
        properties = dict(item.split("=", 1) for item in found["properties"].split(","))
        assert properties.keys() <= {"title", "file", "line", "endLine", "col", "endColumn"}
    return len(lines)


def check_gitlab(text: str) -> int:
    items = json.loads(text)
    jsonschema.validate(items, GITLAB)
    assert len({item["fingerprint"] for item in items}) == len(items)
    return len(items)


def check_sarif(text: str) -> int:
    log = json.loads(text)
    jsonschema.validate(log, SARIF)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    prints = [result["partialFingerprints"]["samenet/v1"] for result in run["results"]]
    assert len(set(prints)) == len(prints)
    return len(run["results"])


def check_junit(text: str) -> int:
    root = fromstring(text)
    assert root.tag == "testsuites"
    suites = list(root)
    assert {suite.tag for suite in suites} <= {"testsuite"}
    for element in (root, *suites):
        cases = list(element.iter("testcase"))
        failures = list(element.iter("failure"))
        assert element.attrib["tests"] == str(len(cases))
        assert element.attrib["failures"] == str(len(failures))
        assert all({"name", "classname"} <= case.attrib.keys() for case in cases)
        assert all({"message", "type"} <= failure.attrib.keys() for failure in failures)
    return len(list(root.iter("failure")))


@pytest.mark.parametrize("form", FORMATS)
def test_reports_are_valid(form: str) -> None:
    # JUnit counts what fails, in each spec; the others name a mistake once, also a warning.
    assert check(form, render(form, REPORT)) == {"junit": 5}.get(form, 5)
    assert check(form, render(form, Report((Checked("a"),)))) == 0
    assert check(form, render(form, Report(()))) == 0


@pytest.mark.parametrize("form", FORMATS)
def test_text_of_users_means_nothing(form: str) -> None:
    for report in hostile():
        assert check(form, render(form, report)) == 2


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_users_means_nothing_on_a_terminal(text: str) -> None:
    item = diagnostic(message=text, hint=text, path=(text, 0), file=text, span=Span(1, 1, 1, 3))
    for shown in (as_text([item], {text: text}), as_text([item], {}), str(item)):
        assert all(char.isprintable() or char == "\n" for char in shown)
        assert not any(COMMANDS.search(line) for line in shown.split("\n"))


@pytest.mark.parametrize("text", HOSTILE)
def test_reports_tell_the_message_whole(text: str) -> None:
    report = Report((Checked("a", (diagnostic(message=text, hint=""),)),))
    expected = printable(text)
    (item,) = json.loads(render("json", report))
    assert item["message"] == expected
    (item,) = json.loads(render("gitlab", report))
    assert item["description"] == expected
    data = GITHUB.fullmatch(render("github", report)[:-1])
    assert data is not None
    assert data["data"].replace("%25", "%") == expected
    (result,) = json.loads(render("sarif", report))["runs"][0]["results"]
    assert result["message"]["text"].replace("\\](", "](") == expected
    (failure,) = fromstring(render("junit", report)).iter("failure")
    assert failure.attrib["message"] == expected


def test_what_the_reports_say() -> None:
    first = json.loads(render("json", REPORT))[0]
    assert first == {
        "code": "SN104",
        "name": "out-of-range",
        "severity": "error",
        "message": "units must be at least 1, found 0",
        "hint": "use more",
        "filename": "specs/a.net.toml",
        "path": "layers[0].units",
        "location": {"row": 9, "column": 8},
        "end_location": {"row": 9, "column": 11},
        "fix": None,
    }
    lines = render("github", REPORT).split("\n")
    place = "file=specs/a.net.toml,line=9,endLine=9,col=8,endColumn=11"
    message = "units must be at least 1, found 0 (use more)"
    assert lines[0] == f"::error title=samenet SN104 out-of-range,{place}::{message}"
    assert "line=3,endLine=5::" in lines[1]
    assert lines[2].startswith("::warning title=samenet SN004 too-large,file=specs/a.net.toml::")
    assert lines[3].startswith("::error title=samenet SN006 bad-override,file=specs/a.net.toml::")
    assert lines[3].endswith("::--set a.b=c: units must be at least 1, found 0 (use more)")
    first = json.loads(render("gitlab", REPORT))[0]
    assert first["location"]["positions"]["begin"] == {"line": 9, "column": 8}
    results = json.loads(render("sarif", REPORT))["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "specs/a.net.toml", "uriBaseId": "SRCROOT"}
    levels = ["error", "error", "warning", "error", "warning"]
    assert [result["level"] for result in results] == levels


def test_what_the_reports_say_of_fixes() -> None:
    (fix,) = filter(None, (item["fix"] for item in json.loads(render("json", REPORT))))
    place = {"row": 9, "column": 11}
    edit = {"content": "\nuse_bias = false", "location": place, "end_location": place}
    assert fix == {"applicability": "safe", "message": "set it", "edits": [edit]}
    (fixes,) = (
        result["fixes"]
        for result in json.loads(render("sarif", REPORT))["runs"][0]["results"]
        if "fixes" in result
    )
    (replacement,) = fixes[0]["artifactChanges"][0]["replacements"]
    region = {"startLine": 9, "startColumn": 11, "endLine": 9, "endColumn": 11}
    assert replacement == {
        "deletedRegion": region,
        "insertedContent": {"text": "\nuse_bias = false"},
    }
    severities = [item["severity"] for item in json.loads(render("gitlab", REPORT))]
    assert severities == ["major", "major", "minor", "major", "minor"]


def test_files_are_named_from_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    inside = str(tmp_path / "specs" / "ä b,c:d%.toml")
    report = Report((Checked(inside, (diagnostic(file=inside),)),))
    assert "file=specs/ä b%2Cc%3Ad%25.toml," in render("github", report)
    (item,) = json.loads(render("gitlab", report))
    assert item["location"]["path"] == "specs/ä b,c:d%.toml"
    (result,) = json.loads(render("sarif", report))["runs"][0]["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert unquote(uri) == "specs/ä b,c:d%.toml"
    outside = Report((Checked("/x/a.toml", (diagnostic(file="/x/a.toml"),)),))
    (result,) = json.loads(render("sarif", outside))["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "file:///x/a.toml"}


def test_fingerprints_do_not_count_lines() -> None:
    def prints(*items: Diagnostic) -> list[str]:
        report = Report((Checked("a", items),))
        return [item["fingerprint"] for item in json.loads(render("gitlab", report))]

    first, second = prints(diagnostic(), diagnostic(span=Span(12, 1, 12, 2)))
    assert prints(diagnostic(span=Span(99, 8, 99, 11))) == [first]
    assert first != second
    assert first not in prints(diagnostic(path=("layers", 1, "units")))


def test_every_mistake_of_the_bad_specs_is_in_every_report() -> None:
    files = sorted(Path(__file__).with_name("specs").iterdir())
    report = Report(tuple(Checked(str(file), tuple(samenet.validate(file))) for file in files))
    for form in FORMATS:
        assert check(form, render(form, report)) == len(report.diagnostics())
