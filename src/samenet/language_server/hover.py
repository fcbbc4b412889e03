"""What a key means, and what a layer becomes."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.diagnostics import Path, printable
from samenet.graph.ir import ResolvedNode, Weight, shape_text
from samenet.language_server.network import network_of
from samenet.language_server.text import SpecText
from samenet.language_server.vocabulary import choices, keys, kind_text, schema_at
from samenet.spec.schema_values import Schema

MAX_LAYERS = 8
"""How many layers of an item are shown."""

MAX_CHOICES = 40
"""How many allowed values are listed."""


def hover(text: SpecText, line: int, column: int) -> str:
    """Markdown about what stands at a place, or an empty text.

    Args:
        text: the spec.
        line: counted from 1.
        column: counted from 1, in code points.
    """
    place = text.at(line, column)
    if not place.path or not (place.is_key or place.is_value):
        return ""
    path = place.path
    if isinstance(path[-1], int):
        return _layer(text, path)
    lines = list(_key(str(path[-1]), path, text))
    if path[-1] in ("type", "block", "name", "share") and _is_layer(path[:-1]):
        lines += ["", _layer(text, path[:-1])]
    return "\n".join(lines).strip()


def _is_layer(path: Path) -> bool:
    return len(path) >= 2 and path[-2] == "layers" and isinstance(path[-1], int)


def _key(key: str, path: Path, text: SpecText) -> Iterator[str]:
    """The description of a key, what it may be and what it is by default."""
    schema = keys(schema_at(text, path[:-1]), text.table(path[:-1])).get(key)
    schema = schema or schema_at(text, path)
    if not schema:
        return
    yield f"**{printable(key)}**: {schema.get('description', '')}"
    yield from _facts(schema)


def _facts(schema: Schema) -> Iterator[str]:
    allowed = choices(schema)
    kinds = kind_text(schema)
    if allowed:
        more = ", ..." if len(allowed) > MAX_CHOICES else ""
        yield f"\nallowed: {', '.join(map(_shown, allowed[:MAX_CHOICES]))}{more}"
    elif kinds:
        yield f"\ntype: {kinds}"
    if schema.get("default") is not None:
        yield f"\ndefault: {_shown(schema['default'])}"


def _shown(value: object) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _layer(text: SpecText, path: Path) -> str:
    """What an item of an array of layers becomes: shapes and weights."""
    if not _is_layer(path):
        return ""
    lines: list[str] = []
    described = schema_at(text, (*path, "type"))
    kind = text.table(path).get("type")
    if isinstance(kind, str) and kind in choices(described):
        lines.append(str(schema_at(text, ("defaults", kind)).get("description", "")))
    network = network_of(text)
    nodes = network.nodes(path) if network else []
    if nodes:
        lines += ["", "| layer | type | output | parameters |", "| --- | --- | --- | --- |"]
        lines += map(_row, nodes[:MAX_LAYERS])
        if len(nodes) > MAX_LAYERS:
            lines.append(f"\nand {len(nodes) - MAX_LAYERS} more")
        total = sum(node.parameters() for node in nodes)
        lines.append(f"\n{total:,} parameters")
    return "\n".join(lines).strip()


def _row(node: ResolvedNode) -> str:
    shapes = " and ".join(map(shape_text, node.output_shapes))
    return f"| {node.name} | {node.kind} | {shapes} | {formula(node.weights)} |"


def formula(weights: tuple[Weight, ...]) -> str:
    """How the parameters of a layer add up: `kernel 784 · 256 + bias 256 = 200,960`."""
    if not weights:
        return "0"
    parts = [f"{w.name} {' · '.join(map(str, w.shape)) or '1'}" for w in weights]
    return f"{' + '.join(parts)} = {sum(w.size for w in weights):,}"
