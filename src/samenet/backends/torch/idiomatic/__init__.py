"""What somebody who knows PyTorch writes where samenet brings PyTorch to Keras' meaning."""

from __future__ import annotations

from samenet.backends.idioms import Idiom
from samenet.backends.torch.idiomatic import layers, objectives, optimizers, windows

IDIOMS: tuple[Idiom, ...] = (
    *layers.IDIOMS,
    *windows.IDIOMS,
    *objectives.IDIOMS,
    *optimizers.IDIOMS,
)
"""The idioms of PyTorch, in the order in which a training meets them."""
