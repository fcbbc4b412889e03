"""What folders of images demand of the network and its loss."""

from __future__ import annotations

from collections.abc import Iterator

from samenet.data import ImageFolder
from samenet.diagnostics import Code, Diagnostic, Path
from samenet.document import Document
from samenet.graph.ir import ResolvedGraph
from samenet.spec.model import Spec


def images(
    data: ImageFolder, spec: Spec, graph: ResolvedGraph, document: Document
) -> Iterator[Diagnostic]:
    """Whether images and their classes fit a network of one input and one output."""
    for path, message, hint in [*_input(graph), *_classes(data, spec, graph)]:
        yield document.diagnostic(Code.DATA_MISMATCH, message, hint, path)


Refusal = tuple[Path, str, str]
"""A place, what is wrong there, how to mend it."""


def _input(graph: ResolvedGraph) -> Iterator[Refusal]:
    shape = graph.input_shape
    if len(shape) != 3 or shape[-1] not in (1, 3, 4):
        message = f"images have height, width and 1, 3 or 4 channels; the input has shape {shape}"
        yield ("input", "shape"), message, "use shape = [height, width, 3]"


def _classes(data: ImageFolder, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
    (output,) = graph.outputs
    loss = spec.training.loss_of(output)
    if loss.TARGETS != "classes" or len(graph.output_shape) != 1:
        message = f"each image has one class; {loss.kind} and outputs {graph.output_shape} have not"
        yield ("training", "loss"), message, "use sparse_categorical_crossentropy of a dense layer"
    elif len(data.classes) > graph.output_shape[0]:
        message = (
            f"there are {len(data.classes)} classes, the network gives {graph.output_shape[0]}"
        )
        yield ("data", "classes"), message, f"use units = {len(data.classes)} in the last layer"
    if not data.classes and (data.validation or data.test):
        message = "a folder without images of a class would give the others other numbers"
        yield ("data", "source"), message, "name them: classes = [...]"
    for index, name in enumerate(data.classes):
        if name in data.classes[:index]:
            yield ("data", "classes", index), f"the class {name!r} stands twice", "remove one"
        if not name or name.startswith(".") or "/" in name or "\\" in name:
            yield ("data", "classes", index), f"{name!r} is no name of a folder", "rename it"
