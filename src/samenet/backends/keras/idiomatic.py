"""What somebody who knows Keras writes where samenet's programs do more.

It is little: the spec means what Keras means.
"""

from __future__ import annotations

from samenet.backends.idioms import Idiom

IDIOMS: tuple[Idiom, ...] = (
    Idiom(
        part="embedding",
        own="the optimizer itself",
        law="the gradient of an embedding comes by rows, one for each token of a batch; where a "
        "token stands twice, squares and norms are those of the rows, not of their sum",
        source="https://www.tensorflow.org/api_docs/python/tf/IndexedSlices",
    ),
)
"""The idioms of Keras."""
