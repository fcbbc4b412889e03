"""One definition for all uses of a block: what differs between them becomes its parameters.

The uses of a block come as lists of expressions. Uses whose expressions differ only in numbers and
texts share a definition; each place where they differ is a parameter, and places that agree in
every use are the same parameter. (This is Plotkin's least general generalization.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from samenet.codegen.expression import Call, Expression, Name, Suffixed, parts_of, rebuilt

POSITIONS: Mapping[str, tuple[str, ...]] = {
    "BatchNorm1d": ("num_features",),
    "BatchNorm2d": ("num_features",),
    "BatchNorm3d": ("num_features",),
    "F.pad": ("", "padding"),
    "FrozenBatchNorm": ("num_features",),
    "layers.Conv1D": ("filters", "kernel_size"),
    "layers.Conv2D": ("filters", "kernel_size"),
    "layers.Conv3D": ("filters", "kernel_size"),
    "layers.Dense": ("units",),
    "layers.DepthwiseConv1D": ("kernel_size",),
    "layers.DepthwiseConv2D": ("kernel_size",),
    "layers.Dropout": ("rate",),
    "layers.Embedding": ("input_dim", "output_dim"),
    "layers.GRU": ("units",),
    "layers.LSTM": ("units",),
    "layers.MultiHeadAttention": ("num_heads", "key_dim"),
    "layers.SeparableConv1D": ("filters", "kernel_size"),
    "layers.SeparableConv2D": ("filters", "kernel_size"),
    "nn.Conv1d": ("in_channels", "out_channels", "kernel_size"),
    "nn.Conv2d": ("in_channels", "out_channels", "kernel_size"),
    "nn.Conv3d": ("in_channels", "out_channels", "kernel_size"),
    "nn.ConvTranspose1d": ("in_channels", "out_channels", "kernel_size"),
    "nn.ConvTranspose2d": ("in_channels", "out_channels", "kernel_size"),
    "nn.ConvTranspose3d": ("in_channels", "out_channels", "kernel_size"),
    "nn.Dropout": ("p",),
    "nn.Embedding": ("num_embeddings", "embedding_dim"),
    "nn.GRU": ("input_size", "hidden_size"),
    "nn.GroupNorm": ("num_groups", "num_channels"),
    "nn.LSTM": ("input_size", "hidden_size"),
    "nn.LayerNorm": ("normalized_shape",),
    "nn.Linear": ("in_features", "out_features"),
}
"""The names of positional arguments, where a definition gives them a parameter."""


@dataclass(frozen=True)
class Parameter:
    """A parameter of a definition."""

    name: str
    annotation: str
    values: tuple[Expression, ...]
    """Its value in each use."""


@dataclass
class Unified:
    """What a group of uses has in common."""

    expressions: list[Expression] = field(default_factory=list[Expression])
    parameters: list[Parameter] = field(default_factory=list[Parameter])

    def values(self, use: int) -> dict[str, Expression]:
        """The arguments of one use."""
        return {parameter.name: parameter.values[use] for parameter in self.parameters}


def skeleton(expression: Expression) -> Any:
    """The expression without its numbers and texts; equal ones can share a definition."""
    if isinstance(expression, Name | Suffixed):
        return expression
    if is_literal(expression):
        return "literal"
    return rebuilt(expression, lambda _: HOLE), tuple(map(skeleton, parts_of(expression)))


HOLE = Name("_")
"""What stands for a part of an expression when only the rest of it is compared."""


def is_literal(expression: Expression) -> bool:
    """Whether an expression is a number, a text or a tuple of such."""
    if isinstance(expression, tuple):
        return all(map(is_literal, expression))
    return isinstance(expression, str | int | float | bool | None)


def unify(uses: Sequence[Sequence[Expression]], reserved: Sequence[str]) -> Unified:
    """The common expressions of uses with equal skeletons.

    Args:
        uses: the expressions of each use, in the same order.
        reserved: names that no parameter may have.
    """
    unification = _Unification(set(reserved))
    expressions = [unification.common(list(parts), "value") for parts in zip(*uses, strict=True)]
    return Unified(expressions, unification.parameters)


class _Unification:
    def __init__(self, reserved: set[str]) -> None:
        self.reserved = reserved
        self.parameters: list[Parameter] = []

    def common(self, uses: Sequence[Expression], context: str) -> Expression:
        """What stands at one place in all uses; a parameter where they differ.

        Args:
            uses: the expression of each use; their skeletons are equal.
            context: what a parameter is called.
        """
        first = uses[0]
        if all(same(use, first) for use in uses):
            return first
        if is_literal(first):
            return self.parameter(uses, context)
        columns = zip(*map(parts_of, uses), strict=True)
        made = [
            self.common(column, word)
            for column, word in zip(columns, _contexts(first, context), strict=True)
        ]
        parts = iter(made)
        return rebuilt(first, lambda _: next(parts))

    def parameter(self, values: Sequence[Expression], context: str) -> Name:
        """The parameter with these values; the same values are the same parameter."""
        for parameter in self.parameters:
            if all(map(same, parameter.values, values)):
                return Name(parameter.name)
        name, number = context, 1
        taken = self.reserved | {parameter.name for parameter in self.parameters}
        while name in taken:
            number += 1
            name = f"{context}_{number}"
        self.parameters.append(Parameter(name, annotation(values), tuple(values)))
        return Name(name)


def _contexts(expression: Expression, context: str) -> list[str]:
    """What parameters in the parts of an expression are called, in the order of `parts_of`."""
    if not isinstance(expression, Call):
        return [context] * len(parts_of(expression))
    function = expression.function
    known = POSITIONS.get(function.text, ()) if isinstance(function, Name) else ()
    count = len(expression.arguments)
    positional = [*known[:count], *("" for _ in range(count - len(known)))]
    words = [word or "value" for word in positional]
    return ["value", *words, *(key for key, _ in expression.keywords)]


def same(one: Expression, other: Expression) -> bool:
    """Whether two expressions are printed alike: True is not 1, 1 is not 1.0."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other and repr(one) == repr(other)


def annotation(values: Sequence[Expression]) -> str:
    """The type of a parameter, from its values."""
    kinds: list[str] = []
    for value in values:
        kind = _type_name(value)
        if kind not in kinds:
            kinds.append(kind)
    if "float" in kinds and "int" in kinds:
        kinds.remove("int")
    return " | ".join(sorted(kinds, key=lambda kind: (kind == "None", kind)))


def _type_name(value: Expression) -> str:
    if value is None:
        return "None"
    if isinstance(value, tuple):
        kinds = {_type_name(item) for item in value}
        inner = kinds.pop() if len(kinds) == 1 else " | ".join(sorted(kinds)) or "int"
        return f"tuple[{inner}, ...]"
    return type(value).__name__
