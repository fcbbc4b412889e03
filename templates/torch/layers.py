"""Layers that PyTorch has with another meaning, brought to Keras' meaning."""

from typing import Any

from torch.nn import functional as F

import torch
from torch import Tensor, nn


class BatchNorm1d(nn.BatchNorm1d):
    """nn.BatchNorm1d with Keras' running variance: biased, over n and not n - 1."""

    def forward(self, x: Tensor) -> Tensor:
        return batch_norm(self, x) if self.training else super().forward(x)


class BatchNorm2d(nn.BatchNorm2d):
    """nn.BatchNorm2d with Keras' running variance: biased, over n and not n - 1."""

    def forward(self, x: Tensor) -> Tensor:
        return batch_norm(self, x) if self.training else super().forward(x)


class BatchNorm3d(nn.BatchNorm3d):
    """nn.BatchNorm3d with Keras' running variance: biased, over n and not n - 1."""

    def forward(self, x: Tensor) -> Tensor:
        return batch_norm(self, x) if self.training else super().forward(x)


class FrozenBatchNorm(nn.BatchNorm1d):
    """A BatchNorm for inputs of any rank that is in inference mode in training too."""

    def forward(self, x: Tensor) -> Tensor:
        statistics = (self.running_mean, self.running_var)
        return F.batch_norm(x, *statistics, self.weight, self.bias, eps=self.eps)


def batch_norm(module: Any, x: Tensor) -> Tensor:
    """What a BatchNorm does in training, with Keras' running variance."""
    count = x.numel() // x.shape[1]
    mean = torch.zeros_like(module.running_mean)
    variance = torch.zeros_like(module.running_var)
    affine, cudnn = (module.weight, module.bias), torch.backends.cudnn.enabled
    y = torch.batch_norm(x, *affine, mean, variance, True, 1.0, module.eps, cudnn)
    biased = variance * ((count - 1) / count)
    if count == 1:  # a value alone is its own mean; PyTorch divides by n - 1 = 0
        biased = torch.zeros_like(variance)
    module.running_mean.lerp_(mean, module.momentum)
    module.running_var.lerp_(biased, module.momentum)
    return y


def masked_batch_norm(module: Any, x: Tensor, mask: Tensor, axis: int = -1) -> Tensor:
    """A BatchNorm of an axis whose statistics are those of what the mask leaves."""
    shape = [1] * x.dim()
    shape[axis] = -1
    if module.training:
        others = [dim for dim in range(x.dim()) if dim != axis % x.dim()]
        kept = mask.unsqueeze(-1).expand_as(x)
        count = kept.to(x.dtype).sum(others, keepdim=True) + 1e-7
        mean = x.where(kept, 0.0).sum(others, keepdim=True) / count
        deviation = (x - mean).where(kept, 0.0)
        variance = (deviation**2).sum(others, keepdim=True) / count
        with torch.no_grad():
            module.running_mean.lerp_(mean.flatten(), module.momentum)
            module.running_var.lerp_(variance.flatten(), module.momentum)
    else:
        mean = module.running_mean.view(shape)
        variance = module.running_var.view(shape)
    y = (x - mean) * torch.rsqrt(variance + module.eps)
    y = y if module.weight is None else y * module.weight.view(shape)
    return y if module.bias is None else y + module.bias.view(shape)


def along(module: Any, x: Tensor, axis: int) -> Tensor:
    """A module that takes channels in axis 1, applied to those in another axis."""
    x = x.movedim(axis, 1)
    return module(x.flatten(2)).reshape(x.shape).movedim(1, axis)


def without(name: str, module: Any) -> Any:
    """The module with a parameter fixed as it is: a factor of 1, or a shift of 0."""
    value = getattr(module, name).detach()
    delattr(module, name)
    module.register_buffer(name, value, persistent=False)
    return module


class LayerNorm(nn.Module):
    """Layer normalization over any axes; the shape of the weights broadcasts to x."""

    def __init__(self, shape: tuple[int, ...], dims: tuple[int, ...], eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(shape))
        self.bias = nn.Parameter(torch.zeros(shape))
        self.dims, self.eps = dims, eps

    def forward(self, x: Tensor) -> Tensor:
        variance, mean = torch.var_mean(x, self.dims, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + self.eps) * self.weight + self.bias


class GroupNorm(nn.GroupNorm):
    """nn.GroupNorm that also takes groups of a single value."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.group_norm(x, self.num_groups, self.weight, self.bias, self.eps)


def unit_normalize(x: Tensor, dims: tuple[int, ...]) -> Tensor:
    """X over its length along several axes."""
    return x / torch.linalg.vector_norm(x, dim=dims, keepdim=True).clamp(min=1e-12)
