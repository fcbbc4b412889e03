"""Sines and cosines of positions."""

import numpy as np


def sine_positions(steps: int, features: int, max_wavelength: float) -> np.ndarray:
    """Vaswani et al. (2017): sines (even features) and cosines of each position."""
    feature = np.arange(features)
    frequencies = max_wavelength ** (-(feature // 2 * 2) / features)
    angles = np.arange(steps)[:, None] * frequencies
    return np.where(feature % 2, np.cos(angles), np.sin(angles))
