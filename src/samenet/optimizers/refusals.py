"""What the keys of an optimizer demand of each other and of the network.

Places are those below `[optimizer]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from samenet.diagnostics import Code, Refusal, listed, nearest
from samenet.optimizers.base import CLIPPING, BaseOptimizer


def conflicts(optimizer: BaseOptimizer, *, restores: bool) -> Iterator[Refusal]:
    """Keys that exclude each other, and such as have no effect.

    Args:
        optimizer: what the spec says.
        restores: whether training ends with the weights of its best epoch.
    """
    clipping = [key for key in CLIPPING if getattr(optimizer, key) is not None]
    for key in clipping[1:]:
        message = f"{clipping[0]} is set as well, and gradients are clipped in one way"
        yield Code.OPTIMIZER, (key,), message, f"remove {listed(clipping, 'and')} but one"
    excluded, decays = "exclude_from_weight_decay", optimizer.decays
    if getattr(optimizer, excluded) and not decays:
        message = "nothing is left to be excluded: there is no weight decay"
        yield Code.UNUSED, (excluded,), message, "set weight_decay, or remove the key"
    if not optimizer.use_ema:
        for key in ("ema_momentum", "ema_overwrite_frequency"):
            if getattr(optimizer, key) != BaseOptimizer.model_fields[key].default:
                message = f"{key} has no effect: no average of the weights is kept"
                yield Code.UNUSED, (key,), message, "set use_ema = true, or remove the key"
    elif restores and optimizer.ema_overwrite_frequency is None:
        message = "the average is lost: training ends with the weights of the best epoch"
        hint = "set restore_best_weights = false, use_ema = false, or ema_overwrite_frequency"
        yield Code.OPTIMIZER, ("use_ema",), message, hint


def unknown_paths(
    optimizer: BaseOptimizer, network: str, weights: Sequence[str]
) -> Iterator[Refusal]:
    """Texts that stand in the path of no weight; of the network's name, for that of a weight.

    Args:
        optimizer: what the spec says.
        network: the name of the network.
        weights: the paths of all trained weights.
    """
    words = sorted({word for path in weights for word in (path, *path.split("/"))})
    for key, texts in optimizer.paths_named().items():
        for index, text in enumerate(texts):
            if not any(text in path for path in weights):
                message = f"no trained weight has {text!r} in its path"
                hint = nearest(text, words) or f"a path is, for example, {weights[0]!r}"
                yield Code.UNKNOWN_NAME, (key, index), message, hint
    yield from optimizer.refusals(network)
