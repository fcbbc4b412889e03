"""Digests of mistakes, by which a service knows one again after the file has changed."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator

from samenet.diagnostics import Diagnostic, dotted
from samenet.diagnostics.formats import relative


def fingerprints(items: Iterable[Diagnostic]) -> Iterator[str]:
    """A digest for each, all different; lines do not count, so that those above may change."""
    seen: Counter[str] = Counter()
    for item in items:
        parts = (item.code.number, relative(item.file), dotted(item.path), item.message)
        text = "\0".join(parts)
        number, seen[text] = seen[text], seen[text] + 1
        content = f"{text}\0{number}".encode(errors="surrogatepass")
        yield hashlib.sha256(content).hexdigest()
