"""Writes `diagnostics.md`, the page of all codes, from what explains them.

python docs/make_diagnostics.py
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path

from samenet.cli.report import STATUS
from samenet.diagnostics import Code
from samenet.diagnostics.explanations import BASE, EXPLANATIONS

TARGET = Path(__file__).with_name("diagnostics.md")

HEAD = """# Mistakes, advice and their codes

Made by `docs/make_diagnostics.py` from what `samenet explain` prints; do not edit.

`samenet validate` reports all mistakes of all specs at once. Each has a code that never changes its
meaning, a place, what was found, what is allowed and a way out. Codes from SN601 on are advice:
warnings about specs without mistakes, which [can be left out](ci.md#advice). The tests run every
example below: the wrong one has exactly this mistake or advice, the right one none.

## Exit status

| status | |
| --- | --- |
"""

EXAMPLES = f"""
## Examples

An example stands in place of the same tables of this spec, `net.toml`:

```toml
{BASE}```
"""


def page() -> str:
    """The text of the page."""
    statuses = "".join(f"| {code} | {text} |\n" for code, text in STATUS.items())
    listed = "".join(f"- [{c.number} {c.title}](#{c.number.lower()}-{c.title})\n" for c in Code)
    sections = "\n".join(line for code in Code for line in section(code))
    return f"{HEAD}{statuses}\n## Codes\n\n{listed}{EXAMPLES}\n{sections}\n"


def section(code: Code) -> Iterator[str]:
    """What there is to say of a code."""
    explanation = EXPLANATIONS[code]
    yield f"### {code.number} {code.title}\n"
    yield f"{textwrap.fill(explanation.why, 100)}\n"
    for title, example in (("Wrong", explanation.bad), ("Right", explanation.good)):
        language = "console" if example.startswith("$") else "toml"
        yield f"{title}:\n\n```{language}\n{example.strip()}\n```\n"
    if explanation.sources:
        yield f"Sources: {'; '.join(explanation.sources)}\n"


if __name__ == "__main__":
    TARGET.write_text(page(), encoding="utf-8")
