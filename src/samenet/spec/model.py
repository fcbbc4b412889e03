"""The root of the spec language."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from pydantic import BeforeValidator, Field, PrivateAttr, WithJsonSchema

from samenet.callbacks import Callback
from samenet.callbacks.base import Mode
from samenet.data import Data
from samenet.graph.ir import INPUT, InputValue
from samenet.losses import AnyLoss, Loss
from samenet.metrics import AnyMetric, Metric
from samenet.named import ONLY, ByName, TableByName
from samenet.optimizers import Optimizer
from samenet.schedules import Schedule
from samenet.schema import (
    Count,
    LayerName,
    Model,
    Natural,
    NonNegative,
    References,
    SpecName,
    kind_of,
)
from samenet.spec.items import Item
from samenet.spec.studies import Ablation, Search


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


def _by_class(value: Any) -> Any:
    """An array from class 0 on as a table."""
    if isinstance(value, list | tuple):
        return {str(i): item for i, item in enumerate(cast("tuple[Any, ...]", value))}
    return value


_WEIGHT = {"type": "number", "minimum": 0}
_FORMS = [
    {"type": "object", "additionalProperties": _WEIGHT},
    {"type": "array", "items": _WEIGHT},
]
ClassWeights = Annotated[
    Mapping[str, NonNegative], BeforeValidator(_by_class), WithJsonSchema({"anyOf": _FORMS})
]
"""A weight for each class, by its number."""


class Training(Model):
    """How the network is trained."""

    loss: TableByName[AnyLoss] = Field(
        description="What training makes small, by its name or as a table with its arguments; "
        "of several outputs, a table by their names."
    )
    loss_weights: Mapping[str, NonNegative] = Field(
        default_factory=dict[str, float],
        description="Of several outputs: the factor of each loss in the sum, by default 1.",
    )
    class_weight: ClassWeights = Field(
        default_factory=dict[str, float],
        description="How much samples of each class count in the loss of training: an array from "
        "class 0 on, or a table, in which a class that is left out has 1. The sum is divided by "
        "the number of samples, not by that of their weights.",
    )
    metrics: ByName[tuple[AnyMetric, ...]] = Field(
        default_factory=dict[str, tuple[AnyMetric, ...]],
        description="What is reported beside the loss, names or tables with arguments; of several "
        "outputs, a table by their names.",
    )
    epochs: Count = Field(1, description="Passes over the training data.")
    batch_size: Count = Field(32, description="Samples in each step.")
    precision: Literal["float32", "float64", "mixed_bfloat16", "mixed_float16"] = Field(
        "float32",
        description='What the network computes in. With "mixed_bfloat16" and '
        '"mixed_float16" weights, losses and outputs have 32 bits, products 16; the two programs '
        "then are the same network, but round in other places.",
    )
    distributed: bool = Field(
        False,
        description="Whether torchrun may start the PyTorch program in several processes, each "
        "with a share of each batch; the training is that of one. Keras' program stays as it is.",
    )
    seed: int = Field(
        0,
        ge=0,
        le=2**63 - 1,
        description="Of the initial weights, the split, the order of the samples and dropout.",
    )

    def loss_of(self, output: str) -> Loss:
        """The loss of an output of the network."""
        return self.loss[ONLY] if ONLY in self.loss else self.loss[output]

    @property
    def mixed(self) -> str | None:
        """The type of 16 bits that products are computed in, or None."""
        return self.precision.partition("mixed_")[2] or None

    def class_weights(self, classes: int) -> tuple[float, ...]:
        """The weight of each class; none if all count the same."""
        if not self.class_weight:
            return ()
        return tuple(float(self.class_weight.get(str(i), 1.0)) for i in range(classes))

    def metrics_of(self, output: str) -> tuple[Metric, ...]:
        """The metrics of an output of the network."""
        return self.metrics.get(ONLY, self.metrics.get(output, ()))


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


AdviceCode = Literal[
    "SN601", "SN602", "SN603",
    "SN611", "SN612", "SN613", "SN614", "SN615",
    "SN621", "SN622", "SN623", "SN624", "SN625", "SN626", "SN627",
]  # fmt: skip
"""The codes of advice; `samenet.diagnostics` names them."""


class Lint(Model):
    """What `samenet validate` says beside mistakes; nothing that is trained depends on it."""

    ignore: tuple[AdviceCode, ...] = Field((), description="The codes of advice to leave out.")


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
    schedule: Schedule | None = Field(None, description="Changes the learning rate over time.")
    callbacks: tuple[Callback, ...] = Field((), description="Act in this order after each epoch.")
    training: Training = Field(description="How the network is trained.")
    data: Data = Field(description="Where the samples come from.")
    expect: Expect | None = Field(None, description="What must stay true of the network.")
    ablation: Ablation | None = Field(None, description="What `samenet ablate` tries out.")
    search: Search | None = Field(None, description="What `samenet sweep` looks for.")
    lint: Lint | None = Field(None, description="What is said beside mistakes.")

    _folder: Path = PrivateAttr(default=Path())

    @property
    def ignored(self) -> tuple[AdviceCode, ...]:
        """The codes of advice that are left out."""
        return self.lint.ignore if self.lint else ()

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

    def output_names(self) -> tuple[str, ...]:
        """The names of several outputs, in their order; `ONLY` for a single one."""
        several = self.outputs is not None and len(self.outputs) > 1
        return (self.outputs or ()) if several else (ONLY,)

    def input_names(self) -> tuple[str, ...]:
        """The names of several inputs, in their order; `ONLY` for a single one."""
        names = tuple(self.inputs or ())
        return names if len(names) > 1 else (ONLY,)

    def modes(self) -> dict[str, Mode]:
        """Of each loss and each metric, whether low or high is good.

        The names are those of Keras' history: with several outputs their losses, without weights,
        stand beside the sum, and the name of the output goes before each name.
        """
        modes: dict[str, Mode] = {"loss": "min"}
        modes |= {reported(name, "loss"): "min" for name in self.output_names()}
        for output in self.output_names():
            for metric in self.training.metrics_of(output):
                modes[reported(output, metric.reported)] = metric.MODE
        return modes

    def mode_of(self, name: str) -> Mode:
        """Whether low or high is good, of what is reported under a name, also with `val_`."""
        return self.modes()[name.removeprefix("val_")]

    @property
    def judged_by(self) -> str:
        """What a training is judged by where nobody says it.

        That is the first metric of the only output, else the loss; of the validation data, if
        there are any.
        """
        metrics = self.training.metrics_of(ONLY) if self.output_names() == (ONLY,) else ()
        first = metrics[0].reported if metrics else "loss"
        return f"val_{first}" if self.has_validation else first

    def losses_and_metrics(self) -> list[str]:
        """The names of what is reported of training."""
        names = self._losses()
        for output in self.output_names():
            names += [reported(output, m.reported) for m in self.training.metrics_of(output)]
        return names

    def losses(self) -> list[str]:
        """The names of what may be reported of losses, of training and of validation."""
        names = self._losses()
        return [*names, *(f"val_{name}" for name in names)]

    def _losses(self) -> list[str]:
        return ["loss", *(reported(name, "loss") for name in self.output_names() if name)]

    @property
    def has_validation(self) -> bool:
        """Whether there are, or may be handed over, data to validate with."""
        return self.data.validates or self.data.HANDED_OVER

    @property
    def writing(self) -> str | None:
        """The type of the first callback that writes a file, or None."""
        return next((kind_of(type(item)) for item in self.callbacks if item.FILE), None)

    def reported(self) -> list[str]:
        """The names of what may be reported of an epoch, in the order of our tables."""
        values = self.losses_and_metrics()
        return [*values, *(f"val_{name}" for name in values), "learning_rate"]


def reported(output: str, name: str) -> str:
    """The name in the history of a loss or a metric of an output, or of the only one."""
    return f"{output}_{name}" if output else name
