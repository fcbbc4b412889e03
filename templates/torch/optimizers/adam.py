"""PyTorch's Adam brought to the steps that Keras' takes."""

from typing import Any

import torch

from .base import as_single


class Adam(torch.optim.Adam):
    """torch.optim.Adam that takes Keras' steps: w -= rate * m / (sqrt(v) + epsilon).

    PyTorch adds epsilon after the bias correction, Keras before it. Keras also rounds
    the betas of the bias corrections to 32 bits. Both are done here through what the
    parent sees in each step.
    """

    def step(self, closure: Any = None) -> Any:
        keys = ("lr", "eps", "weight_decay")
        settings = [{key: group[key] for key in keys} for group in self.param_groups]
        for group in self.param_groups:
            group["steps"] = group.get("steps", 0) + 1
            torch_1, torch_2 = (1 - beta ** group["steps"] for beta in group["betas"])
            rounded = [as_single(beta) for beta in group["betas"]]
            keras_1, keras_2 = (1 - beta ** group["steps"] for beta in rounded)
            ratio = torch_1 / keras_1 * (keras_2 / torch_2) ** 0.5
            group["lr"] *= ratio
            group["eps"] /= torch_2**0.5
            group["weight_decay"] = as_single(group["weight_decay"]) / ratio
        try:
            return super().step(closure)
        finally:
            for group, before in zip(self.param_groups, settings, strict=True):
                group.update(before)
