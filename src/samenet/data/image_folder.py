"""Images in a folder for each class, read and resized with Pillow, scaled to 0..1.

Source: https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import PathSource
from samenet.diagnostics import Code, Refusal
from samenet.graph.ir import ResolvedGraph, Shape

if TYPE_CHECKING:
    from samenet.spec.model import Spec


class ImageFolder(PathSource):
    """Images in a folder for each class. Needs `samenet[images]`.

    They take the shape of the network's input, (height, width, channels): one channel is grey,
    three are red, green and blue, a fourth is opacity.
    """

    IMAGES = True

    source: Literal["image_folder"]
    classes: tuple[str, ...] = Field(
        (),
        description="The names of the folders in the order of the classes; by default all, sorted.",
    )
    resize: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = Field(
        "bilinear",
        description="How an image is stretched to the size of the input: Pillow's filter.",
    )

    def refusals(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        """The input is an image, the output has a number for each class."""
        shape = graph.input_shape
        if len(shape) != 3 or shape[-1] not in (1, 3, 4):
            message = (
                f"images have height, width and 1, 3 or 4 channels; the input has shape {shape}"
            )
            hint = "use shape = [height, width, 3]"
            yield Code.DATA_MISMATCH, ("input", "shape"), message, hint
        yield from self._outputs(spec, graph)
        if not self.classes and (self.validation or self.test):
            message = "a folder without images of a class would give the others other numbers"
            hint = "name them: classes = [...]"
            yield Code.DATA_MISMATCH, ("data", "source"), message, hint
        for index, name in enumerate(self.classes):
            path = ("data", "classes", index)
            if name in self.classes[:index]:
                yield Code.DATA_MISMATCH, path, f"the class {name!r} stands twice", "remove one"
            if not name or name.startswith(".") or "/" in name or "\\" in name:
                yield Code.DATA_MISMATCH, path, f"{name!r} is no name of a folder", "rename it"

    def _outputs(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        (output,) = graph.outputs
        loss, shape = spec.training.loss_of(output), graph.output_shape
        if loss.TARGETS != "classes" or len(shape) != 1:
            message = f"each image has one class; {loss.kind} and outputs {shape} have not"
            hint = "use sparse_categorical_crossentropy of a dense layer"
            yield Code.DATA_MISMATCH, ("training", "loss"), message, hint
        elif len(self.classes) > shape[0]:
            message = f"there are {len(self.classes)} classes, the network gives {shape[0]}"
            hint = f"use units = {len(self.classes)} in the last layer"
            yield Code.DATA_MISMATCH, ("data", "classes"), message, hint

    def reader(self, input_shape: Shape) -> Call:
        function = Name("read_image_folder", "shared/images")
        return call(function, Name("path"), self.classes, shape=input_shape, resize=self.resize)
