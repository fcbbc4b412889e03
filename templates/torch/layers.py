"""Layers that PyTorch has with another meaning, brought to Keras' meaning."""

from torch.nn import functional as F

import torch
from torch import Tensor, nn

LEAKY_SLOPE = 0.20000000298023224  # 0.2 in 32 bits, as Keras holds it


class BatchNorm1d(nn.BatchNorm1d):
    """nn.BatchNorm1d with Keras' running variance: biased, over n and not n - 1."""

    momentum: float
    running_mean: Tensor
    running_var: Tensor

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return super().forward(x)
        count = x.numel() // x.shape[1]
        if count == 1:  # the batch is its own mean
            mean, variance = x.detach()[0], torch.zeros_like(self.running_var)
            y = (x - x) if self.weight is None else (x - x) * self.weight
            y = y if self.bias is None else y + self.bias
        else:
            mean = torch.zeros_like(self.running_mean)
            unbiased = torch.zeros_like(self.running_var)
            affine = self.weight, self.bias
            y = F.batch_norm(x, mean, unbiased, *affine, True, 1.0, self.eps)
            variance = unbiased * ((count - 1) / count)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance, self.momentum)
        return y


class PartialBatchNorm1d(BatchNorm1d):
    """BatchNorm1d with only one of the shift (`center`) and the factor (`scale`)."""

    def __init__(
        self, features: int, *, eps: float, momentum: float, center: bool, scale: bool
    ):
        super().__init__(features, eps=eps, momentum=momentum)
        if not scale:
            self.register_parameter("weight", None)
        if not center:
            self.register_parameter("bias", None)
