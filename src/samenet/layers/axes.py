"""Axes as Keras counts them: 0 is the batch, 1 the first axis behind it, -1 the last one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from samenet.graph.ir import Shape, ShapeError, shape_text

Axis = Annotated[int, Field(ge=-100, le=100)]


def _alone(value: Any) -> Any:
    return (value,) if type(value) is int else value


Axes = Annotated[
    tuple[Annotated[int, Field(ge=-100, le=100)], ...],
    Field(min_length=1, max_length=100),
    BeforeValidator(_alone),
]
"""One axis or an array of axes."""


def positions(axes: Sequence[int], shape: Shape, kind: str) -> tuple[int, ...]:
    """The axes counted from the front, sorted.

    Args:
        axes: in Keras' count.
        shape: of the input, without the batch.
        kind: the type of the layer, for the message.

    Raises:
        ShapeError: one is the batch or does not exist, or one stands twice.
    """
    rank = len(shape) + 1
    for axis in axes:
        if not -rank < axis < rank or axis == 0:
            raise ShapeError(
                f"{kind} with axis {axis} cannot take shape {shape_text(shape)}",
                f"axes are 1 to {rank - 1}, or {1 - rank} to -1 from the end; 0 is the batch",
            )
    found = tuple(sorted(axis % rank for axis in axes))
    if len(set(found)) < len(found):
        raise ShapeError(
            f"{kind} has one axis of {shape_text(shape)} twice: {list(axes)}",
            "remove one of them",
        )
    return found


def sizes(axes: Sequence[int], shape: Shape) -> Shape:
    """The sizes of axes that are counted from the front with the batch."""
    return tuple(shape[axis - 1] for axis in axes)


def is_trailing(axes: Sequence[int], shape: Shape) -> bool:
    """Whether axes counted from the front are the last ones, without a gap."""
    rank = len(shape) + 1
    return list(axes) == list(range(rank - len(axes), rank))


def broadcastable(axes: Sequence[int], shape: Shape) -> Shape:
    """The sizes of these axes, and 1 for the others, from the first of them on.

    A weight of this shape is multiplied with the input as it is.
    """
    return tuple(
        shape[axis - 1] if axis in axes else 1 for axis in range(min(axes), len(shape) + 1)
    )


def as_argument(axes: Sequence[int]) -> int | tuple[int, ...]:
    """A single axis as a number."""
    return axes[0] if len(axes) == 1 else tuple(axes)


def axes_text(axes: Sequence[int]) -> str:
    """One or several axes in a message."""
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"


def check_bias(kind: str, shape: Shape, bias: Shape) -> None:
    """Refuse a bias that Keras' programs would add along another axis than its own.

    Keras' addition on TensorFlow (3.15) takes a second operand with one axis above 1 for a vector,
    and adds it along the last axis of the first one, else along axis 1, whichever has its size.

    Args:
        kind: of the layer.
        shape: of what the bias is added to, without the batch.
        bias: its shape, aligned at the last axes.

    Raises:
        ShapeError: it would be added along another axis.
    """
    long = [axis for axis, size in enumerate(bias) if size > 1]
    if len(long) != 1:
        return
    (axis,) = long
    size, own = bias[axis], len(shape) - len(bias) + axis
    taken = len(shape) - 1 if shape[-1] == size else 0 if shape[0] == size else own
    if taken != own:
        raise ShapeError(
            f"Keras would add the bias {bias} of {kind} along axis {taken + 1} of "
            f"{shape_text(shape)}, not along axis {own + 1}",
            "set use_bias = false, or change one of the two sizes"
            if kind != "einsum_dense"
            else "remove bias_axes, or change one of the two sizes",
        )
