"""Constraints: what a weight is brought to after each step of the optimizer.

Only trainable weights have one. Axes are those of Keras' layout, in which a dense kernel is
(inputs, units) and that of a convolution (rows, columns, inputs, filters); norms are taken along
them: `axis = 0`, or `axis = [0, 1, 2]`, for all that goes into one unit. Each norm is divided by
with 1e-7 added. The functions of the PyTorch program are in `templates/torch/constraints.py`.
Source: https://keras.io/api/layers/constraints/
"""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.weight_rules import NameOrTable, WeightRule

CATALOGUE: Catalogue[WeightRule] = Catalogue(
    "samenet.constraints",
    {
        "max_norm": "rules.MaxNorm",
        "min_max_norm": "rules.MinMaxNorm",
        "non_neg": "rules.NonNeg",
        "unit_norm": "rules.UnitNorm",
    },
)
"""The class of each `type`."""

Constraint = Annotated[WeightRule, NameOrTable(CATALOGUE)]
"""What a weight is brought to after each step."""
