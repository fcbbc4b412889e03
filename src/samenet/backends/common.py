"""The fields that the programs of all backends share, and the lines of a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from samenet.backends import splits
from samenet.backends.emitter import Emitter
from samenet.backends.rules import initial_weights
from samenet.backends.samples import (
    class_weights,
    is_several,
    output_shapes,
    several_data,
    single_data,
    weighted_training,
)
from samenet.backends.training import by_step, schedule, writes_files
from samenet.codegen.emission import INDENT, Source
from samenet.codegen.expression import Expression, List, call
from samenet.graph.ir import ResolvedGraph, shape_text
from samenet.spec.model import Spec

WEIGHTS = len("CLASS_WEIGHTS =   # how much samples of each class count in training")
"""The columns that stand around the weights of classes."""


SEVERAL: Mapping[tuple[str, str], str] = {
    ("shared/data", "Dataset"): "shared/several",
    ("torch/data", "as_tensors"): "torch/several",
}
"""The helpers of which programs with several inputs or outputs have another variant."""


WEIGHTED: Mapping[tuple[str, str], str] = {
    ("shared/data", "Dataset"): "shared/sample_weights",
    ("torch/data", "as_tensors"): "torch/sample_weights",
}
"""The helpers of which programs whose samples have weights have another variant."""


SEVERAL_WEIGHTED: Mapping[tuple[str, str], str] = {
    ("shared/data", "Dataset"): "shared/several_sample_weights",
    ("shared/sample_weights", "Dataset"): "shared/several_sample_weights",
    ("torch/data", "as_tensors"): "torch/several_sample_weights",
}
"""The same for programs with several inputs or outputs."""


SEVERAL_OUTPUTS: Mapping[tuple[str, str], str] = {("torch/metrics", "Means"): "torch/several"}
"""The helpers of which programs with several outputs have another variant."""


def fields(spec: Spec, graph: ResolvedGraph, emitter: Emitter) -> dict[str, Any]:
    """The fields that every program has, by their names in the templates."""
    data = spec.data
    weights, weighted = class_weights(spec, graph), data.weights is not None
    return {
        "name": spec.name,
        "seed": spec.training.seed,
        "epochs": spec.training.epochs,
        "batch_size": spec.training.batch_size,
        "data_file": data.file and emitter(call("HERE.joinpath", data.file), used=7),
        "initializers": emitter.dictionary(initial_weights(graph)),
        "schedule": spec.schedule and schedule(spec, spec.schedule, emitter),
        "by_step": by_step(spec),
        "writes_files": writes_files(spec),
        **splits.fields(spec, emitter),
        "input_shape": Source(", ".join(shape_text(x.shape) for x in graph.inputs.values())),
        "output_shape": Source(", ".join(shape_text(s) for s in output_shapes(graph).values())),
        "class_weights": weights and emitter(List(weights), used=WEIGHTS),
        "sample_weights": weighted,
        "streams": data.STREAMS,
        "weighted": weighted or bool(weights),
        "class_weights_alone": bool(weights) and not weighted,
        "weights_multiplied": bool(weights) and weighted,
        "weighted_training": weighted and weights and weighted_training(spec, graph, emitter),
        "several": is_several(graph),
        "several_outputs": not graph.graph.single_output,
        **(several_data if is_several(graph) else single_data)(spec, graph, emitter),
    }


def variants(spec: Spec, graph: ResolvedGraph) -> dict[tuple[str, str], str]:
    """The helpers of which the program has another variant, and the file of that."""
    several, weighted = is_several(graph), spec.data.weights is not None
    return {
        **spec.data.VARIANTS,
        **(SEVERAL if several else {}),
        **(WEIGHTED if weighted else {}),
        **(SEVERAL_WEIGHTED if several and weighted else {}),
        **({} if graph.graph.single_output else SEVERAL_OUTPUTS),
    }


def line(
    targets: tuple[str, ...],
    expression: Expression,
    shapes: tuple[str, ...],
    emitter: Emitter,
    *,
    indent: int,
) -> dict[str, Source]:
    """A line of a model: what it assigns, computes and (in a comment) the shapes of that."""
    assigned = ", ".join(targets)
    comment = f"  # {', '.join(shapes)}" if shapes else ""
    before = len(f"{assigned} = ")
    source = emitter(expression, indent=indent, used=before + len(comment), before=before)
    return {"targets": Source(assigned), "expression": source, "comment": Source(comment)}


def returned(
    graph: ResolvedGraph, values: Sequence[Source], emitter: Emitter, *, indent: int
) -> Source:
    """The outputs of a model: the only one, or a dictionary of several by name."""
    if graph.graph.single_output:
        return values[0]
    margin = " " * (indent + INDENT)
    items = zip(graph.outputs, values, strict=True)
    lines = [f"{margin}{emitter(name)}: {value},\n" for name, value in items]
    return Source("{\n" + "".join(lines) + " " * indent + "}")
