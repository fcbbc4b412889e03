"""What stands in a list of layers: layers, uses of blocks, and layers applied again.

A person writes `{ block = "name" }` and `{ share = "name" }`; `samenet.expansion` gives these
tables their `type` and fills the instantiated layers in.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from samenet.catalogue import Catalogue
from samenet.layers import CATALOGUE
from samenet.layers.base import Layer
from samenet.schema import LayerName, Model, References


class Repetition(Model):
    """One instance of a block: its layers, with the values of its parameters filled in."""

    formals: References = Field(("input",), description="The block's names for its inputs.")
    outputs: References | None = Field(None, description="What it gives; by default its end.")
    layers: tuple[Item, ...] = Field(min_length=1, description="Each reads the one before it.")


class BlockUse(Model):
    """A block applied to inputs, as often as it has repetitions, each to the one before it."""

    type: Literal["block"]
    block: str = Field(description="The name of the block.")
    name: LayerName | None = Field(None, description="A name of your own, unique in the network.")
    inputs: References | None = Field(None, description="What it reads; by default, what precedes.")
    trainable: bool = Field(True, description="Whether training changes the weights in it.")
    repetitions: tuple[Repetition, ...] = Field(min_length=1)


class Share(Model):
    """A layer or block applied again, with the same weights."""

    type: Literal["share"]
    share: LayerName = Field(description="The name of the layer or block.")
    name: LayerName | None = Field(None, description="A name of your own, unique in the network.")
    inputs: References | None = Field(None, description="What it reads; by default, what precedes.")
    reverse: bool = Field(
        False, description="Whether a reversible_embedding makes scores of vectors."
    )


_UNWRITTEN: dict[str, type[Model]] = {"block": BlockUse, "share": Share}
ITEMS: Catalogue[Model] = Catalogue[Model].joined(CATALOGUE, _UNWRITTEN)
"""The class of each `type` in a list of layers; nobody writes those of blocks and shares."""

Item = Annotated[Layer | BlockUse | Share, ITEMS]
