"""What a callback decides between epochs whose values stand still.

A training of a few steps has too few epochs for patience to end. Here the program's own `train`
runs with epochs that do nothing and report 1 for everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from samenet import runtime
from samenet.compiler import compile_spec
from samenet.graph.ir import ResolvedGraph
from samenet.lowering import Backend
from samenet.schema import kind_of
from samenet.spec.model import Spec
from samenet.verification.samples import samples
from samenet.verification.subjects import patched

LONGEST = 1000
"""As many epochs are gone through at most."""


def decisions(spec: Spec, graph: ResolvedGraph, backend: Backend, part: str) -> str:
    """When the learning rate is first cut, by the exact callback and by the framework's own."""
    callbacks = tuple(item for item in spec.callbacks if kind_of(type(item)) == part)
    alone = spec.model_copy(update={"callbacks": callbacks})
    patience = max(getattr(item, "patience", 0) for item in callbacks)
    epochs = min(patience + 3, LONGEST)
    own, exact = (first_cut(rates(alone, graph, backend, epochs, only)) for only in ([part], []))
    if own == exact:
        return ""
    return f"where values stand still the rate is cut {own}, not {exact}"


def rates(
    spec: Spec, graph: ResolvedGraph, backend: Backend, epochs: int, only: Sequence[str]
) -> list[float]:
    """The learning rate of each epoch of a PyTorch program that learns nothing."""
    module = runtime.execute(compile_spec(spec, backend, "idiomatic", only))
    names = {str(getattr(item, "monitor", "loss")) for item in spec.callbacks}
    values = dict.fromkeys(("loss", *(name.removeprefix("val_") for name in names)), 1.0)

    def stands_still(*arguments: Any) -> dict[str, float]:
        del arguments
        return dict(values)

    data = samples(spec, graph, module, 2)
    with patched(module, "train_epoch", stands_still), patched(module, "evaluate", stands_still):
        history = module.train(module.build_model(), data, data, epochs=epochs)
    return history["learning_rate"]


def first_cut(rates: Sequence[float]) -> str:
    """After which epoch the learning rate is first lower, in words."""
    cut = next((epoch for epoch, rate in enumerate(rates) if rate < rates[0]), None)
    return f"in none of {len(rates)} epochs" if cut is None else f"after epoch {cut}"
