"""Real data that ship with samenet: images of handwritten digits, scaled to 0..1.

Sources and licences stand in `NOTICE.md` beside this file.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import DataSource
from samenet.graph.ir import Shape


class Embedded(DataSource):
    """A data set inside the package: whole numbers from 0 to `white`, and a class for each image.

    The inputs take the shape of the network's input, which must hold `size` numbers.
    """

    classes: ClassVar[int] = 10
    size: ClassVar[int]
    white: ClassVar[int]
    file_name: ClassVar[str]

    @property
    def file(self) -> str:
        return self.file_name

    @classmethod
    def stored(cls) -> Path:
        """The file inside the package."""
        return Path(__file__).with_name(cls.file_name)

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
