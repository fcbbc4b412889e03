"""How samples are held out for validation and tests: what excludes each other."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.data.base import DataSource, FileSource
from samenet.diagnostics import Code, Diagnostic
from samenet.document import Document
from samenet.spec.model import Spec


def splits(spec: Spec, document: Document) -> Iterator[Diagnostic]:
    """Keys of the data that exclude each other, or have no effect."""
    data = spec.data
    for key, message, hint in [*_twice(data), *_kinds(data), *_labels(data)]:
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, ("data", key))


Refusal = tuple[str, str, str]
"""A key, what is wrong with it, how to mend it."""


def _twice(data: DataSource) -> Iterator[Refusal]:
    """Samples of one kind from two places, or nothing left to train with."""
    held_out = {"validation": data.validation_file, "test": data.test_file}
    for kind, file in held_out.items():
        if file is not None and getattr(data, f"{kind}_split"):
            message = f"{kind} samples come from {file!r} and from a split as well"
            yield f"{kind}_split", message, f"remove it, or remove {kind}"
    if data.test_split is not None and data.validation_split + data.test_split >= 1:
        message = (
            f"validation_split = {data.validation_split} and test_split = {data.test_split} "
            "are fractions of all samples and leave none to train with"
        )
        yield "test_split", message, "lower one of them"


def _kinds(data: DataSource) -> Iterator[Refusal]:
    """Kinds of split that exclude each other, and kinds without a split."""
    groups = data.groups if isinstance(data, FileSource) else None
    order_by = data.order_by if isinstance(data, FileSource) else None
    ordered = data.split == "ordered"
    if ordered and data.stratify:
        yield "stratify", "an ordered split takes samples as they come", "remove stratify or split"
    if ordered and groups is not None:
        yield "groups", "an ordered split takes samples as they come", "remove groups or split"
    if groups is not None and data.stratify:
        message = "groups stay together, so classes cannot keep their proportions"
        yield "stratify", message, "remove stratify or groups"
    if order_by is not None and not ordered:
        message = "the order of the samples has no effect on a split that shuffles them"
        yield "order_by", message, 'add split = "ordered"'
    if not data.validation_split and data.test_split is None:
        kinds = {"split": ordered, "groups": groups is not None}
        for key in (key for key, given in kinds.items() if given):
            yield key, "there is no split", "add validation_split or test_split"


def _labels(data: DataSource) -> Iterator[Refusal]:
    """A column that decides on the split must not become an input unasked."""
    if not isinstance(data, FileSource) or not data.takes_all:
        return
    for key in ("groups", "order_by"):
        column = getattr(data, key)
        if column is not None:
            message = f"without features, {column!r} would be an input as well"
            yield key, message, "name the columns that are: features = [...]"
