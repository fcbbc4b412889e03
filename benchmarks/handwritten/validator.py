"""The validator that one would write first: tomllib, and a model for each kind of layer.

It knows five layers and nothing of shapes; it says what is wrong, without the line.
"""

from __future__ import annotations

import sys
import tomllib
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Sugar(Strict):
    activation: Literal["relu", "elu", "gelu", "tanh", "sigmoid", "softmax", "linear"] = "linear"
    batch_normalization: Literal["before_activation", "after_activation", "none"] = "none"
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Dense(Sugar):
    type: Literal["dense"]
    units: PositiveInt


class Conv2D(Sugar):
    type: Literal["conv2d"]
    filters: PositiveInt
    kernel_size: PositiveInt
    padding: Literal["same", "valid"] = "valid"


class MaxPooling2D(Strict):
    type: Literal["max_pooling2d"]
    pool_size: PositiveInt = 2


class Flatten(Strict):
    type: Literal["flatten"]


class Dropout(Strict):
    type: Literal["dropout"]
    rate: Annotated[float, Field(ge=0, lt=1)]


Layer = Annotated[Dense | Conv2D | MaxPooling2D | Flatten | Dropout, Field(discriminator="type")]


class Optimizer(Strict):
    type: Literal["adam", "sgd", "rmsprop"]
    learning_rate: PositiveFloat = 0.001


class Training(Strict):
    loss: str
    metrics: list[str] = []
    epochs: PositiveInt
    batch_size: PositiveInt = 32
    seed: int = 0


class Spec(Strict):
    version: Literal[1]
    name: str
    input: dict[str, list[int]]
    defaults: dict[str, dict[str, Any]] = {}
    layers: list[Layer]
    optimizer: Optimizer
    callbacks: list[dict[str, Any]] = []
    training: Training
    data: dict[str, Any]
    lint: dict[str, list[str]] = {}


def validate(text: str) -> Spec:
    """The spec in a text.

    Raises:
        ValidationError: it is wrong.
    """
    return Spec.model_validate(tomllib.loads(text))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        validate(file.read())
