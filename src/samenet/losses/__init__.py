"""Losses: what training makes small.

A loss on probabilities of classes is computed from the scores before the last softmax or sigmoid,
in both frameworks: Keras finds the scores by itself when the network ends in that activation, the
PyTorch network returns them. The mean over all samples of a batch is taken, as in Keras. What
PyTorch has not is in `templates/torch/losses.py`.
Source: https://keras.io/api/losses/
"""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.losses.base import Batch, Loss, Targets
from samenet.weight_rules import NameOrTable

CATALOGUE: Catalogue[Loss] = Catalogue(
    "samenet.losses",
    {
        "binary_crossentropy": "crossentropy.BinaryCrossentropy",
        "binary_focal_crossentropy": "crossentropy.BinaryFocalCrossentropy",
        "categorical_crossentropy": "crossentropy.CategoricalCrossentropy",
        "categorical_focal_crossentropy": "crossentropy.CategoricalFocalCrossentropy",
        "categorical_hinge": "hinge.CategoricalHinge",
        "cosine_similarity": "regression.CosineSimilarity",
        "hinge": "hinge.Hinge",
        "huber": "regression.Huber",
        "kl_divergence": "divergence.KLDivergence",
        "log_cosh": "regression.LogCosh",
        "mean_absolute_error": "regression.MeanAbsoluteError",
        "mean_absolute_percentage_error": "regression.MeanAbsolutePercentageError",
        "mean_squared_error": "regression.MeanSquaredError",
        "mean_squared_logarithmic_error": "regression.MeanSquaredLogarithmicError",
        "poisson": "divergence.Poisson",
        "sparse_categorical_crossentropy": "crossentropy.SparseCategoricalCrossentropy",
        "squared_hinge": "hinge.SquaredHinge",
    },
)
"""The class of each `type`."""

AnyLoss = Annotated[Loss, NameOrTable(CATALOGUE)]
"""What training makes small, by its name or as a table with its arguments."""

__all__ = ["CATALOGUE", "AnyLoss", "Batch", "Loss", "Targets"]
