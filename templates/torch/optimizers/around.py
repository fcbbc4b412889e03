"""What Keras does around the steps of any optimizer: it clips, collects, averages."""

from typing import Any

import torch
from torch import Tensor, nn

from .base import foreach


class Around(torch.optim.Optimizer):
    """An optimizer around another one, with the same weights and settings."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        super().__init__(optimizer.param_groups, optimizer.defaults)
        self.optimizer = optimizer
        self.count = 0  # steps that were taken, where they are counted

    def weights(self) -> list[Tensor]:
        """All that is trained."""
        return [
            weight
            for group in self.param_groups
            for weight in group["params"]
            if weight.requires_grad
        ]

    def gradients(self) -> list[Tensor]:
        """The gradients, as far as there are any."""
        return [w.grad for w in self.weights() if w.grad is not None]

    def state_dict(self) -> dict[str, Any]:
        own = {**super().state_dict(), "count": self.count}
        return {**own, "optimizer": self.optimizer.state_dict()}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        super().load_state_dict(state_dict)
        self.count = state_dict["count"]
        self.optimizer.load_state_dict(state_dict["optimizer"])
        self.param_groups = self.optimizer.param_groups


class ClipNorm(Around):
    """Shortens the gradient of each weight that is longer than a bound."""

    def __init__(self, optimizer: torch.optim.Optimizer, clipnorm: float) -> None:
        super().__init__(optimizer)
        self.clipnorm = clipnorm

    def step(self, closure: Any = None) -> Any:
        gradients, bound = self.gradients(), self.clipnorm
        for gradient, norm in zip(
            gradients, foreach._foreach_norm(gradients), strict=True
        ):
            gradient.mul_(bound / norm.clamp(min=bound))
        return self.optimizer.step(closure)


class ClipValue(Around):
    """Cuts the numbers of the gradients at a bound."""

    def __init__(self, optimizer: torch.optim.Optimizer, clipvalue: float) -> None:
        super().__init__(optimizer)
        self.clipvalue = clipvalue

    def step(self, closure: Any = None) -> Any:
        nn.utils.clip_grad_value_(self.weights(), self.clipvalue)
        return self.optimizer.step(closure)


class GlobalClipNorm(Around):
    """Shortens all gradients by one factor if together they are longer than a bound.

    torch.nn.utils.clip_grad_norm_ adds 1e-6 to the norm.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, clipnorm: float) -> None:
        super().__init__(optimizer)
        self.clipnorm = clipnorm

    def step(self, closure: Any = None) -> Any:
        gradients = self.gradients()
        norm = nn.utils.get_total_norm(gradients)
        factor = self.clipnorm * (1 / norm).clamp(max=1 / self.clipnorm)
        # As in Keras, a norm that is not finite makes all gradients NaN.
        foreach._foreach_mul_(gradients, factor + (norm - norm))
        return self.optimizer.step(closure)


class Accumulation(Around):
    """Takes a step with the mean of the gradients of several batches.

    What is left at the end of an epoch is carried into the next one, as in Keras.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, batches: int) -> None:
        super().__init__(optimizer)
        self.batches = batches

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        weights = [weight for weight in self.weights() if weight.grad is not None]
        for weight in weights:
            state = self.state[weight]
            if "gradient" in state:
                state["gradient"].add_(weight.grad)
            else:
                state["gradient"] = weight.grad.clone()
        self.count += 1
        if self.count % self.batches == 0:
            for weight in weights:
                weight.grad = self.state[weight].pop("gradient") / self.batches
            self.optimizer.step()
        return loss


class MovingAverage(Around):
    """Keeps a moving average of the weights, with which training ends.

    Args:
        optimizer: takes the steps.
        momentum: of the average, the part that stays in each step.
        frequency: after so many updates, the weights are set to their average.
        batches: the steps that make an update, with gradients that are accumulated.
    """

    def __init__(
        self,
        optimizer: torch.optim.Optimizer,
        momentum: float,
        frequency: int | None = None,
        batches: int = 1,
    ) -> None:
        super().__init__(optimizer)
        self.momentum, self.frequency, self.batches = momentum, frequency, batches

    def step(self, closure: Any = None) -> Any:
        loss = self.optimizer.step(closure)
        self.update(self.count // self.batches)
        self.count += 1
        return loss

    @torch.no_grad()
    def update(self, updates: int) -> None:
        """Move the averages after an update, counted from 0; the first sets them."""
        weights = self.weights()
        if updates:
            averages = [self.state[weight]["average"] for weight in weights]
            foreach._foreach_lerp_(averages, weights, 1 - self.momentum)
        else:
            for weight in weights:
                self.state[weight]["average"] = weight.clone()
        if self.frequency and (updates + 1) % self.frequency == 0:
            self.overwrite_weights()

    @torch.no_grad()
    def overwrite_weights(self) -> None:
        """Set the weights to their averages, once there are some."""
        for weight in self.weights():
            weight.copy_(self.state[weight].get("average", weight))
