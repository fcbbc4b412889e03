"""The registry of lowerings: how each class of the spec language is said in a framework.

A lowering is a function registered for a class and a backend. It returns expressions, never text,
so that a whole backend can be supplied from one outside module without touching the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

from samenet.codegen.expression import Call, Expression

Backend = Literal["keras", "torch"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

Function = TypeVar("Function", bound=Callable[..., Any])

_LOWERINGS: dict[tuple[type, str], Callable[..., Any]] = {}


@dataclass(frozen=True)
class TorchLayer:
    """A layer in a PyTorch program.

    Attributes:
        module: the constructor call of the `nn.Module`, or None for a layer without state.
        function: for a layer without a module, the expression that computes it from its inputs.
        weights: for each weight of the layer, by its name in the spec, the view of the module's
            tensor in Keras' layout: a name or a call relative to the module, e.g. `weight.T`.
    """

    module: Call | None = None
    function: Callable[..., Expression] | None = None
    weights: Mapping[str, Expression] = field(default_factory=dict[str, Expression])


def lowers(kind: type, backend: Backend) -> Callable[[Function], Function]:
    """Register the decorated function as the lowering of a class for a backend."""

    def register(function: Function) -> Function:
        _LOWERINGS[kind, backend] = function
        return function

    return register


def lower(item: object, backend: Backend, *context: object) -> Any:
    """The expressions that say `item` in a backend; what they are depends on the family.

    Raises:
        NotImplementedError: nobody registered a lowering; a test keeps this from shipping.
    """
    function = _LOWERINGS.get((type(item), backend))
    if function is None:
        raise NotImplementedError(f"no lowering of {type(item).__name__} for {backend}")
    return function(item, *context)


def has_lowering(kind: type, backend: Backend) -> bool:
    """Whether a lowering of the class is registered for the backend."""
    return (kind, backend) in _LOWERINGS
