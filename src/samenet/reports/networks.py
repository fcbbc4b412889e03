"""What a page shows of a spec: the picture of its network, its text, its programs."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from samenet import api, document
from samenet.diagnostics import SpecError
from samenet.diagrams import MissingLayoutError, draw, written
from samenet.graph.ir import shape_text
from samenet.lowering import BACKENDS
from samenet.reports.parts import Section, figure, folded, note, source, table
from samenet.spec.model import Spec

FRAMEWORKS = {"keras": "Keras", "torch": "PyTorch"}


def spec_of(text: str | None) -> Spec | None:
    """The spec that a text says, or None if it cannot be read, as with layers of somebody's own."""
    if not text:
        return None
    try:
        return api.load(document.parse(text.encode()))
    except SpecError:
        return None


def network(text: str | None, programs: Mapping[str, str]) -> tuple[Section, ...]:
    """The sections that show a network and what it is written as.

    Args:
        text: its spec.
        programs: their text, by framework.
    """
    spec = spec_of(text)
    sources = (
        [folded(f"spec of {spec.name}" if spec else "spec", source(text, "toml"))] if text else []
    )
    sources += [
        folded(f"{FRAMEWORKS.get(name, name)} program", source(program, "python"))
        for name, program in programs.items()
    ]
    sections = [Section("Network", pictures(spec))] if text else []
    return (*sections, *([Section("Spec and programs", tuple(sources))] if sources else ()))


def pictures(spec: Spec | None) -> tuple[Markup, ...]:
    """The diagram of a network, and its layers as a table."""
    if spec is None:
        reason = "The spec cannot be read here, so its network is not drawn. Layers of your own "
        return (note(reason + "are known with: samenet --layers FILE report ..."),)
    graph = api.summary(spec)
    rows = [
        (
            node.name,
            node.kind,
            ", ".join(map(shape_text, node.output_shapes)),
            f"{node.parameters():,}",
        )
        for node in graph.nodes
    ]
    trainable = graph.parameters(trainable=True)
    caption = f"{graph.parameters():,} parameters, {trainable:,} of them trainable"
    head = ("layer", "type", "output shape", "parameters")
    layers = folded(f"{len(rows)} layers as a table", table(caption, head, rows, words=3))
    try:
        picture = Markup(written(draw(graph, spec.name), "svg", styled=False))
    except MissingLayoutError as error:
        return note(f"The network is not drawn: {error}"), layers
    said = f"{caption}. Each box is a layer of the spec."
    return figure(picture, said, kind="tall"), layers


def compiled(spec: Spec | None) -> dict[str, str]:
    """The programs of a spec by framework."""
    return {} if spec is None else {name: api.compile(spec, name).text for name in BACKENDS}
