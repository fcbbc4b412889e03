"""Random changes of images (N, channels, height, width), as Keras makes in training.

Each class draws its numbers in `draw` and applies them in `transform`.
"""

from collections.abc import Sequence

from torch.nn import functional as F

import torch
from torch import Tensor, nn


class RandomFlip(nn.Module):
    """Flips along all of the given axes, or along none."""

    def __init__(self, axes: tuple[int, ...]):
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, self.draw(x)) if self.training else x

    def draw(self, x: Tensor) -> Tensor:
        return torch.rand(len(x), 1, 1, 1, device=x.device) <= 0.5

    def transform(self, x: Tensor, flips: Tensor) -> Tensor:
        return torch.where(flips, x.flip(self.axes), x)


class RandomContrast(nn.Module):
    """Moves the values of each channel away from their mean, or towards it."""

    def __init__(self, factor: tuple[float, float], value_range: tuple[float, float]):
        super().__init__()
        self.factor = factor
        self.value_range = value_range

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, self.draw(x)) if self.training else x

    def draw(self, x: Tensor) -> Tensor:
        return x.new_empty(len(x), 1, 1, 1).uniform_(*self.factor)

    def transform(self, x: Tensor, factor: Tensor) -> Tensor:
        mean = x.mean((2, 3), keepdim=True)
        return ((x - mean) * factor + mean).clamp(*self.value_range)


class RandomCrop(nn.Module):
    """Cuts a part, the same of all images of a batch; in inference, the middle."""

    def __init__(self, height: int, width: int, middle: tuple[int, int, int, int]):
        super().__init__()
        self.size = (height, width)
        self.middle = middle  # top, left, height, width

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            return self.transform(x, *self.draw(x))
        top, left, height, width = self.middle
        return self.resized(x[:, :, top : top + height, left : left + width])

    def draw(self, x: Tensor) -> tuple[int, int]:
        rows, columns = x.shape[2] - self.size[0], x.shape[3] - self.size[1]
        if rows <= 0 or columns <= 0:
            return self.middle[0], self.middle[1]
        return int(torch.randint(rows + 1, ())), int(torch.randint(columns + 1, ()))

    def transform(self, x: Tensor, top: int, left: int) -> Tensor:
        height, width = self.size
        return self.resized(x[:, :, top : top + height, left : left + width])

    def resized(self, x: Tensor) -> Tensor:
        if x.shape[2:] == self.size:
            return x
        return F.interpolate(x, self.size, mode="bilinear")


class RandomRotation(nn.Module):
    """Rotates around the centre."""

    def __init__(
        self,
        degrees: tuple[float, float],
        *,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
    ):
        super().__init__()
        self.degrees = degrees
        self.reading = (fill_mode, interpolation, fill_value)

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, self.draw(x)) if self.training else x

    def draw(self, x: Tensor) -> Tensor:
        return x.new_empty(len(x), 1, 1).uniform_(*self.degrees)

    def transform(self, x: Tensor, degrees: Tensor) -> Tensor:
        cos, sin = degrees.deg2rad().cos(), degrees.deg2rad().sin()
        return warped(x, ((cos, -sin), (sin, cos)), *self.reading)


class RandomZoom(nn.Module):
    """Zooms around the centre: factors above 1 show more than the image."""

    def __init__(
        self,
        height: tuple[float, float],
        width: tuple[float, float] | None = None,
        *,
        fill_mode: str = "reflect",
        interpolation: str = "bilinear",
        fill_value: float = 0.0,
    ):
        super().__init__()
        self.height = height
        self.width = width  # None: as the height
        self.reading = (fill_mode, interpolation, fill_value)

    def forward(self, x: Tensor) -> Tensor:
        return self.transform(x, *self.draw(x)) if self.training else x

    def draw(self, x: Tensor) -> tuple[Tensor, Tensor]:
        height = x.new_empty(len(x), 1, 1).uniform_(*self.height)
        if self.width is None:
            return height, height
        return height, torch.empty_like(height).uniform_(*self.width)

    def transform(self, x: Tensor, height: Tensor, width: Tensor) -> Tensor:
        return warped(x, ((width, 0.0), (0.0, height)), *self.reading)


def warped(
    x: Tensor,
    matrix: Sequence[Sequence[Tensor | float]],
    fill_mode: str,
    interpolation: str,
    fill_value: float,
) -> Tensor:
    """Images read at other places: a matrix from (column, row) to where it is read."""
    (a, b), (c, d) = matrix
    height, width = x.shape[2:]
    across, down = (width - 1) / 2, (height - 1) / 2  # the centre
    column = torch.arange(width, dtype=x.dtype, device=x.device) - across
    row = torch.arange(height, dtype=x.dtype, device=x.device)[:, None] - down
    columns = source(a * column + b * row + across, width, fill_mode)
    rows = source(c * column + d * row + down, height, fill_mode)
    if interpolation == "nearest":  # halves go away from 0, as in TensorFlow
        columns = columns.sign() * (columns.abs() + 0.5).floor()
        rows = rows.sign() * (rows.abs() + 0.5).floor()
    places = (2 * columns + 1) / width - 1, (2 * rows + 1) / height - 1
    padding = "zeros" if fill_mode == "constant" else "border"
    y = F.grid_sample(
        x - fill_value, torch.stack(places, -1), interpolation, padding, False
    )
    return y + fill_value


def source(places: Tensor, size: int, fill_mode: str) -> Tensor:
    """The places of an axis that stand for those outside of it."""
    if fill_mode == "constant":
        return places
    if fill_mode == "reflect":  # d c b a | a b c d | d c b a
        places = (places + 0.5) % (2 * size)
        places = torch.minimum(places, 2 * size - places) - 0.5
    elif fill_mode == "wrap":  # a b c d | a b c d | a b c d, as TensorFlow counts
        turns = (places.abs() / max(size - 1, 1)).floor()
        above = torch.where(places > size - 1, places - size * turns, places)
        places = torch.where(places < 0, places + size * (turns + 1), above)
    return places.clamp(0, size - 1)
