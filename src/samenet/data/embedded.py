"""Real data that ship with samenet: images of handwritten digits, scaled to 0..1.

Sources and licences stand in `NOTICE.md` beside this file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource
from samenet.diagnostics import Code, Refusal
from samenet.graph.ir import ResolvedGraph, Shape

if TYPE_CHECKING:
    from samenet.spec.model import Spec


class Embedded(DataSource):
    """A data set inside the package: whole numbers from 0 to `white`, and a class for each image.

    The inputs take the shape of the network's input, which must hold `size` numbers.
    """

    classes: ClassVar[int] = 10
    size: ClassVar[int]
    white: ClassVar[int]
    file_name: ClassVar[str]

    IMAGES = True

    @property
    def file(self) -> str:
        return self.file_name

    @classmethod
    def stored(cls) -> Path:
        """The file inside the package."""
        return Path(__file__).with_name(cls.file_name)

    def refusals(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        """The input holds the pixels of an image, the output has a number for each class."""
        pixels, shape = math.prod(graph.input_shape), graph.output_shape
        if pixels != self.size:
            message = f"the images of {self.kind} have {self.size} pixels, the input has {pixels}"
            side = math.isqrt(self.size)
            hint = f"use shape = [{self.size}] or [{side}, {side}, 1]"
            yield Code.DATA_MISMATCH, ("input", "shape"), message, hint
        (name,) = graph.outputs
        loss, path = spec.training.loss_of(name), ("training", "loss")
        if loss.TARGETS != "classes":
            message = f"the targets of {self.kind} are classes, which {loss.kind} cannot take"
            yield Code.DATA_MISMATCH, path, message, "use sparse_categorical_crossentropy"
        elif len(shape) != 1:
            message = f"{self.kind} has one class for each image, the network {shape}"
            hint = "put a flatten layer before the last dense layer"
            yield Code.DATA_MISMATCH, path, message, hint
        elif shape[0] < self.classes:
            message = f"{self.kind} has {self.classes} classes, the network {shape[0]} outputs"
            last = next(node.origin for node in reversed(graph.nodes) if node.weights)
            yield Code.DATA_MISMATCH, (*last, "units"), message, f"use units = {self.classes}"

    def reader(self, input_shape: Shape) -> Call:
        reader = Name("read_images", "shared/data")
        return call(reader, Name("path"), shape=input_shape, white=self.white)


class MNIST5K(Embedded):
    """5,000 images of MNIST, 28 x 28, 500 of each class, sorted by class."""

    size = 28 * 28
    white = 255
    file_name = "mnist_5k.npz"
    source: Literal["mnist_5k"]


class Digits(Embedded):
    """1,797 images of the UCI digits, 8 x 8."""

    size = 8 * 8
    white = 16
    file_name = "digits.npz"
    source: Literal["digits"]
