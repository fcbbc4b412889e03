"""Convolutions that PyTorch does not have."""

from torch import Tensor, nn


def depthwise_kernel(weight: Tensor, multiplier: int) -> Tensor:
    """A view of (c m, 1, window...) in Keras' layout (window..., c, m)."""
    kernels = weight.squeeze(1).unflatten(0, (-1, multiplier))
    return kernels.movedim((0, 1), (-2, -1))


class SeparableConv1d(nn.Sequential):
    """A convolution of each channel alone, then one that mixes the channels."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: str | int = 0,
        dilation: int = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        channels = in_channels * depth_multiplier
        windows = (kernel_size, stride, padding, dilation)
        self.depthwise = nn.Conv1d(
            in_channels, channels, *windows, groups=in_channels, bias=False
        )
        self.pointwise = nn.Conv1d(channels, out_channels, 1, bias=bias)


class SeparableConv2d(nn.Sequential):
    """A convolution of each channel alone, then one that mixes the channels."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int | tuple[int, int],
        *,
        stride: int | tuple[int, int] = 1,
        padding: str | int | tuple[int, int] = 0,
        dilation: int | tuple[int, int] = 1,
        depth_multiplier: int = 1,
        bias: bool = True,
    ):
        super().__init__()
        channels = in_channels * depth_multiplier
        windows = (kernel_size, stride, padding, dilation)
        self.depthwise = nn.Conv2d(
            in_channels, channels, *windows, groups=in_channels, bias=False
        )
        self.pointwise = nn.Conv2d(channels, out_channels, 1, bias=bias)
