"""PyTorch's own layers in the place of those that samenet brings to Keras' meaning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from samenet.backends.idioms import Idiom
from samenet.codegen.expression import Call, Expression, Name, call, rebuilt
from samenet.graph.ir import ResolvedNode
from samenet.layers.activation import Activation
from samenet.layers.batch_normalization import BatchNormalization
from samenet.layers.embedding import Embedding
from samenet.layers.lstm import LSTM
from samenet.layers.merging import Maximum, Minimum
from samenet.layers.recurrent import HELPERS as RECURRENT
from samenet.layers.recurrent import Recurrent
from samenet.layers.relu import LeakyReLU, ReLU
from samenet.layers.resizing import Resizing
from samenet.layers.simple_rnn import SimpleRNN
from samenet.layers.up_sampling import UpSampling2D
from samenet.lowering import TorchLayer

OWN = "torch/own"
"""The file of helpers that run PyTorch's own parts where a program asks for Keras'."""

DOCS = "https://docs.pytorch.org/docs/stable/generated"


def named(expression: Expression, names: dict[Name, Expression]) -> Any:
    """The expression with other names."""
    if isinstance(expression, Name):
        return names.get(expression, expression)
    return rebuilt(expression, lambda part: named(part, names))


def batch_normalization(
    layer: BatchNormalization, exact: TorchLayer, node: ResolvedNode
) -> TorchLayer | None:
    """`nn.BatchNorm1d` to `3d`; where a mask leaves steps out there is none."""
    if not layer.trainable or (layer.USES_MASKS and any(node.masks)):
        return None
    helpers = (f"BatchNorm{rank}d" for rank in (1, 2, 3))
    names: dict[Name, Expression] = {
        Name(name, "torch/layers"): Name(f"nn.{name}") for name in helpers
    }
    return exact._replace(module=named(exact.module, names))


def frozen(layer: BatchNormalization, exact: TorchLayer, node: ResolvedNode) -> TorchLayer | None:
    """The same module, of which `requires_grad_(False)` freezes gamma and beta alone."""
    if layer.trainable:
        return None
    rank = len(node.input_shape)
    plain = exact.function is None
    own = Name(f"nn.BatchNorm{max(rank - 1, 1) if plain else 1}d")

    def changed(part: Expression) -> Expression:
        if isinstance(part, Call) and part.function == Name("FrozenBatchNorm", "torch/layers"):
            momentum = float(f"{1 - layer.momentum:.15g}")
            return Call(own, part.arguments, (*part.keywords, ("momentum", momentum)))
        return rebuilt(part, changed)

    module = changed(exact.module)
    assert isinstance(module, Call)
    return exact._replace(module=module)


def recurrent(layer: Recurrent, exact: TorchLayer, node: ResolvedNode) -> TorchLayer | None:
    """`nn.LSTM` or `nn.RNN` with both biases, where the program has no loop of its own."""
    del node
    module = exact.module
    assert module is not None
    own = {Name("LSTM", RECURRENT): "nn.LSTM", Name("SimpleRNN", RECURRENT): "nn.RNN"}
    name = own.get(module.function) if isinstance(module.function, Name) else None
    if name is None or not layer.use_bias or layer.return_state or layer.initial_state:
        return None  # PyTorch's give last states with an axis more
    made = Call(Name(name), module.arguments, (*module.keywords, ("batch_first", True)))
    return exact._replace(module=call(Name("second_bias_at_zero", OWN), made))


def mask_zero(layer: Embedding, exact: TorchLayer, node: ResolvedNode) -> TorchLayer | None:
    """`padding_idx`, which many take for the same."""
    del node
    if not layer.mask_zero:
        return None
    assert exact.module is not None
    keywords = (*exact.module.keywords, ("padding_idx", 0))
    return exact._replace(module=replace(exact.module, keywords=keywords))


def extreme(layer: Maximum | Minimum, exact: TorchLayer, node: ResolvedNode) -> TorchLayer | None:
    """`torch.maximum` or `torch.minimum`; with masks there is none."""
    if layer.constant is not None or any(node.masks):
        return None
    function = exact.function
    assert function is not None
    names: dict[Name, Expression] = {Name(layer.type, "torch/merging"): Name(f"torch.{layer.type}")}

    def applied(*inputs: Expression) -> Expression:
        return named(function(*inputs), names)

    return exact._replace(function=applied)


def leaky_relu(
    layer: Activation | LeakyReLU | ReLU, exact: TorchLayer, node: ResolvedNode
) -> TorchLayer | None:
    """The slope as it is written."""
    del node
    if isinstance(layer, Activation):
        if layer.activation != "leaky_relu":
            return None

        def applied(x: Expression) -> Expression:
            return call("F.leaky_relu", x, 0.2)

        return exact._replace(function=applied)
    helper = Name("LeakyReLU", "torch/activations")
    if exact.module is None or exact.module.function != helper:
        return None
    return exact._replace(module=replace(exact.module, function=Name("nn.LeakyReLU")))


def interpolation(
    layer: Resizing | UpSampling2D, exact: TorchLayer, node: ResolvedNode
) -> TorchLayer | None:
    """`F.interpolate` with the mode of the same name."""
    del node
    # Whole factors repeat each place in both; with antialias both are Keras'.
    kept = layer.antialias if isinstance(layer, Resizing) else layer.interpolation == "nearest"
    if kept or layer.interpolation == "bilinear":
        return None
    function = exact.function
    assert function is not None

    def changed(part: Expression) -> Expression:
        if isinstance(part, Call) and part.function == Name("F.interpolate"):
            options = {**dict(part.keywords), "mode": layer.interpolation}
            options.pop("antialias", None)
            return Call(part.function, part.arguments, tuple(options.items()))
        return rebuilt(part, changed)

    def applied(x: Expression) -> Expression:
        return changed(function(x))

    return exact._replace(function=applied)


BIASES = (
    "a second bias is trained beside the first, so that in a step of SGD what both add moves twice "
    "as far"
)

IDIOMS = (
    Idiom(
        part="batch_normalization",
        own="nn.BatchNorm1d, 2d, 3d",
        law="the moving variance takes in that of a batch over n - 1, not over n; a batch with one "
        "value for each channel is an error",
        source=f"{DOCS}/torch.nn.BatchNorm1d.html",
        kinds=(BatchNormalization,),
        exchange=batch_normalization,
    ),
    Idiom(
        part="trainable",
        own="requires_grad_(False)",
        law="a batch normalization that is not trained still normalizes by the batch in training, "
        "and its moving statistics move",
        source=f"{DOCS}/torch.nn.BatchNorm1d.html",
        kinds=(BatchNormalization,),
        exchange=frozen,
    ),
    Idiom(
        part="lstm",
        own="nn.LSTM",
        law=BIASES,
        source=f"{DOCS}/torch.nn.LSTM.html",
        kinds=(LSTM,),
        exchange=recurrent,
    ),
    Idiom(
        part="simple_rnn",
        own="nn.RNN",
        law=BIASES,
        source=f"{DOCS}/torch.nn.RNN.html",
        kinds=(SimpleRNN,),
        exchange=recurrent,
    ),
    Idiom(
        part="mask_zero",
        own="nn.Embedding(padding_idx=0)",
        law="the vector of padding gets no gradient",
        source=f"{DOCS}/torch.nn.Embedding.html",
        kinds=(Embedding,),
        exchange=mask_zero,
    ),
    Idiom(
        part="maximum",
        own="torch.maximum",
        law="where two values tie each gets half of the gradient, not the first all of it",
        source=f"{DOCS}/torch.maximum.html",
        kinds=(Maximum,),
        exchange=extreme,
    ),
    Idiom(
        part="minimum",
        own="torch.minimum",
        law="where two values tie each gets half of the gradient, not the first all of it",
        source=f"{DOCS}/torch.minimum.html",
        kinds=(Minimum,),
        exchange=extreme,
    ),
    Idiom(
        part="leaky_relu",
        own="nn.LeakyReLU, F.leaky_relu",
        law="the slope has 64 bits, not 32 (nothing in single precision)",
        source=f"{DOCS}/torch.nn.LeakyReLU.html",
        kinds=(Activation, LeakyReLU, ReLU),
        exchange=leaky_relu,
    ),
    Idiom(
        part="interpolation",
        own="F.interpolate",
        law="'nearest' rounds places down, not to the nearest; 'bicubic' has the parameter -0.75, "
        "not -0.5",
        source=f"{DOCS}/torch.nn.functional.interpolate.html",
        kinds=(Resizing, UpSampling2D),
        exchange=interpolation,
    ),
)
