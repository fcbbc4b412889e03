"""TerminateOnNaN: ends training when the loss is not finite.

Keras' decisions: after each batch it looks at the mean loss of the epoch so far, which NaN or an
infinity in any batch makes NaN or infinite. The step of that batch is taken; validation and what
other callbacks do after the epoch follow, on the batches that were seen.
Source: https://keras.io/api/callbacks/terminate_on_nan/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from samenet.callbacks.base import BaseCallback
from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers


class TerminateOnNaN(BaseCallback):
    """Stops training at the first batch whose loss is not finite; every step is waited for."""

    READS_BATCHES: ClassVar = True

    type: Literal["terminate_on_nan"]


@lowers(TerminateOnNaN, "keras")
def keras(callback: TerminateOnNaN) -> Call:
    """`keras.callbacks.TerminateOnNaN`."""
    del callback
    return call("keras.callbacks.TerminateOnNaN")


@lowers(TerminateOnNaN, "torch")
def torch(callback: TerminateOnNaN) -> Call:
    """The program's own class of the same decisions."""
    del callback
    return call(Name("TerminateOnNaN", "torch/callbacks"))
