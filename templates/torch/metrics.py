"""Metrics of a batch as Keras computes them, and what becomes of them over an epoch."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor


class Means:
    """Means over the samples of many batches, kept on the device until the end."""

    def __init__(self) -> None:
        self.totals: dict[str, Tensor] = {}
        self.count = 0

    def add(self, values: dict[str, Tensor], count: int) -> None:
        """Add the means of a batch of `count` samples."""
        for name, value in values.items():
            total = value.detach() * count
            self.totals[name] = (
                self.totals[name] + total if name in self.totals else total
            )
        self.count += count

    def result(self) -> dict[str, float]:
        """The means of all batches."""
        return {name: float(total) / self.count for name, total in self.totals.items()}


class Sums(NamedTuple):
    """What a metric adds up over an epoch, and what it makes of the sums in the end."""

    values: Tensor
    result: Callable[[Tensor], Tensor]


def sparse_categorical_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose highest score is that of their class."""
    return (logits.argmax(dim=-1) == targets).to(logits.dtype).mean()


def binary_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The fraction of outputs on the right side of probability 1/2, a score of 0."""
    return ((logits > 0.0) == (targets > 0.5)).to(logits.dtype).mean()


def top_k_accuracy(probabilities: Tensor, classes: Tensor, k: int) -> Tensor:
    """The fraction of samples with less than k classes more probable than theirs."""
    compared = probabilities.float()  # as TensorFlow does it
    known = (classes >= 0) & (classes < compared.shape[-1])
    own = compared.gather(-1, classes.where(known, 0).unsqueeze(-1))
    hits = (compared > own).sum(dim=-1) < k
    finite = compared.isfinite().all(dim=-1)
    return (hits & known & finite).to(probabilities.dtype).mean()


def root_mean_squared_error(outputs: Tensor, targets: Tensor) -> Sums:
    """The root of the mean of squared errors."""
    errors = (outputs - targets).square()
    count = errors.new_full((), errors.numel())
    return Sums(torch.stack([errors.sum(), count]), root_of_mean)


def root_of_mean(sums: Tensor) -> Tensor:
    """The root of a mean, from a sum and a count."""
    total, count = sums
    return (total / count).sqrt()


def r2_score(
    outputs: Tensor, targets: Tensor, class_aggregation: str = "uniform_average"
) -> Sums:
    """How much less the squared errors are than those of the targets' mean."""
    parts = [torch.ones_like(targets), targets, targets.square()]
    parts.append((targets - outputs).square())
    sums = torch.stack([part.sum(dim=0) for part in parts])
    return Sums(sums, partial(explained, class_aggregation=class_aggregation))


def explained(sums: Tensor, class_aggregation: str) -> Tensor:
    """The average of the scores of all outputs; 0 where all targets are the same."""
    count, total, squares, errors = sums
    variations = squares - total * (total / count)
    scores = 1.0 - errors / variations
    scores = scores.masked_fill(scores.isinf(), 0.0)
    if class_aggregation == "uniform_average":
        return scores.mean()
    return (variations * scores).sum() / variations.sum()


def quotient(numerator: Tensor, denominator: Tensor) -> Tensor:
    """A quotient, 0 where the denominator is."""
    return (numerator / denominator).masked_fill(denominator == 0, 0.0)


def confusion(
    outputs: Tensor, targets: Tensor, thresholds: float, class_id: int | None = None
) -> Tensor:
    """True and false positives, false and true negatives."""
    found, wanted = outputs > thresholds, targets != 0
    if class_id is not None:
        found, wanted = found[..., class_id], wanted[..., class_id]
    counts = [found & wanted, found & ~wanted, ~found & wanted, ~found & ~wanted]
    return torch.stack([count.sum() for count in counts]).to(outputs.dtype)


def itself(sums: Tensor) -> Tensor:
    """A count, of which nothing else is made."""
    return sums


def true_positives(outputs: Tensor, targets: Tensor, thresholds: float = 0.5) -> Sums:
    """How many positive outputs have positive targets."""
    return Sums(confusion(outputs, targets, thresholds)[0], itself)


def false_positives(outputs: Tensor, targets: Tensor, thresholds: float = 0.5) -> Sums:
    """How many positive outputs have negative targets."""
    return Sums(confusion(outputs, targets, thresholds)[1], itself)


def false_negatives(outputs: Tensor, targets: Tensor, thresholds: float = 0.5) -> Sums:
    """How many negative outputs have positive targets."""
    return Sums(confusion(outputs, targets, thresholds)[2], itself)


def true_negatives(outputs: Tensor, targets: Tensor, thresholds: float = 0.5) -> Sums:
    """How many negative outputs have negative targets."""
    return Sums(confusion(outputs, targets, thresholds)[3], itself)


def precision(
    outputs: Tensor,
    targets: Tensor,
    thresholds: float = 0.5,
    class_id: int | None = None,
) -> Sums:
    """The fraction of positive outputs that have positive targets."""
    counts = confusion(outputs, targets, thresholds, class_id)
    return Sums(counts[:2], share_of_first)


