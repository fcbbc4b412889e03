"""Optimizers that look at a weight as a whole, in Keras' form and layout."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .base import Group, KerasOptimizer, TensorList, as_single, foreach, parameter_of


class Lamb(KerasOptimizer):
    """Adam's steps, each weight's as long as a part of the weight itself.

    u = m / (1 - beta_1^t) / (sqrt(v / (1 - beta_2^t)) + epsilon);
    w -= rate * |w| / |u| * u, or rate * u where a norm is 0.
    """

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        beta_1, beta_2 = group["betas"]
        means = self.kept("momentum", weights)
        velocities = self.kept("velocity", weights)
        foreach._foreach_lerp_(means, gradients, 1 - beta_1)
        squares = foreach._foreach_mul(gradients, gradients)
        foreach._foreach_lerp_(velocities, squares, 1 - beta_2)
        below = foreach._foreach_div(
            velocities, 1 - as_single(beta_2) ** group["steps"]
        )
        foreach._foreach_sqrt_(below)
        foreach._foreach_add_(below, group["epsilon"])
        steps = foreach._foreach_div(means, below)
        foreach._foreach_div_(steps, 1 - as_single(beta_1) ** group["steps"])
        norms = zip(
            foreach._foreach_norm(weights), foreach._foreach_norm(steps), strict=True
        )
        for weight, step, (w, u) in zip(weights, steps, norms, strict=True):
            ratio = torch.where((w > 0) & (u > 0), w / u, 1.0)
            weight.sub_(step * (group["lr"] * ratio))


class Adafactor(KerasOptimizer):
    """Adam with mean squares kept by row and by column.

    Rows and columns are the last two axes of Keras' layout. The steps have a root mean
    square of at most `clip_threshold`, and are as long as a part of the weight.
    """

    def __init__(
        self, params: Any, weights: Mapping[str, Tensor], **settings: Any
    ) -> None:
        super().__init__(params, **settings)
        self.layouts = {
            parameter_of(w): (w.shape, w.stride()) for w in weights.values()
        }

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        steps = group["steps"]
        share = steps ** group["beta_2_decay"]
        rate = min(group["lr"], steps**-0.5)
        for weight, gradient in zip(weights, gradients, strict=True):
            layout = self.layouts[weight]
            w, g = weight.as_strided(*layout), gradient.as_strided(*layout)
            squares = self.mean_squares(self.state[weight], g, group, share)
            step = g / squares.sqrt()
            step /= (rms(step) / group["clip_threshold"]).clamp(min=1)
            w.sub_(step * rms(w).clamp(min=as_single(group["epsilon_2"])) * rate)

    def mean_squares(
        self, state: dict[str, Tensor], g: Tensor, group: Group, share: float
    ) -> Tensor:
        """The running mean of squares; of what has two axes, by rows and columns."""
        squares = g.square() + group["epsilon_1"]
        if g.dim() < 2:
            means = state.setdefault("velocity", torch.zeros_like(squares))
            return means.lerp_(squares, share)
        rows = state.setdefault("row", torch.zeros_like(squares[..., 0]))
        columns = state.setdefault("column", torch.zeros_like(squares[..., 0, :]))
        rows.lerp_(squares.mean(-1), share)
        columns.lerp_(squares.mean(-2), share)
        parts = rows / rows.mean(-1, keepdim=True)
        return parts[..., None] * columns[..., None, :]


def rms(x: Tensor) -> Tensor:
    """The root of the mean square."""
    return x.square().mean().sqrt()


class Muon(KerasOptimizer):
    """Orthogonal steps for matrices, Adam's steps for all else and for embeddings.

    m = momentum * m + g, and the step is m, or g + momentum * m with nesterov, brought
    near the orthogonal matrix next to it. torch.optim.Muon computes in bfloat16.
    """

    def __init__(
        self,
        weights: Mapping[str, Tensor],
        lr: float,
        *,
        weight_decay: float,
        adam_weight_decay: float,
        exclude_from_weight_decay: Sequence[str] = (),
        exclude_layers: Sequence[str] = (),
        exclude_embeddings: bool = True,
        **settings: Any,
    ) -> None:
        groups: dict[tuple[bool, float], TensorList] = {}
        self.layouts: dict[Tensor, Any] = {}
        for path, weight in weights.items():
            if not weight.requires_grad:
                continue
            embedding = exclude_embeddings and "embedding" in path.lower()
            named = any(text in path for text in exclude_layers)
            adam = weight.dim() != 2 or embedding or named
            decay = adam_weight_decay if adam else weight_decay
            if any(text in path for text in exclude_from_weight_decay):
                decay = 0.0
            parameter = parameter_of(weight)
            groups.setdefault((adam, decay), []).append(parameter)
            self.layouts[parameter] = weight.shape, weight.stride()
        super().__init__(
            [
                {"params": parameters, "adam": adam, "weight_decay": decay}
                for (adam, decay), parameters in groups.items()
            ],
            lr,
            **settings,
        )

    def update(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        if group["adam"]:
            self.adam(group, weights, gradients)
            return
        momentum, momenta = group["momentum"], self.kept("momentum", weights)
        foreach._foreach_mul_(momenta, momentum)
        foreach._foreach_add_(momenta, gradients)
        steps = momenta
        if group["nesterov"]:
            steps = foreach._foreach_add(gradients, momenta, alpha=momentum)
        for weight, step in zip(weights, steps, strict=True):
            layout = self.layouts[weight]
            w, x = weight.as_strided(*layout), step.as_strided(*layout)
            size = group["lr"] * max(w.shape) ** 0.5 * group["rms_rate"]
            x = near_orthogonal(x, group["ns_steps"], group["coefficients"])
            w.sub_(x, alpha=size)

    def adam(self, group: Group, weights: TensorList, gradients: TensorList) -> None:
        """Adam's steps: w -= rate * m / (sqrt(v) + epsilon), biases in the rate."""
        beta_1, beta_2 = group["betas"]
        one, two = (1 - as_single(beta) ** group["steps"] for beta in group["betas"])
        rate = group["lr"] * group["adam_lr_ratio"] * two**0.5 / one
        means = self.kept("momentum", weights)
        velocities = self.kept("velocity", weights)
        foreach._foreach_lerp_(means, gradients, 1 - beta_1)
        squares = foreach._foreach_mul(gradients, gradients)
        foreach._foreach_lerp_(velocities, squares, 1 - beta_2)
        below = foreach._foreach_sqrt(velocities)
        foreach._foreach_add_(below, group["epsilon"])
        foreach._foreach_addcdiv_(weights, means, below, -rate)


def near_orthogonal(
    x: Tensor, steps: int, coefficients: tuple[float, float, float]
) -> Tensor:
    """Near the orthogonal matrix next to one: a quintic Newton-Schulz iteration."""
    a, b, c = coefficients
    wide = x.shape[0] <= x.shape[1]
    x = x if wide else x.T
    x = x / (x.norm() + 1e-7)
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x if wide else x.T
