"""Changes of shape whose order of channels is TensorFlow's."""

from torch import Tensor


def depth_to_space(x: Tensor, size: int) -> Tensor:
    """Blocks of pixels of channels; F.pixel_shuffle expects these in another order."""
    batch, height, width, _ = x.shape
    x = x.reshape(batch, height, width, size, size, -1).transpose(2, 3)
    return x.reshape(batch, height * size, width * size, -1)


def space_to_depth(x: Tensor, size: int) -> Tensor:
    """Channels of blocks of pixels; F.pixel_unshuffle gives these in another order."""
    batch, height, width, _ = x.shape
    x = x.reshape(batch, height // size, size, width // size, size, -1)
    return x.transpose(2, 3).reshape(batch, height // size, width // size, -1)
