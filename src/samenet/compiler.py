"""Spec to program: the passes in their order."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType

from samenet.backends import keras, torch
from samenet.backends.idioms import Exchange, Idioms, idioms
from samenet.codegen.render import digest, render
from samenet.data.embedded import Embedded
from samenet.diagnostics import listed
from samenet.files import write
from samenet.graph.expand import expand
from samenet.graph.ir import ResolvedGraph
from samenet.graph.resolve import resolve
from samenet.lowering import FIDELITIES, Backend, Fidelity
from samenet.spec.model import Spec
from samenet.spec.rendering import rendered

_BACKENDS: Mapping[Backend, ModuleType] = MappingProxyType({"keras": keras, "torch": torch})


@dataclass(frozen=True)
class Program:
    """A compiled spec.

    Attributes:
        backend: the framework that it is written for.
        text: its Python source.
        data_file: the embedded data set that must stand beside it, or None.
        exchanged: the parts that are the framework's own and mean something else than the spec's;
            none in an exact program.
    """

    backend: Backend
    text: str
    data_file: Path | None = None
    exchanged: tuple[Exchange, ...] = ()

    def write(self, path: str | Path) -> list[Path]:
        """Write the program, and its embedded data set beside it if it needs one.

        Args:
            path: the file of the program.

        Returns:
            The files that were written.

        Raises:
            OSError: a file cannot be written.
        """
        path = Path(path)
        write(path, self.text.encode())
        if self.data_file is None:
            return [path]
        beside = path.with_name(self.data_file.name)
        write(beside, self.data_file.read_bytes())
        return [path, beside]


def graph_of(spec: Spec) -> ResolvedGraph:
    """The network of a spec with the shapes and weights of every layer."""
    return resolve(expand(spec))


def compile_spec(
    spec: Spec,
    backend: Backend,
    fidelity: Fidelity = "exact",
    only: Collection[str] | None = None,
) -> Program:
    """The program of a spec for a framework. The same spec gives the same text.

    Args:
        spec: the spec.
        backend: the framework.
        fidelity: "exact", or "idiomatic" with the framework's own parts in the place of those that
            are brought to the spec's meaning.
        only: the parts of which an idiomatic program has the framework's own, by default all.

    Raises:
        ValueError: there is no such backend or fidelity.
    """
    if backend not in _BACKENDS:
        raise ValueError(f"there is no backend {backend!r}; there are {listed(_BACKENDS, 'and')}")
    if fidelity not in FIDELITIES:
        allowed = listed(FIDELITIES, "and")
        raise ValueError(f"there is no fidelity {fidelity!r}; there are {allowed}")
    module = _BACKENDS[backend]
    lowering = Idioms(backend) if fidelity == "exact" else idioms(backend, only)
    fields = module.fields(spec, graph_of(spec), lowering)
    exchanged = lowering.used
    text = render(module.TEMPLATE, fields, spec_digest(spec), exchanged)
    data_file = spec.data.stored() if isinstance(spec.data, Embedded) else None
    return Program(backend, text, data_file, exchanged)


def spec_digest(spec: Spec) -> str:
    """The SHA-256 of what a spec says, in whatever way: that of what `samenet render` prints."""
    return digest(json.dumps(rendered(spec), sort_keys=True))


def is_unedited(text: str) -> bool:
    """Whether a text is a program of samenet as it was written."""
    _, closed, body = text.partition('\n"""\n')
    return bool(closed) and recorded_digest(text) == digest(body)


def recorded_digest(text: str) -> str:
    """The digest in the head of a program, which is of all that follows the head."""
    return text.partition('\n"""\n')[0].partition("program sha256: ")[2][:64]
