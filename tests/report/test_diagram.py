"""Pictures of networks: what they show is what the graph has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.diagrams import draw
from samenet.diagrams.dot import dot
from samenet.diagrams.mermaid import mermaid
from samenet.diagrams.model import Arrow, Box, Diagram, Group, Row
from samenet.diagrams.svg import svg
from tests.report.results import HOSTILE, SPEC
from tests.specs import ROOT, SPECS

NETWORKS = ROOT / "specs" / "networks"
SVG = "{http://www.w3.org/2000/svg}"


def diagram_of(path: Path | dict) -> Diagram:
    spec = samenet.load(path)
    return draw(samenet.summary(spec), spec.name)


def boxes(items: Sequence[Box | Group], times: int = 1) -> Iterator[tuple[Box, int]]:
    """Every box, with how many times what it shows is in the network."""
    for item in items:
        if isinstance(item, Group):
            yield from boxes(item.items, times * item.count)
        else:
            yield item, times * item.count


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_all_layers_and_parameters_are_there(path):
    """Those that are drawn, times how often they are, are those of the network."""
    graph = samenet.summary(path)
    diagram = diagram_of(path)
    shown = [(box, times) for box, times in boxes(diagram.items) if box.role == "layer"]
    assert sum(len(box.rows) * times for box, times in shown) == len(graph.nodes)
    total = sum(row.parameters * times for box, times in shown for row in box.rows)
    assert total == graph.parameters() == diagram.parameters
    keys = {box.key for box in diagram.boxes()}
    assert all({arrow.source, arrow.target} <= keys for arrow in diagram.arrows)
    targets = {arrow.target for arrow in diagram.arrows}
    assert targets == {box.key for box in diagram.boxes() if box.role != "input"}


def test_what_a_layer_brings_along_stands_in_its_box():
    first = next(box for box in diagram_of(SPEC).boxes() if box.role == "layer")
    assert [row.kind for row in first.rows] == ["dense", "activation", "dropout"]
    assert first.lines == (
        "dense",
        "units 8",
        "(N, 8) \u00b7 40 parameters",  # 4 * 8 + 8
        "activation relu",
        "dropout rate 0.3",
    )


def test_repeated_blocks_are_drawn_once():
    groups = [
        item
        for item in diagram_of(NETWORKS / "gpt2_small.net.toml").items
        if isinstance(item, Group)
    ]
    assert [group.count for group in groups] == [12]


def test_layers_that_are_read_from_elsewhere_are_not_folded():
    """The second of three equal layers has a reader beside the third."""
    dense = {"type": "dense", "units": 4}
    layers = [
        {**dense, "name": "a"},
        {**dense, "name": "b"},
        {**dense, "name": "c"},
        {"type": "add", "inputs": ["b", "c"]},
        SPEC["layers"][-1],
    ]
    found = {box.name for box in diagram_of({**SPEC, "layers": layers, "callbacks": []}).boxes()}
    assert {"a \u2026 b \u00d7 2", "c"} <= found


def test_shared_layers_name_whose_weights_they_use():
    diagram = diagram_of(NETWORKS / "siamese.net.toml")
    shared = [row for box in diagram.boxes() for row in box.rows if row.share]
    assert {row.share for row in shared} >= {"left_answer.dense", "left_answer.conv2d"}
    assert "stroke-dasharray" in mermaid(diagram)
    assert "dashed" in dot(diagram)


def test_outputs_behind_the_first_and_named_inputs_are_told():
    layers = [
        {"type": "lstm", "units": 3, "return_state": True, "name": "first"},
        {"type": "lstm", "units": 3, "inputs": "input", "initial_state": ["first[1]", "first[2]"]},
        {"type": "concatenate", "inputs": ["first", "lstm"]},
        SPEC["layers"][-1],
    ]
    diagram = diagram_of({**SPEC, "input": {"shape": [5, 2]}, "layers": layers, "callbacks": []})
    labels = {arrow.label for arrow in diagram.arrows}
    assert {"output 1 initial_state", "output 2 initial_state", ""} == labels


@pytest.mark.parametrize("name", ["siamese", "unet", "resnet50", "wide_and_deep"])
def test_boxes_do_not_overlap_and_lie_in_the_picture(name):
    root = ElementTree.fromstring(svg(diagram_of(NETWORKS / f"{name}.net.toml")))
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    moved = root.find(f"{SVG}g")
    assert moved is not None
    dx, dy = map(float, re.findall(r"-?[\d.]+", moved.attrib["transform"]))
    places = []
    for group in moved.iter(f"{SVG}g"):
        if group.attrib.get("class", "").startswith("box"):
            rect = group.findall(f"{SVG}rect")[-1].attrib
            left, top = float(rect["x"]) + dx, float(rect["y"]) + dy
            places.append((left, top, left + float(rect["width"]), top + float(rect["height"])))
    assert places
    for i, (left, top, right, bottom) in enumerate(places):
        assert 0 <= left <= right <= width
        assert 0 <= top <= bottom <= height
        for other in places[i + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart


def hostile() -> Diagram:
    row = Row(HOSTILE, "dense", 'x "]\n\\" --> n2 `b` #35; %% \x00', "(N, 1)", 3)
    name = f"{HOSTILE}\n end"
    items = (Box("n1", (row,)), Group("n2", HOSTILE, (Box("n3", (row,)),)))
    return Diagram(name, items, (Arrow("n1", "n3", '"| x'),), 6)


def test_hostile_text_stays_text():
    picture = svg(hostile())
    root = ElementTree.fromstring(picture)
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        "svg", "title", "desc", "style", "rect", "text", "g", "path"
    }  # fmt: skip
    assert HOSTILE in (root.findtext(f"{SVG}desc") or "")
    lines = mermaid(hostile()).splitlines()
    assert len(lines) == 2 + 4 + 1  # head and title, two boxes and a group, an arrow
    for line in lines[2:]:
        assert re.fullmatch(r'[\w :\[\]()<>/|;#.,"\u00b7+-]*', line)
        inner = re.findall(r'"([^"]*)"', line)
        assert all("<" not in text.replace("<br/>", "") for text in inner)
    escaped = re.sub(r"\\.", "", dot(hostile()))
    assert escaped.count('"') % 2 == 0
    assert "\n end" not in escaped.replace('"', "")


def test_the_same_spec_gives_the_same_bytes():
    """Also in another process, whose sets have another order."""
    path, forms = NETWORKS / "unet.net.toml", ("svg", "mermaid", "dot")
    text = f"''.join(samenet.diagram({str(path)!r}, form) for form in {forms!r})"
    code = f"import samenet, sys; sys.stdout.buffer.write({text}.encode())"
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    command = [sys.executable, "-c", code]
    ended = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert ended.stdout.decode() == "".join(samenet.diagram(path, form) for form in forms)


def test_the_command(tmp_path):
    spec = str(NETWORKS / "lenet5.net.toml")
    run = CliRunner().invoke
    assert run(main, ["diagram", spec]).output.startswith("flowchart TB\n")
    file = tmp_path / "lenet5.svg"
    assert run(main, ["diagram", spec, "-o", str(file)]).exit_code == 0
    assert ElementTree.parse(file).getroot().tag == f"{SVG}svg"
    assert run(main, ["diagram", spec, "--format", "dot", "--set", "name=x"]).output.startswith(
        'digraph "x" {'
    )
    wrong = run(main, ["diagram", spec, "--set", "layers[0].filters=0"])
    assert wrong.exit_code == 1
    assert "SN104" in wrong.output


def test_svg_without_graphlay_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphlay", None)
    ended = CliRunner().invoke(
        main, ["diagram", str(NETWORKS / "lenet5.net.toml"), "--format", "svg"]
    )
    assert ended.exit_code == 2
    assert 'pip install "samenet[report]"' in ended.output
    with pytest.raises(ValueError, match="there is no format 'png'"):
        samenet.diagram(SPEC, "png")
