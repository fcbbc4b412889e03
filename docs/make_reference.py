"""Writes `reference.md`, the reference of the spec language, from the classes that define it.

python docs/make_reference.py
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from samenet import callbacks, data, losses, metrics, optimizers, schedules
from samenet.catalogue import Catalogue
from samenet.diagnostics import Code
from samenet.layers import CATALOGUE
from samenet.schema import fields_by_key
from samenet.spec.model import Expect, Input, Spec, Training
from samenet.spec.studies import Ablation, Range, Search

TARGET = Path(__file__).with_name("reference.md")

HEAD = """# The spec language

Made from the classes that define it by `docs/make_reference.py`; do not edit.

A spec is a TOML file (`*.net.toml`) or the same tree as JSON (`*.net.json`). Names and meanings
are those of Keras 3; axes are ordered channels last. Unknown keys are errors, no value is
converted, numbers are finite. Any `[defaults.<layer type>]` table fills in keys that layers of
that type leave out. A spec without a `name` has that of its file. A `$schema` at the root is left
to editors.
"""

GRAPHS = """## Graphs, blocks and variables

- `inputs` of a layer is the name of a layer, block or input, or an array of names; `"lstm[1]"` is
  the second output of a layer that has several. Without it a layer reads the one before it. Layers
  may stand in any order that has no cycle.
- `{ share = "name" }` applies a layer or a block again with the same weights.
- `[blocks.<name>]` has `layers`, and may have `parameters` (a table of defaults, or an array of
  names and of tables `{ name = default }`; a name without a default has to be given), `inputs`
  (its own names for what it reads, by default `["input"]`) and `outputs` (by default its last
  layer). Names inside are its own.
- `{ block = "name", with = { filters = 64 }, repeat = 3, inputs = "...", name = "..." }` stands for
  its layers; each repetition reads the one before it. Inside, `${index}` counts them from 0.
- `trainable = false` at a layer with weights, or at a block for all layers in it: training leaves
  the weights as they are, no regularizer of them adds to the loss, and batch normalization, also
  one that a layer brings along, is in inference mode in training too.
- `{ block = "name", instances = [{ layers = [...] }] }` is a block whose layers stand where it is
  used; `samenet render` writes blocks in this way. An instance may have `repeat`, `inputs` and
  `outputs`.
- `[variables]` holds numbers, texts, booleans and arrays of them. A text that is wholly
  `"${expression}"` becomes its value; `${...}` amid text becomes text; `$${` is a plain `${`.
  Expressions have numbers, names, texts in quotes, `+ - * / // % **`, comparisons, `a if b else c`,
  brackets, indices, and the functions abs, float, int, len, max, min and round.
- `extends = "base.toml"` (or an array) merges the spec onto others, table by table; arrays are
  replaced. `--set path=value` on the command line changes single values.
"""

FAMILIES: list[tuple[str, str, Catalogue[Any]]] = [
    ("`[[layers]]`", "Each layer reads the one before it.", CATALOGUE),
    ("`[optimizer]`", "", optimizers.CATALOGUE),
    (
        "`[schedule]`",
        "May be left out. Steps and epochs count from 0; a length is a number of units of the "
        'clock, or a text such as "5 epochs".',
        schedules.CATALOGUE,
    ),
    ("`[[callbacks]]`", "Act after each epoch, in the order of the spec.", callbacks.CATALOGUE),
    ("`[data]`", "", data.CATALOGUE),
    (
        "`training.loss`",
        'A name such as "huber", or a table `{ type = "huber", delta = 2.0 }`. Each is the mean '
        "over the samples of a batch; p is the output, y the target.",
        losses.CATALOGUE,
    ),
    (
        "`training.metrics`",
        'An array of names such as "auc", and of tables `{ type = "auc", curve = "PR" }`. Those '
        "that are no means over samples are made of sums over the epoch.",
        metrics.CATALOGUE,
    ),
]

BOUNDS = [
    (annotated_types.Ge, "ge", ">="),
    (annotated_types.Gt, "gt", ">"),
    (annotated_types.Le, "le", "<="),
    (annotated_types.Lt, "lt", "<"),
]


def reference() -> str:
    """The text of the reference."""
    lines = [HEAD]
    lines += section("The root", Spec)
    lines += section("`[input]`, `[inputs.<name>]`", Input)
    lines += [GRAPHS]
    for title, intro, family in FAMILIES:
        lines += [f"## {title}\n"]
        lines += [f"{intro}\n"] if intro else []
        for member in (family[name] for name in sorted(family)):
            lines += section(f"`{tag(member)}`", member, level=3)
    lines += section("`[training]`", Training)
    lines += section("`[expect]`", Expect)
    lines += section("`[ablation]`", Ablation)
    lines += section("`[search]`", Search)
    lines += section("`[search.space]`, of each path", Range)
    lines += ["## Codes of mistakes\n", "| code | name |", "| --- | --- |"]
    lines += [f"| {code.number} | {code.title} |" for code in Code]
    return "\n".join(lines) + "\n"


def tag(model: type[BaseModel]) -> str:
    """The key and value that choose a class, e.g. `type = "dense"`."""
    key = "source" if "source" in model.model_fields else "type"
    (value,) = get_args(model.model_fields[key].annotation)
    return f'{key} = "{value}"'


def section(title: str, model: type[BaseModel], level: int = 2) -> Iterator[str]:
    """The heading, the description and the keys of a class."""
    yield f"{'#' * level} {title}\n"
    yield f"{paragraphs(model)}\n"
    fields = {k: f for k, f in fields_by_key(model).items() if k not in ("type", "source")}
    if fields:
        yield "| key | value | default | |"
        yield "| --- | --- | --- | --- |"
    for key, field in fields.items():
        yield f"| `{key}` | {values(field)} | {default(field)} | {field.description or ''} |"
    yield ""


def paragraphs(model: type[BaseModel]) -> str:
    """The docstring of a class without its indentation."""
    lines = (model.__doc__ or "").strip().splitlines()
    return "\n".join(line.strip() for line in lines)


def values(field: FieldInfo) -> str:
    """The values that a key takes."""
    text = kind(field.annotation)
    limits = [
        f"{sign} {getattr(item, name)}"
        for bound, name, sign in BOUNDS
        for item in field.metadata
        if isinstance(item, bound) and getattr(item, name) < 2**31 - 1
    ]
    if limits == [">= 1", "<= 1"]:
        return "`1`"
    return f"{text} {', '.join(limits)}" if limits else text


def kind(annotation: Any) -> str:
    """A type in the words of a spec."""
    origin = get_origin(annotation)
    arguments = [a for a in get_args(annotation) if a is not type(None)]
    if origin is Literal:
        text = ", ".join(f"`{escaped(value)}`" for value in arguments)
    elif origin is tuple:
        text = f"array of {kind(arguments[0])}s"
    elif is_table(annotation) or (origin in UNION_TYPES and all(map(is_table, arguments))):
        text = "table"
    elif origin is Annotated or origin in UNION_TYPES:
        text = kind(arguments[0])
    else:
        names = {int: "whole number", float: "number", Any: "number", str: "text"}
        names[bool] = "`true`, `false`"
        text = names.get(annotation, "tables by name")
    return text


def escaped(value: object) -> str:
    """A value such that it can stand in a cell of a table."""
    return str(value).replace("\t", "\\t").replace("|", "\\|")


UNION_TYPES = (Union, types.UnionType)


def is_table(annotation: Any) -> bool:
    """Whether a type is a class of the language."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def default(field: FieldInfo) -> str:
    """The default of a key, as it is written in a spec."""
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ((), {}):
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    return f"`{value}`"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")
