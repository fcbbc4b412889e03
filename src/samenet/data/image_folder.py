"""Images in a folder for each class, read and resized with Pillow, scaled to 0..1.

Source: https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.codegen.expression import Call, Name, call
from samenet.data.base import PathSource
from samenet.graph.ir import Shape


class ImageFolder(PathSource):
    """Images in a folder for each class. Needs `samenet[images]`.

    They take the shape of the network's input, (height, width, channels): one channel is grey,
    three are red, green and blue, a fourth is opacity.
    """

    source: Literal["image_folder"]
    classes: tuple[str, ...] = Field(
        (),
        description="The names of the folders in the order of the classes; by default all, sorted.",
    )
    resize: Literal["nearest", "box", "bilinear", "bicubic", "lanczos"] = Field(
        "bilinear",
        description="How an image is stretched to the size of the input: Pillow's filter.",
    )

    def reader(self, input_shape: Shape) -> Call:
        function = Name("read_image_folder", "shared/images")
        return call(function, Name("path"), self.classes, shape=input_shape, resize=self.resize)
