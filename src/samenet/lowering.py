"""The registry of lowerings: how each class of the spec language is said in a framework.

A lowering is a function registered for a class and a backend. It returns expressions, never text,
so that a whole backend can be supplied from one outside module without touching the classes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, TypeVar, get_args

from samenet.codegen.expression import Call, Expression

Backend = Literal["keras", "torch"]
BACKENDS: tuple[Backend, ...] = get_args(Backend)

Fidelity = Literal["exact", "idiomatic"]
FIDELITIES: tuple[Fidelity, ...] = get_args(Fidelity)
"""Whether a program's parts are brought to the spec's meaning, or are the framework's own."""

LayoutRule = Literal["last", "first", "any"]
"""How a PyTorch layer takes its inputs: channels last, channels first, or as they come."""

Function = TypeVar("Function", bound=Callable[..., Any])

_LOWERINGS: dict[tuple[type, str], Callable[..., Any]] = {}
_LAYOUTS: dict[type, LayoutRule | Callable[..., LayoutRule]] = {}


class KerasLayer(NamedTuple):
    """A layer in a Keras program that is not just a constructor applied to its inputs.

    Attributes:
        constructor: the constructor call of the layer, or None for a plain operation.
        function: the expression that applies it: (constructor, *inputs), or (*inputs) where there
            is no constructor. What fields of the layer name comes as keywords, each a tuple.
    """

    constructor: Call | None
    function: Callable[..., Expression]


class TorchLayer(NamedTuple):
    """A layer in a PyTorch program.

    Attributes:
        module: the constructor call of the `nn.Module`, or None for a layer without state.
        function: the expression that applies it: (*inputs) where there is no module, else
            (module, *inputs); by default the module is called with the inputs. What fields of the
            layer name comes as keywords, each a tuple of expressions; a layer that
            `USES_MASKS` also gets `masks`, for each input an expression or None.
        weights: for each weight of the layer, by its name in the spec, the view of the module's
            tensor in Keras' layout: an expression that begins with a name of the module, e.g.
            `weight.T`, or a call of a helper whose first argument does.
        mask: the expression of the mask that the layer itself makes, from its inputs (and
            `masks`), for a layer whose `output_mask` says "own".
    """

    module: Call | None = None
    function: Callable[..., Expression] | None = None
    weights: Mapping[str, Expression] = MappingProxyType({})
    mask: Callable[..., Expression] | None = None


def lowers(
    kinds: type | tuple[type, ...],
    backend: Backend,
    layout: LayoutRule | Callable[..., LayoutRule] = "last",
) -> Callable[[Function], Function]:
    """Register the decorated function as the lowering of classes for a backend.

    Args:
        kinds: the class, or several.
        backend: the framework.
        layout: for layers in PyTorch, how inputs of rank 3 or more (with the batch) are laid out;
            "any" keeps the layout that the inputs have, the lowering asks `node.axis`. Or a
            function of (layer, node) that says so.
    """

    def register(function: Function) -> Function:
        for kind in kinds if isinstance(kinds, tuple) else (kinds,):
            _LOWERINGS[kind, backend] = function
            if backend == "torch":
                _LAYOUTS[kind] = layout
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


def layout_rule(item: object, node: object) -> LayoutRule:
    """How a layer in a PyTorch program takes its inputs."""
    rule = _LAYOUTS.get(type(item), "last")
    return rule(item, node) if callable(rule) else rule


def has_lowering(kind: type, backend: Backend) -> bool:
    """Whether a lowering of the class is registered for the backend."""
    return (kind, backend) in _LOWERINGS