def recall(
    outputs: Tensor,
    targets: Tensor,
    thresholds: float = 0.5,
    class_id: int | None = None,
) -> Sums:
    """The fraction of positive targets that have positive outputs."""
    counts = confusion(outputs, targets, thresholds, class_id)
    return Sums(counts[::2], share_of_first)


def share_of_first(sums: Tensor) -> Tensor:
    """The first of two counts over both."""
    return quotient(sums[0], sums.sum())


def f1_score(
    outputs: Tensor,
    targets: Tensor,
    average: str = "macro",
    threshold: float | None = None,
) -> Sums:
    """The harmonic mean of precision and recall; the highest output is positive."""
    if threshold is None:
        found = outputs >= outputs.amax(dim=-1, keepdim=True)
        found = found & (outputs.abs() > 1e-9)
    else:
        found = outputs > threshold
    found = found.to(outputs.dtype)
    parts = [found * targets, found * (1.0 - targets), (1.0 - found) * targets]
    sums = torch.stack([part.sum(dim=0) for part in parts])
    if average == "micro":
        sums = sums.sum(dim=1)
    return Sums(sums, partial(harmonic_mean, average=average))


def harmonic_mean(sums: Tensor, average: str) -> Tensor:
    """The average of the harmonic means of precision and recall of classes."""
    hits, wrong, missed = sums
    epsilon = 1e-7
    right, caught = hits / (hits + wrong + epsilon), hits / (hits + missed + epsilon)
    scores = 2.0 * (right * caught / (right + caught + epsilon))
    if average != "weighted":
        return scores.mean()
    wanted = hits + missed
    return (scores * (wanted / (wanted.sum() + epsilon))).sum()


def auc(
    outputs: Tensor,
    targets: Tensor,
    num_thresholds: int = 200,
    curve: str = "ROC",
    summation_method: str = "interpolation",
) -> Sums:
    """The area under a curve of counts above evenly spread thresholds."""
    steps = outputs.flatten().clamp(0.0, 1.0) * (num_thresholds - 1)
    last = (steps.ceil() - 1.0).clamp(min=0.0).long()  # the last threshold below each
    wanted = (targets.flatten() != 0).to(outputs.dtype)
    labels = torch.stack([wanted, 1.0 - wanted])
    above = outputs.new_zeros(2, num_thresholds).index_add(1, last, labels)
    positives = above.flip(1).cumsum(dim=1).flip(1)
    negatives = labels.sum(dim=1, keepdim=True) - positives
    sums = torch.cat([positives, negatives])
    if curve == "PR" and summation_method == "interpolation":
        return Sums(sums, interpolated_area)
    return Sums(sums, partial(area, curve=curve, summation_method=summation_method))


def area(sums: Tensor, curve: str, summation_method: str) -> Tensor:
    """The area under a curve, from counts as of `confusion` above each threshold."""
    hits, wrong, missed, right = sums
    caught = quotient(hits, hits + missed)
    if curve == "ROC":
        x, y = quotient(wrong, wrong + right), caught
    else:
        x, y = caught, quotient(hits, hits + wrong)
    if summation_method == "minoring":
        heights = torch.minimum(y[:-1], y[1:])
    elif summation_method == "majoring":
        heights = torch.maximum(y[:-1], y[1:])
    else:
        heights = (y[:-1] + y[1:]) / 2.0
    return ((x[:-1] - x[1:]) * heights).sum()


def interpolated_area(sums: Tensor) -> Tensor:
    """The area under precision over recall, after Davis and Goadrich (2006)."""
    hits, wrong, missed, _ = sums
    found = hits + wrong
    slope = quotient(hits[:-1] - hits[1:], (found[:-1] - found[1:]).clamp(min=0.0))
    intercept = hits[1:] - slope * found[1:]
    ratio = found[:-1] / found[1:]
    ratio = ratio.masked_fill((found[:-1] <= 0) | (found[1:] <= 0), 1.0)
    parts = slope * (hits[:-1] - hits[1:] + intercept * ratio.log())
    return quotient(parts, hits[1:] + missed[1:]).sum()


def mean_io_u(
    outputs: Tensor, targets: Tensor, num_classes: int, ignore_class: int | None = None
) -> Sums:
    """The mean over classes of hits over the union of outputs and targets."""
    found, wanted = outputs.flatten().long(), targets.flatten().long()
    counts = (wanted >= 0) & (wanted < num_classes)
    counts = counts & (found >= 0) & (found < num_classes)
    if ignore_class is not None:
        counts = counts & (wanted != ignore_class)
    cells = (wanted * num_classes + found).where(counts, 0)
    matrix = wanted.new_zeros(num_classes**2).index_add(0, cells, counts.long())
    return Sums(matrix.reshape(num_classes, num_classes), mean_of_ratios)


def mean_of_ratios(sums: Tensor) -> Tensor:
    """The mean of the classes that there are; Keras divides in 32 bits."""
    hits = sums.diagonal()
    unions = sums.sum(dim=0) + sums.sum(dim=1) - hits
    ratios = hits.float() / (unions.float() + 1e-7)
    return ratios.sum() / ((unions > 0).float().sum() + 1e-7)
