"""SwapEMAWeights: validates, and with `swap_on_epoch` keeps, the moving average of the weights.

Keras' decisions: validation sees the averages; with `swap_on_epoch` so do the callbacks behind it
at the end of an epoch, until the next one begins. After the last epoch the model has the averages;
training that is stopped before it ends with the weights themselves if `swap_on_epoch` is set.
Weights are swapped by adding and subtracting, which rounds them.
Source: https://keras.io/api/callbacks/swap_ema_weights/
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from samenet.callbacks.base import BaseCallback
from samenet.codegen.expression import Call, Name, call
from samenet.lowering import lowers


class SwapEMAWeights(BaseCallback):
    """Puts the averages of an optimizer with `use_ema` in place of the weights for a while."""

    SWAPS = True

    type: Literal["swap_ema_weights"]
    swap_on_epoch: bool = Field(
        False, description="Whether callbacks behind it see the averages as well."
    )


@lowers(SwapEMAWeights, "keras")
def keras(callback: SwapEMAWeights) -> Call:
    """`keras.callbacks.SwapEMAWeights`; a class of the program's where training has to go on."""
    if not callback.swap_on_epoch:
        return call("keras.callbacks.SwapEMAWeights")
    return call(Name("SwapEMAWeights", "keras/callbacks"), swap_on_epoch=True)


@lowers(SwapEMAWeights, "torch")
def torch(callback: SwapEMAWeights) -> Call | None:
    """The program's own class, or nothing where only validation sees the averages."""
    if not callback.swap_on_epoch:
        return None
    return call(Name("SwapEMAWeights", "torch/callbacks"), Name("optimizer"))
