"""A document to its spec and network, with everything checked that needs no framework."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from samenet.checks import checked
from samenet.document import Document
from samenet.expansion import filled_in
from samenet.graph.ir import ResolvedGraph
from samenet.spec.model import Spec
from samenet.spec.validation import validated


class Valid(NamedTuple):
    """A spec without mistakes: itself, its network, and where everything is written."""

    spec: Spec
    graph: ResolvedGraph
    document: Document


def valid(document: Document) -> Valid:
    """The spec in a document; what it tries out (see `samenet.alternatives`) is not checked.

    Args:
        document: with what it extends, not yet filled in (see `samenet.expansion.assembled`).

    Raises:
        SpecError: with a located diagnostic for every mistake.
    """
    path = Path(document.file) if document.file is not None else None
    filled = filled_in(document)
    spec = validated(filled, _name_from(path) if path else "network")
    graph = checked(spec, filled)
    return Valid(spec.in_folder(path.parent if path else Path()), graph, filled)


def _name_from(path: Path) -> str:
    """The name of a spec that gives itself none: that of its file, as far as it is allowed."""
    stem = path.name.removesuffix(path.suffix).removesuffix(".net")
    return re.sub(r"[^A-Za-z0-9_.-]", "_", stem).lstrip("_.-")[:64] or "network"
