"""Metrics of a batch as Keras computes them, and means over an epoch."""

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


def sparse_categorical_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose highest score is that of their class."""
    return (logits.argmax(dim=-1) == targets).to(logits.dtype).mean()


def binary_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The fraction of outputs on the right side of probability 1/2, a score of 0."""
    return ((logits > 0.0) == (targets > 0.5)).to(logits.dtype).mean()
