"""Random numbers that are the same in every framework: NumPy's Philox."""

import hashlib

import numpy as np


def random_generator(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers that depend on nothing but the seed and the purpose."""
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    key = int.from_bytes(digest[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def derived_seed(seed: int, purpose: str) -> int:
    """A seed of its own for one purpose."""
    return int(random_generator(seed, purpose).integers(2**31 - 1))


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of the samples in an epoch (counted from 0)."""
    return random_generator(seed, f"epoch {epoch}").permutation(count)
