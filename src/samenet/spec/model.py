"""The root of the spec language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field, PrivateAttr

from samenet.callbacks import Callback
from samenet.callbacks.base import Mode
from samenet.data import Data
from samenet.graph.ir import INPUT, InputValue
from samenet.losses import LOSSES, LossName
from samenet.metrics import METRICS, MetricName
from samenet.optimizers import Optimizer
from samenet.schedules import Schedule
from samenet.schema import Count, LayerName, Model, Natural, References, SpecName
from samenet.spec.items import Item


class Input(Model):
    """What the network takes: one sample is an array of numbers."""

    shape: tuple[Count, ...] = Field(
        min_length=1, max_length=8, description="The shape of one sample, channels last."
    )
    dtype: Literal["float32", "int32"] = Field(
        "float32", description='"int32" for whole numbers, such as the tokens of a text.'
    )

    @property
    def value(self) -> InputValue:
        """The same for the graph."""
        return InputValue(self.shape, "int" if self.dtype == "int32" else "float")


class Training(Model):
    """How the network is trained."""

    loss: LossName = Field(description="What training makes small.")
    metrics: tuple[MetricName, ...] = Field((), description="What is reported beside the loss.")
    epochs: Count = Field(1, description="Passes over the training data.")
    batch_size: Count = Field(32, description="Samples in each step.")
    seed: int = Field(
        0,
        ge=0,
        le=2**63 - 1,
        description="Of the initial weights, the split, the order of the samples and dropout.",
    )


class Expect(Model):
    """What must stay true of the network; a spec of which it is not true is invalid."""

    parameters: Natural | None = Field(None, description="How many numbers all weights hold.")
    trainable_parameters: Natural | None = Field(
        None, description="How many numbers the trainable weights hold."
    )
    max_parameters: Natural | None = Field(
        None, description="How many numbers all weights may hold at most."
    )
    output_shape: tuple[Count, ...] | None = Field(
        None, description="The shape of the (first) output, without the batch."
    )


class Spec(Model):
    """A network and its training.

    `defaults` holds, by the type of layer, keys for every layer of that type that does not say
    otherwise. The layers of a loaded spec have them filled in; they still count for the layers
    that come from `batch_normalization` and `dropout` keys.
    """

    version: int = Field(ge=1, le=1, description="The version of the language.")
    name: SpecName = Field("network", description="A name, also of the files made from the spec.")
    input: Input | None = Field(None, description="What the network takes.")
    inputs: Mapping[LayerName, Input] | None = Field(
        None, min_length=1, description="In place of `input`: what it takes, by names."
    )
    defaults: Mapping[str, Mapping[str, Any]] = Field(
        default_factory=dict[str, Mapping[str, Any]],
        description="Keys for the layers of a type that leave them out.",
    )
    layers: tuple[Item, ...] = Field(min_length=1, description="Each reads the one before it.")
    outputs: References | None = Field(
        None, description="The layers whose values it gives; by default the last one."
    )
    optimizer: Optimizer = Field(description="How the weights are updated.")
    schedule: Schedule | None = Field(None, description="Changes the learning rate by epoch.")
    callbacks: tuple[Callback, ...] = Field((), description="Act in this order after each epoch.")
    training: Training = Field(description="How the network is trained.")
    data: Data = Field(description="Where the samples come from.")
    expect: Expect | None = Field(None, description="What must stay true of the network.")

    _folder: Path = PrivateAttr(default=Path())

    @property
    def folder(self) -> Path:
        """The folder of the spec's file, in which relative paths begin."""
        return self._folder

    def input_values(self) -> Mapping[str, InputValue]:
        """What the network takes, by name; a single input without one is `input`."""
        inputs = self.inputs or ({INPUT: self.input} if self.input else {})
        return MappingProxyType({name: item.value for name, item in inputs.items()})

    def in_folder(self, folder: Path) -> Spec:
        """The same spec, with relative paths beginning in a folder."""
        copy = self.model_copy()
        copy._folder = folder
        return copy

    def modes(self) -> dict[str, Mode]:
        """Of the loss and each metric, whether low or high is good."""
        targets = LOSSES[self.training.loss].targets
        modes: dict[str, Mode] = {"loss": "min"}
        modes |= {name: METRICS[name, targets].mode for name in self.training.metrics}
        return modes

    def reported(self) -> list[str]:
        """The names of what may be reported of an epoch, in the order of our tables."""
        values = ["loss", *self.training.metrics]
        return [*values, *(f"val_{name}" for name in values), "learning_rate"]
