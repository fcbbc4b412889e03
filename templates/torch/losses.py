"""Losses that PyTorch does not have, or has with another meaning than Keras.

Each gives a value of every number, or of every last axis that it takes as a whole.
"""

import torch.nn.functional as F

import torch
from torch import Tensor

EPSILON = 1e-7  # what Keras keeps logarithms and quotients away from zero with
LOG_TWO = 0.6931471824645996  # the logarithm of 2 in 32 bits, as Keras holds it


def weighted_mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    """The sum over samples with weights, divided by their number as in Keras."""
    if weights is None:
        return losses.mean()
    return (losses.reshape(len(weights), -1).mean(dim=1) * weights).mean()


def mean_over_steps(
    losses: Tensor, mask: Tensor, weights: Tensor | None = None
) -> Tensor:
    """The mean over the steps that count, 0 if none does.

    Samples may have weights, (N, 1, ...); the sum is divided by the number of steps.
    """
    losses = losses.reshape(*mask.shape, -1).mean(dim=-1)
    if weights is not None:
        losses = losses * weights
    return (losses * mask).sum() / mask.sum().clamp(min=1)


def mean_absolute_percentage_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Errors in percent of the targets."""
    return 100.0 * ((targets - outputs) / targets.abs().clamp(min=EPSILON)).abs()


def mean_squared_logarithmic_error(outputs: Tensor, targets: Tensor) -> Tensor:
    """Squared differences of logarithms of one more."""
    logarithms = (outputs.clamp(min=EPSILON) + 1.0).log()
    return (logarithms - (targets.clamp(min=EPSILON) + 1.0).log()).square()


def log_cosh(outputs: Tensor, targets: Tensor) -> Tensor:
    """The logarithm of the hyperbolic cosine of errors."""
    errors = outputs - targets
    return torch.logaddexp(errors, -errors) - LOG_TWO


def kl_divergence(outputs: Tensor, targets: Tensor) -> Tensor:
    """Kullback and Leibler's divergence of the outputs from the targets."""
    targets = targets.clamp(EPSILON, 1.0)
    return (targets * (targets / outputs.clamp(EPSILON, 1.0)).log()).sum(dim=-1)


def poisson(outputs: Tensor, targets: Tensor) -> Tensor:
    """The rate of a Poisson distribution and its likelihood, less what is constant."""
    return outputs - targets * (outputs + EPSILON).log()


def hinge(outputs: Tensor, targets: Tensor) -> Tensor:
    """How far outputs are from the right side of a margin."""
    return (1.0 - signs(targets) * outputs).clamp(min=0.0)


def squared_hinge(outputs: Tensor, targets: Tensor) -> Tensor:
    """The square of `hinge`."""
    return hinge(outputs, targets).square()


def signs(targets: Tensor) -> Tensor:
    """-1 and 1 for 0 and 1, if a batch has no other targets."""
    binary = ((targets == 0.0) | (targets == 1.0)).all()
    return torch.where(binary, 2.0 * targets - 1.0, targets)


def categorical_hinge(outputs: Tensor, targets: Tensor) -> Tensor:
    """How far the score of the class is from 1 more than the highest of others."""
    right = (targets * outputs).sum(dim=-1)
    wrong = ((1.0 - targets) * outputs).amax(dim=-1)
    return (wrong - right + 1.0).clamp(min=0.0)


def cosine_similarity(outputs: Tensor, targets: Tensor) -> Tensor:
    """Minus the cosine of the angle between outputs and targets."""
    return -(unit(targets) * unit(outputs)).sum(dim=-1)


def unit(values: Tensor) -> Tensor:
    """Vectors of length 1, except those that are shorter than EPSILON."""
    factors = values.square().sum(dim=-1, keepdim=True).rsqrt()
    return values * factors.clamp(max=1.0 / EPSILON)


def sparse_categorical_crossentropy(
    scores: Tensor, classes: Tensor, ignore_class: int
) -> Tensor:
    """-log of the probability of the class, 0 where that is ignored.

    The mean of all is the mean of what counts. Of probabilities, as Keras does it.
    """
    counts = classes != ignore_class
    losses = crossentropy_unless_ignored(scores, classes, ignore_class)
    return losses * (counts.numel() / counts.sum().clamp(min=1))


def crossentropy_unless_ignored(
    scores: Tensor, classes: Tensor, ignore_class: int
) -> Tensor:
    """-log of the probability of the class, 0 where that is ignored."""
    counts = classes != ignore_class
    logarithms = scores.softmax(dim=-1).clamp(EPSILON, 1.0 - EPSILON).log()
    losses = F.cross_entropy(logarithms, classes.where(counts, 0), reduction="none")
    return losses * counts


def categorical_focal_crossentropy(
    scores: Tensor,
    targets: Tensor,
    alpha: float = 0.25,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The cross-entropy with factors alpha (1 - p)^gamma."""
    spread = label_smoothing / targets.shape[-1]
    targets = targets * (1.0 - label_smoothing) + spread
    p = scores.softmax(dim=-1).clamp(EPSILON, 1.0 - EPSILON)
    return -(alpha * (1.0 - p) ** gamma * targets * p.log()).sum(dim=-1)


def binary_focal_crossentropy(
    scores: Tensor,
    targets: Tensor,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    label_smoothing: float = 0.0,
) -> Tensor:
    """The binary cross-entropy with factors (1 - q)^gamma; q is 1 if all is right."""
    targets = targets * (1.0 - label_smoothing) + 0.5 * label_smoothing
    p = torch.sigmoid(scores)
    q = targets * p + (1.0 - targets) * (1.0 - p)
    losses = F.binary_cross_entropy_with_logits(scores, targets, reduction="none")
    if apply_class_balancing:
        losses = (targets * alpha + (1.0 - targets) * (1.0 - alpha)) * losses
    return (1.0 - q) ** gamma * losses
