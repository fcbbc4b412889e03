"""What becomes of metrics over an epoch, if some are no means over samples."""

from typing import Any

from .metrics import Means, Sums


class Statistics(Means):
    """Means, and metrics that are made of sums."""

    def __init__(self) -> None:
        super().__init__()
        self.sums: dict[str, Sums] = {}

    def add(self, values: dict[str, Any], count: int) -> None:
        """Add the means and the sums of a batch of `count` samples."""
        sums = {
            name: value for name, value in values.items() if isinstance(value, Sums)
        }
        super().add({k: v for k, v in values.items() if k not in sums}, count)
        for name, (batch, result) in sums.items():
            total = self.sums[name].values + batch if name in self.sums else batch
            self.sums[name] = Sums(total, result)

    def result(self) -> dict[str, float]:
        """The means of all batches, and what is made of their sums."""
        made = {
            name: float(sums.result(sums.values)) for name, sums in self.sums.items()
        }
        return {**super().result(), **made}
