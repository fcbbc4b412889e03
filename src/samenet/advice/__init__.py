"""Advice: what the field's guidelines say of a spec that is right.

Each piece is a function of what it looks at, and stands in one table under its code. What each
means, why, and where it comes from is in `samenet.diagnostics.advice`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from samenet.advice import dropout, normalization, training
from samenet.advice.ignores import kept
from samenet.advice.subject import Finding, Subject
from samenet.diagnostics import Code, Diagnostic, Fix, unique
from samenet.document import Document
from samenet.edits import set_key
from samenet.graph.ir import ResolvedGraph
from samenet.spec.model import Spec

Advice = Callable[[Subject], Iterator[Finding]]

ADVICE: Mapping[Code, Advice] = MappingProxyType(
    {
        Code.DROPOUT_RATE: dropout.rate,
        Code.DROPOUT_AT_OUTPUT: dropout.at_output,
        Code.DROPOUT_BEFORE_NORMALIZATION: dropout.before_normalization,
        Code.SMALL_NETWORK: normalization.small_network,
        Code.AFTER_ACTIVATION: normalization.after_activation,
        Code.NEEDLESS_BIAS: normalization.needless_bias,
        Code.NO_NORMALIZATION: normalization.no_normalization,
        Code.SMALL_BATCHES: normalization.small_batches,
        Code.HIGH_RATE: training.high_rate,
        Code.NO_VALIDATION: training.no_validation,
        Code.TRAINING_WATCHED: training.training_watched,
        Code.BEST_WEIGHTS: training.best_weights,
        Code.PATIENCE: training.patience,
        Code.NO_METRIC: training.no_metric,
        Code.TECHNIQUES: training.techniques,
    }
)
"""Each piece of advice."""


def advise(spec: Spec, graph: ResolvedGraph, document: Document) -> list[Diagnostic]:
    """What is advised, without what the spec asks to leave out.

    Args:
        spec: a spec without mistakes.
        graph: its network.
        document: where it is written.
    """
    subject = Subject(spec, graph, document)
    found = unique(
        _diagnostic(code, finding, document)
        for code, advice in ADVICE.items()
        for finding in advice(subject)
    )
    return kept(found, spec, document)


def _diagnostic(code: Code, finding: Finding, document: Document) -> Diagnostic:
    setting, fix = finding.setting, None
    item = document.diagnostic(code, finding.message, finding.hint, finding.path, finding.key)
    if setting is not None and item.file == document.file:
        edits = set_key(document, setting.table, setting.key, setting.value)
        message = f"set {setting.key} = {json.dumps(setting.value)}"
        fix = Fix(message, edits, setting.safe) if edits else None
    return item._replace(fix=fix)
