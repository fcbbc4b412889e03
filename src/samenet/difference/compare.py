"""Two specs compared: their networks, weights, sizes and trainings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from samenet.difference.network import LayerChange, LayerInfo, Pairing, Side
from samenet.difference.rates import Rate, rates
from samenet.difference.values import Change, changes
from samenet.graph.expand import expand
from samenet.graph.ir import ResolvedGraph, Shape
from samenet.graph.memory import activation_bytes, demand
from samenet.graph.resolve import resolve
from samenet.named import ONLY
from samenet.spec.model import Spec


@dataclass(frozen=True, slots=True)
class WeightChanges:
    """Whether weights of the old network fit the new one, by their paths.

    Attributes:
        kept: how many weights of the new network have the path and the shape of an old one, and
            belong to the same layer.
        added: paths that the old network has not.
        removed: paths that the new one has not.
        reshaped: for each path of another shape, the two shapes.
        misplaced: paths of the same shape that belong to another layer, as names have moved on.
    """

    kept: int
    added: tuple[str, ...]
    removed: tuple[str, ...]
    reshaped: Mapping[str, tuple[Shape, Shape]]
    misplaced: tuple[str, ...]

    @property
    def fit(self) -> bool:
        """Whether the weights of the one are those of the other."""
        return not (self.added or self.removed or self.reshaped or self.misplaced)


@dataclass(frozen=True, slots=True)
class Size:
    """A number that says how large a network is; `unit` is "" or "bytes"."""

    name: str
    old: int
    new: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """What a spec says otherwise than another.

    Attributes:
        names: of the two specs; they mean nothing.
        network: changes of the inputs and outputs of the network.
        added: layers that only the new network has, in its order.
        removed: layers that only the old one has.
        layers: layers that both have and that differ, or only the shapes at which do.
        training: changes of optimizer, schedule, callbacks, training and data.
        expectations: changes of `[expect]`.
        weights: whether old weights fit.
        sizes: parameters, multiply-adds and memory.
        rates: the learning rates of some epochs if they differ.
    """

    names: tuple[str, str]
    network: tuple[Change, ...]
    added: tuple[LayerInfo, ...]
    removed: tuple[LayerInfo, ...]
    layers: tuple[LayerChange, ...]
    training: tuple[Change, ...]
    expectations: tuple[Change, ...]
    weights: WeightChanges
    sizes: tuple[Size, ...]
    rates: tuple[Rate, ...]

    @property
    def other_network(self) -> bool:
        """Whether it is another network, names aside."""
        changed = any(layer.changes or layer.moved for layer in self.layers)
        return bool(self.network or self.added or self.removed or changed)

    @property
    def renamed(self) -> bool:
        """Whether a layer has another name, under which its weights are kept."""
        return any(layer.renamed for layer in self.layers)

    def __bool__(self) -> bool:
        """Whether there is any difference."""
        return bool(self.other_network or self.renamed or self.training or self.expectations)

    @property
    def headline(self) -> str:
        """One sentence, without a full stop."""
        if not self:
            return "no difference in meaning"
        words = [
            f"{'another' if self.other_network else 'the same'} network",
            f"{'another' if self.training else 'the same'} training",
        ]
        if self.renamed and not self.other_network:
            words.append("other names of layers")
        if self.expectations:
            words.append("other expectations")
        return ", ".join(words)


def compare(old: Spec, new: Spec) -> Difference:
    """What `new` says otherwise than `old`."""
    first, second = (Side(resolve(expand(spec))) for spec in (old, new))
    pairing = Pairing.of(first, second)
    layers = tuple(pairing.changes())
    return Difference(
        names=(old.name, new.name),
        network=tuple(_ends(old, new, pairing)),
        added=second.unpaired(),
        removed=first.unpaired(),
        layers=tuple(
            item for item in layers if item.changes or item.moved or item.renamed or item.follows
        ),
        training=tuple(_training(old, new)),
        expectations=tuple(changes(old.expect, new.expect, "expect")),
        weights=_weights(first, second),
        sizes=tuple(_sizes(old, new, first.graph, second.graph)),
        rates=rates(old, new),
    )


_TRAINING = ("optimizer", "schedule", "callbacks", "training", "data")


def _training(old: Spec, new: Spec) -> Iterator[Change]:
    for key in _TRAINING:
        yield from changes(getattr(old, key), getattr(new, key), key)


def _ends(old: Spec, new: Spec, pairing: Pairing) -> Iterator[Change]:
    """Changes of what the network takes and gives."""
    taken = [spec.inputs or {ONLY: spec.input} for spec in (old, new)]
    taken = [item if len(item) > 1 else {ONLY: next(iter(item.values()))} for item in taken]
    several = any(len(item) > 1 for item in taken)
    yield from changes(*taken, "inputs" if several else "input")
    given = [
        {
            ONLY if side.graph.graph.single_output else name: side.origin(value, through=True)
            for name, value in side.graph.outputs.items()
        }
        for side in (pairing.old, pairing.new)
    ]
    if list(given[0].items()) != list(given[1].items()):
        names = [list(side.graph.outputs) for side in (pairing.old, pairing.new)]
        yield Change("outputs", *names)


def _weights(old: Side, new: Side) -> WeightChanges:
    first, second = old.graph.weights(), new.graph.weights()
    owners = [
        {
            f"{node.name}/{w.name}": side.labels[node.name]
            for node in side.graph.nodes
            for w in node.weights
        }
        for side in (old, new)
    ]
    both = [path for path in second if path in first]
    same = [path for path in both if first[path].shape == second[path].shape]
    misplaced = tuple(path for path in same if owners[0][path] != owners[1][path])
    return WeightChanges(
        kept=len(same) - len(misplaced),
        added=tuple(path for path in second if path not in first),
        removed=tuple(path for path in first if path not in second),
        reshaped={
            path: (first[path].shape, second[path].shape) for path in both if path not in set(same)
        },
        misplaced=misplaced,
    )


def _sizes(old: Spec, new: Spec, first: ResolvedGraph, second: ResolvedGraph) -> Iterator[Size]:
    """The numbers of the summary, and the memory of a training."""
    numbers: dict[str, Callable[[Spec, ResolvedGraph], int]] = {
        "parameters": lambda _, graph: graph.parameters(),
        "trainable parameters": lambda _, graph: graph.parameters(trainable=True),
        "multiply-adds of a sample": lambda _, graph: graph.multiply_adds,
    }
    for name, number in numbers.items():
        yield Size(name, number(old, first), number(new, second))
    yield Size("outputs of a sample", _outputs(first), _outputs(second), "bytes")
    yield Size("memory of training", _memory(old, first), _memory(new, second), "bytes")


def _outputs(graph: ResolvedGraph) -> int:
    return sum(map(activation_bytes, graph.nodes))


def _memory(spec: Spec, graph: ResolvedGraph) -> int:
    size, state_size = spec.training.batch_size, spec.optimizer.state_size
    return demand(graph, batch_size=size, state_size=state_size).total
