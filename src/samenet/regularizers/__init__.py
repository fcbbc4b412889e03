"""Regularizers: what a weight, or the output of a layer, adds to the loss.

The penalty belongs to the loss in training and in evaluation, and only trainable weights have one.
What an output adds is divided by the size of the batch. Keras holds the factors in 32 bits; so
does the PyTorch program, whose functions are in `templates/torch/regularizers.py`. Weight decay of
an optimizer is something else: it is in no loss, and with Adam it takes other steps.
Source: https://keras.io/api/layers/regularizers/
"""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.weight_rules import NameOrTable, WeightRule

OF_OUTPUTS: Catalogue[WeightRule] = Catalogue(
    "samenet.regularizers", {"l1": "norms.L1", "l1_l2": "norms.L1L2", "l2": "norms.L2"}
)
"""The class of each `type` that outputs may have."""

CATALOGUE: Catalogue[WeightRule] = Catalogue(
    "samenet.regularizers", {**OF_OUTPUTS.places, "orthogonal": "orthogonal.OrthogonalRegularizer"}
)
"""The class of each `type`."""

Regularizer = Annotated[WeightRule, NameOrTable(CATALOGUE)]
"""What a weight adds to the loss."""

ActivityRegularizer = Annotated[WeightRule, NameOrTable(OF_OUTPUTS)]
"""What the outputs of a layer add to the loss, divided by the size of the batch."""
