"""Templates place text; whatever thinks belongs into Python."""

from __future__ import annotations

import jinja2
import pytest
from jinja2 import nodes

from samenet.codegen.render import environment
from samenet.codegen.templates import template_folder

FOLDER = template_folder()
TEMPLATES = sorted(path.relative_to(FOLDER) for path in FOLDER.rglob("*.jinja"))

ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.For,
    nodes.If,
    nodes.Include,
    nodes.Const,  # the name of an included template
)


@pytest.mark.parametrize("template", TEMPLATES, ids=str)
def test_templates_do_not_compute(template):
    tree = environment().parse((FOLDER / template).read_text())
    found = {type(node).__name__ for node in tree.find_all(nodes.Node)}
    assert found <= {kind.__name__ for kind in ALLOWED}
    for loop in tree.find_all(nodes.For):
        assert isinstance(loop.iter, nodes.Name | nodes.Getattr)
    for condition in tree.find_all(nodes.If):
        assert isinstance(condition.test, nodes.Name)


def test_a_field_that_is_missing_is_an_error():
    with pytest.raises(jinja2.UndefinedError):
        environment().from_string("{{ nothing }}").render()


def test_text_reaches_a_program_only_as_a_literal():
    hostile = 'x"\n__import__("os").system("true")  # {{ seed }}'
    rendered = environment().from_string("NAME = {{ name }}").render(name=hostile)
    namespace: dict[str, object] = {}
    exec(rendered, namespace)
    assert namespace["NAME"] == hostile
    assert "\n" not in rendered
