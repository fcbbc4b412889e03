"""Program to source: the template of its backend, filled in.

Templates only place text. Every value that is not source made by the emitter is printed by the
emitter, so text of a spec can reach a program as a string literal and in no other way.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from textwrap import fill
from typing import Any, cast

import jinja2

from samenet.backends.idioms import Exchange
from samenet.codegen.emission import WIDTH, Source, emit
from samenet.codegen.expression import Expression
from samenet.codegen.imports import imports
from samenet.codegen.templates import template_folder
from samenet.version import VERSION


@cache
def environment() -> jinja2.Environment:
    """The template environment; undefined names are errors, values go through the emitter."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(template_folder()),
        undefined=jinja2.StrictUndefined,
        finalize=_literal,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


def _literal(value: object) -> str:
    if isinstance(value, Source):
        return value
    if isinstance(value, jinja2.Undefined):
        return str(value)  # raises
    return emit(cast("Expression", value))


def render(
    template: str,
    fields: Mapping[str, Any],
    spec_digest: str,
    exchanged: Sequence[Exchange] = (),
) -> str:
    """The text of a program.

    Args:
        template: the template's name, e.g. `torch/program.py.jinja`.
        fields: what it prints: emitted source, numbers, strings, flags and sequences of these.
        spec_digest: the digest of the spec, for the header.
        exchanged: what the header says is not as the spec means it.
    """
    body = environment().get_template(template).render(fields, exact=not exchanged)
    text = f"\nfrom __future__ import annotations\n\n{imports(body)}\n\n{body}"
    header = environment().get_template("header.py.jinja")
    return (
        header.render(
            version=Source(VERSION),
            backend=Source({"keras": "Keras", "torch": "PyTorch"}[template.partition("/")[0]]),
            spec_digest=Source(spec_digest),
            program_digest=Source(digest(text)),
            exchanged=[Source(_difference(exchange)) for exchange in exchanged],
        )
        + text
    )


def _difference(exchange: Exchange) -> str:
    """What an exchanged part differs in, as an item of a list."""
    text = f"{exchange.part}, {exchange.own}: {exchange.law}"
    return fill(text, WIDTH, initial_indent="- ", subsequent_indent="  ")


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()
