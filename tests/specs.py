"""Specs for tests: the real ones, changed at a few places."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import samenet
from samenet import document
from samenet.spec.model import Spec

ROOT = Path(__file__).parents[1]
SPECS = sorted((ROOT / "specs").rglob("*.net.toml"))


def tree(name: str) -> dict[str, Any]:
    """The tree of `specs/<name>.net.toml`."""
    return dict(document.read(ROOT / "specs" / f"{name}.net.toml").tree)


def changed(original: Mapping[str, Any], **changes: Any) -> dict[str, Any]:
    """A tree with some of its tables changed; `a__b=1` sets key `b` of table `a`."""
    result = dict(original)
    for path, value in changes.items():
        table, _, key = path.partition("__")
        if key:
            result[table] = {**result[table], key: value}
        else:
            result[table] = value
    return result


def without_dropout(name: str, **changes: Any) -> Spec:
    """A real spec without its dropout, whose masks no two frameworks share."""
    original = tree(name)
    defaults = {
        kind: {key: value for key, value in table.items() if key != "dropout"}
        for kind, table in original.get("defaults", {}).items()
    }
    return samenet.load(changed({**original, "defaults": defaults}, **changes))
