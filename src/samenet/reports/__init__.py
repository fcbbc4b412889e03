"""Pages that say what came out.

`results` reads what other commands have written; `trainings`, `ablations`,
`sweeps` and `verifications` make
an article of each kind, from `charts`, `comparisons` (what compares) and `parts` (tables, source
text and the page itself).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from samenet.reports import ablations, sweeps, trainings, verifications
from samenet.reports.parts import Article, document
from samenet.reports.results import Ablation, ReportError, Result, Runs, Sweep, read
from samenet.version import VERSION

__all__ = ["ReportError", "page"]


def page(paths: Sequence[Path]) -> str:
    """One page of HTML on all results.

    Args:
        paths: folders and files; see `samenet.api.report`.

    Raises:
        ReportError: one of them is no result, or there is none.
        OSError: a file cannot be read.
    """
    if not paths:
        raise ReportError("name a folder or a file with results")
    articles = [_article(read(path), f"result-{number}") for number, path in enumerate(paths, 1)]
    return document(articles, VERSION)


def _article(result: Result, key: str) -> Article:
    match result:
        case Runs():
            return trainings.article(result, key)
        case Ablation():
            return ablations.article(result, key)
        case Sweep():
            return sweeps.article(result, key)
        case _:
            return verifications.article(result, key)
