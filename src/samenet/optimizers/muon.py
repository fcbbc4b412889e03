"""Muon: steps for matrices that are nearly orthogonal, Adam's steps for all else.

m = momentum * m + g. The step of a weight with two axes in Keras' layout is m (with nesterov
g + momentum * m) after five Newton-Schulz iterations, times 0.2 * sqrt(its longer side). Weights
with another number of axes, those of embeddings and of `exclude_layers` take Adam's steps.
PyTorch's own Muon iterates in bfloat16 (5e-4 in weights after 100 steps), takes nothing but
matrices and has another default for decay; the program carries a class of its own.
Source: Jordan et al. (2024), https://kellerjordan.github.io/posts/muon/;
Liu et al. (2025), https://arxiv.org/abs/2502.16982; https://keras.io/api/optimizers/muon/
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.diagnostics import Code, Refusal
from samenet.graph.ir import Shape
from samenet.lowering import lowers
from samenet.optimizers.base import BaseOptimizer, Beta, PathPart, around, keras_optimizer
from samenet.schema import Count, NonNegative, Positive, Rate


class Muon(BaseOptimizer):
    """Muon with Keras' defaults."""

    SLOTS: ClassVar[int] = 1

    type: Literal["muon"]
    weight_decay: NonNegative = Field(
        0.004,
        description="Before each step, matrices lose this part of themselves, times the rate.",
    )
    adam_beta_1: Beta = Field(0.9, description="Of Adam: the decay of the mean of the gradient.")
    adam_beta_2: Beta = Field(0.999, description="Of Adam: the decay of the mean of its square.")
    adam_weight_decay: NonNegative = Field(
        0.004, description="The weight decay of what takes Adam's steps."
    )
    epsilon: Positive = Field(1e-7, description="Of Adam: added to the root of the mean square.")
    exclude_layers: tuple[PathPart, ...] = Field(
        (), description="Weights with one of these texts in their path take Adam's steps."
    )
    exclude_embeddings: bool = Field(
        True, description='Whether weights with "embedding" in their path take Adam\'s steps.'
    )
    muon_a: float = Field(3.4445, description="The factor of x in an iteration.")
    muon_b: float = Field(-4.775, description="The factor of its cube.")
    muon_c: float = Field(2.0315, description="The factor of its fifth power.")
    adam_lr_ratio: Positive = Field(1.0, description="The rate of Adam's steps, in rates.")
    momentum: Rate = Field(0.95, description="The fraction of the momentum that is kept.")
    ns_steps: Count = Field(5, description="How many iterations there are.")
    nesterov: bool = Field(True, description="Whether the step looks ahead.")
    rms_rate: Positive = Field(0.2, description="The root mean square of a step, in rates.")

    @property
    def decays(self) -> bool:
        """Whether any weights decay, matrices or others."""
        return self.weight_decay > 0 or self.adam_weight_decay > 0

    def is_matrix(self, path: str, shape: Shape) -> bool:
        """Whether a weight takes steps of matrices."""
        embedding = self.exclude_embeddings and "embedding" in path.lower()
        return len(shape) == 2 and not embedding and not any(p in path for p in self.exclude_layers)

    def state_size(self, path: str, shape: Shape) -> int:
        """What takes Adam's steps has a mean square, too."""
        size = super().state_size(path, shape)
        return size if self.is_matrix(path, shape) else size + math.prod(shape)

    def own(self) -> dict[str, Expression]:
        """The layers that take Adam's steps as the patterns that Keras makes of them."""
        values = super().own()
        patterns = [re.sub(r"([.\[\]])", r"\\\1", text) for text in self.exclude_layers]
        values["exclude_layers"] = List(tuple(patterns))
        if not patterns:
            del values["exclude_layers"]
        return values

    def refusals(self, network: str) -> Iterator[Refusal]:
        """Before the paths of a Sequential model Keras sees the name of the model."""
        if not self.is_matrix(network, (1, 1)):
            message = f"Keras would take all weights of {network!r}, by its name, for excluded ones"
            yield Code.OPTIMIZER, ("type",), message, "give the network another name"

    def paths_named(self) -> dict[str, tuple[str, ...]]:
        """Those of `exclude_layers`, too."""
        return {**super().paths_named(), "exclude_layers": self.exclude_layers}


@lowers(Muon, "keras")
def keras(optimizer: Muon) -> Call:
    """`keras.optimizers.Muon`, which takes the excluded layers as patterns."""
    return keras_optimizer(optimizer, "Muon")


@lowers(Muon, "torch")
def torch(optimizer: Muon) -> Call:
    """The program's own, which sees weights in Keras' layout."""
    options: dict[str, Expression] = {
        name: List(getattr(optimizer, name))
        for name in ("exclude_from_weight_decay", "exclude_layers")
        if getattr(optimizer, name)
    }
    if not optimizer.exclude_embeddings:
        options["exclude_embeddings"] = False
    inner = call(
        Name("Muon", "torch/optimizers/norms"),
        call("model.named_weights"),
        lr=optimizer.learning_rate,
        momentum=optimizer.momentum,
        nesterov=optimizer.nesterov,
        ns_steps=optimizer.ns_steps,
        coefficients=(optimizer.muon_a, optimizer.muon_b, optimizer.muon_c),
        rms_rate=optimizer.rms_rate,
        betas=(optimizer.adam_beta_1, optimizer.adam_beta_2),
        epsilon=optimizer.epsilon,
        adam_lr_ratio=optimizer.adam_lr_ratio,
        weight_decay=optimizer.weight_decay,
        adam_weight_decay=optimizer.adam_weight_decay,
        **options,
    )
    return around(optimizer, inner)
