"""JUnit's XML: each spec is a suite, in which each of its mistakes is a test that failed.

Source: https://github.com/testmoapp/junitxml (there is no standard)
"""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from samenet.diagnostics import Diagnostic, Severity, printable
from samenet.diagnostics.formats import Checked, Report, relative, sentence


def render(report: Report) -> str:
    """A suite for each spec, also for those without mistakes; warnings are tests that pass."""
    suites = [_suite(spec) for spec in report.specs]
    root = Element("testsuites", {"name": "samenet", **_sums(suites)})
    root.extend(suites)
    indent(root)
    return tostring(root, encoding="us-ascii", xml_declaration=True).decode() + "\n"


def _sums(suites: list[Element]) -> dict[str, str]:
    return {key: str(sum(int(suite.attrib[key]) for suite in suites)) for key in _COUNTS}


_COUNTS = ("tests", "failures", "errors")


def _suite(spec: Checked) -> Element:
    name = printable(relative(spec.file))
    items = spec.located()
    failures = sum(item.severity is Severity.ERROR for item in items)
    counts = zip(_COUNTS, map(str, (max(1, len(items)), failures, 0)), strict=True)
    suite = Element("testsuite", {"name": name, **dict(counts)})
    for item in items:
        _case(suite, item)
    if not items:
        SubElement(suite, "testcase", name="validate", classname=name)
    return suite


def _case(suite: Element, item: Diagnostic) -> None:
    file = printable(relative(item.file))
    place = f"{file}:{item.span.line}:{item.span.column}" if item.span else file
    name = f"{item.code.number} {item.code.title} {place}"
    case = SubElement(suite, "testcase", name=name, classname=suite.attrib["name"], file=file)
    if item.span:
        case.set("line", str(item.span.line))
    text = f"{place}: {sentence(item)}"
    if item.severity is Severity.ERROR:
        failure = SubElement(case, "failure", message=sentence(item), type=item.code.number)
        failure.text = text
    else:
        SubElement(case, "system-out").text = text
