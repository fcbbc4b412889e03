"""What the documents say is what the code does."""

from __future__ import annotations

import re
import runpy
import textwrap
import tomllib

import samenet
from tests.specs import ROOT


def test_the_reference_is_up_to_date():
    module = runpy.run_path(str(ROOT / "docs" / "make_reference.py"))
    expected = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert module["reference"]() == expected, "run: make regenerate"


def test_the_page_of_mistakes_is_up_to_date():
    module = runpy.run_path(str(ROOT / "docs" / "make_diagnostics.py"))
    expected = (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")
    assert module["page"]() == expected, "run: make regenerate"


def test_the_specs_of_the_readme_are_valid():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", readme, re.DOTALL)
    complete, graph = [samenet.load(tomllib.loads(block)) for block in blocks]
    assert complete.name == "complete"
    text = samenet.compile(graph, "torch").text
    assert text.count("ResidualDenseBlock(nn.Module)") == 1


def test_the_layer_that_is_shown_to_contributors_is_the_real_one():
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    source = re.findall(r"   ```python\n(.*?)   ```", page, re.DOTALL)[0]
    real = ROOT / "src" / "samenet" / "layers" / "identity.py"
    assert textwrap.dedent(source) == real.read_text(encoding="utf-8")


def test_links_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_tests_that_the_page_on_semantics_names_exist():
    page = (ROOT / "docs" / "semantics.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(tests/[\w/]+\.py)`", page))
    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
