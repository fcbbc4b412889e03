from collections.abc import Callable

import numpy as np
import pytest

from tests.layers.harness import LayerCase, check_layer


def padded(value: float) -> Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]:
    """Sequences of which about half of the steps are padding, and some features equal it."""

    def draw(random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        x = random.normal(size=shape)
        x[random.uniform(size=shape) < 0.3] = value
        x[random.uniform(size=shape[:2]) < 0.5] = value
        return x

    return draw


CASES = [
    LayerCase({"type": "masking"}, (4, 3), (4, 3), draw=padded(0.0)),
    LayerCase({"type": "masking"}, (4, 2, 3), (4, 2, 3), draw=padded(0.0)),
    LayerCase({"type": "masking", "mask_value": -1.0}, (4, 3), (4, 3), draw=padded(-1.0)),
    LayerCase({"type": "masking", "mask_value": 0.5}, (4, 3), (4, 3), draw=padded(0.5), batch=1),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_masking(case, float64):
    check_layer(case)
