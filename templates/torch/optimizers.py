"""PyTorch's optimizers brought to the steps that Keras' optimizers take."""

import numpy as np

import torch


class Adam(torch.optim.Adam):
    """torch.optim.Adam that takes Keras' steps: w -= rate * m / (sqrt(v) + epsilon).

    PyTorch adds epsilon after the bias correction, Keras before it. Keras also rounds
    the betas of the bias corrections to 32 bits. Both are done here through the rate
    and the epsilon that the parent sees in each step.
    """

    def step(self, closure=None):
        settings = [(group["lr"], group["eps"]) for group in self.param_groups]
        for group in self.param_groups:
            group["steps"] = group.get("steps", 0) + 1
            torch_1, torch_2 = (1 - beta ** group["steps"] for beta in group["betas"])
            rounded = [float(np.float32(beta)) for beta in group["betas"]]
            keras_1, keras_2 = (1 - beta ** group["steps"] for beta in rounded)
            group["lr"] *= torch_1 / keras_1 * (keras_2 / torch_2) ** 0.5
            group["eps"] /= torch_2**0.5
        try:
            return super().step(closure)
        finally:
            for group, (lr, eps) in zip(self.param_groups, settings, strict=True):
                group["lr"], group["eps"] = lr, eps


class SGD(torch.optim.Optimizer):
    """Gradient descent with Keras' momentum: the velocity holds the learning rate.

    v = momentum * v - rate * g; w += v (nesterov: w += momentum * v - rate * g). In
    torch.optim.SGD the rate stands outside, which differs once the rate changes.
    """

    def __init__(self, params, lr: float, momentum: float, nesterov: bool) -> None:
        momentum = float(np.float32(momentum))  # as Keras holds it
        super().__init__(params, {"lr": lr, "momentum": momentum, "nesterov": nesterov})

    @torch.no_grad()
    def step(self, closure=None):
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                velocity = state.setdefault("velocity", torch.zeros_like(weight))
                velocity.mul_(group["momentum"]).sub_(weight.grad, alpha=group["lr"])
                step = velocity
                if group["nesterov"]:
                    step = velocity * group["momentum"] - weight.grad * group["lr"]
                weight.add_(step)
        return loss
