"""Random valid networks: chains and graphs with branches, merges, blocks, repeats and shares.

A network grows layer by layer. Each layer is drawn from a table of what takes an input of that
rank; the class of the layer says what shape, mask and type come out, and what it refuses is drawn
again. Whatever nothing reads in the end is an output.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hypothesis import strategies as st

from samenet.graph.ir import DType, Shape, ShapeError
from samenet.layers import CATALOGUE
from samenet.layers.base import Layer

Table = dict[str, Any]
Tables = st.SearchStrategy[Table]

LARGEST = 600
"""The most numbers that an output may hold for a sample."""

RANDOM: frozenset[str] = frozenset(
    {
        "alpha_dropout",
        "dropout",
        "gaussian_dropout",
        "gaussian_noise",
        "random_contrast",
        "random_crop",
        "random_flip",
        "random_rotation",
        "random_zoom",
        "spatial_dropout1d",
        "spatial_dropout2d",
        "spatial_dropout3d",
    }
)
"""Layers whose outputs in training are not determined."""

NOT_DRAWN: dict[str, str] = {
    "activity_regularization": "what it adds to the loss is no output",
    "adaptive_average_pooling3d": "TensorFlow has no double precision for it on CPUs",
    "adaptive_max_pooling3d": "TensorFlow has no double precision for it on CPUs",
    "average_pooling3d": "TensorFlow has no double precision for it on CPUs",
    "max_pooling3d": "TensorFlow has no double precision for it on CPUs",
    "gelu": "TensorFlow takes its constants in 32 bits",
    "normalization": "Keras holds its numbers in 32 bits",
    "parameter": "takes no input",
    "unit_normalization": "its gradient near 0 makes rounding large without bound",
    "reversible_embedding": "its way back is a share with reverse",
}
"""Layers that stand in no table, and why."""


def table(kind: str, optional: dict[str, Any] | None = None, **required: Any) -> Tables:
    """Tables of a kind of layer; what is no strategy stands for itself."""
    keys = {key: strategy(value) for key, value in required.items()}
    return st.fixed_dictionaries(
        {"type": st.just(kind), **keys},
        optional={key: strategy(value) for key, value in (optional or {}).items()},
    )


def strategy(value: Any) -> st.SearchStrategy[Any]:
    """The strategy itself, or one that draws the value."""
    return value if isinstance(value, st.SearchStrategy) else st.just(value)


SIZE = st.integers(1, 5)
SMALL = st.integers(1, 3)
ROOTED = st.sampled_from([1, 4])
"""Sizes whose square root is exact, since Keras takes it in 32 bits."""
RANK = st.sampled_from([1, 2, 3, 4])
BOOL = st.booleans()
ACTIVATIONS = st.sampled_from(["elu", "leaky_relu", "relu", "sigmoid", "silu", "softmax", "tanh"])
PLACES = st.sampled_from(["before_activation", "after_activation"])
SUGAR = {"activation": ACTIVATIONS, "batch_normalization": PLACES, "use_bias": BOOL}
PADDING = st.sampled_from(["valid", "same"])
POOLING = {"pool_size": SMALL, "strides": SMALL, "padding": PADDING}
RECURRENT = {
    "return_sequences": BOOL,
    "return_state": BOOL,
    "go_backwards": BOOL,
    "zero_output_for_mask": BOOL,
    "use_bias": BOOL,
}


KERNEL = {**SUGAR, "strides": SMALL, "padding": PADDING}


def recurrent(kind: str) -> Tables:
    return table(kind, RECURRENT, units=SIZE)


ANY_RANK: list[Tables] = [
    table("activation", activation=ACTIVATIONS),
    table("batch_normalization", {"scale": BOOL, "center": BOOL}),
    table("dense", SUGAR, units=SIZE),
    table("elu"),
    table("flatten"),
    table("group_normalization", groups=st.sampled_from([-1, 1, 2])),
    table("identity"),
    table("layer_normalization", {"center": BOOL, "scale": BOOL}),
    table("leaky_relu", negative_slope=0.1),
    table("prelu"),
    table("reshape", target_shape=st.sampled_from([(-1,), (-1, 1), (1, -1)])),
    table("relu", {"max_value": 1.5}),
    table("rescaling", scale=0.7, offset=-0.1),
    table("rms_normalization"),
    table("scale"),
    table("slice", axis=SMALL, start=st.integers(0, 1)),
    table("softmax"),
]

BY_RANK: dict[int, list[Tables]] = {
    1: [
        table("einsum_dense", equation="ab,bc->ac", output_shape=SIZE, bias_axes="c"),
        table("repeat_vector", n=SIZE),
    ],
    2: [
        table("adaptive_average_pooling1d", output_size=SMALL),
        table("adaptive_max_pooling1d", output_size=SMALL),
        table("average_pooling1d", POOLING),
        table("bidirectional", layer=recurrent("gru"), merge_mode="sum"),
        table("bidirectional", layer=recurrent("lstm")),
        table("conv1d", KERNEL, filters=SIZE, kernel_size=SMALL),
        table(
            "conv1d",
            {"padding": st.sampled_from(["same", "causal"]), "dilation_rate": SMALL},
            filters=SIZE,
            kernel_size=SMALL,
        ),
        table("conv1d_transpose", KERNEL, filters=SIZE, kernel_size=SMALL),
        table("cropping1d", cropping=(0, 1)),
        table(
            "depthwise_conv1d",
            {"strides": SMALL, "padding": PADDING, "depth_multiplier": SMALL},
            kernel_size=SMALL,
        ),
        table("einsum_dense", equation="abc,bd->acd", output_shape=[-1, 3]),
        table("global_average_pooling1d", {"keepdims": BOOL}),
        table("global_max_pooling1d", {"keepdims": BOOL}),
        table("masking"),
        table("max_pooling1d", POOLING),
        table("permute", dims=(2, 1)),
        table("position_embedding", sequence_length=st.just(12)),
        table("separable_conv1d", {**SUGAR, "padding": PADDING}, filters=SIZE, kernel_size=SMALL),
        table("sine_position_encoding"),
        table("time_distributed", layer=table("dense", units=SIZE)),
        table("up_sampling1d"),
        table("zero_padding1d", padding=(1, 2)),
        recurrent("gru"),
        recurrent("lstm"),
        recurrent("simple_rnn"),
    ],
    3: [
        table("adaptive_average_pooling2d", output_size=SMALL),
        table("adaptive_max_pooling2d", output_size=SMALL),
        table("average_pooling2d", POOLING),
        table("center_crop", height=SMALL, width=SMALL),
        table("conv2d", KERNEL, filters=SIZE, kernel_size=SMALL),
        table(
            "conv2d", {"padding": PADDING, "dilation_rate": SMALL}, filters=SIZE, kernel_size=SMALL
        ),
        table("conv2d_transpose", KERNEL, filters=SIZE, kernel_size=SMALL),
        table(
            "conv_lstm1d",
            {"return_sequences": BOOL, "padding": PADDING},
            filters=SIZE,
            kernel_size=SMALL,
        ),
        table("cropping2d", cropping=((0, 1), (1, 0))),
        table("depth_to_space", block_size=2),
        table(
            "depthwise_conv2d", {"padding": PADDING, "depth_multiplier": SMALL}, kernel_size=SMALL
        ),
        table("global_average_pooling2d", {"keepdims": BOOL}),
        table("global_max_pooling2d", {"keepdims": BOOL}),
        table("max_pooling2d", POOLING),
        table("permute", dims=st.permutations((1, 2, 3))),
        table("resizing", height=SIZE, width=SIZE, interpolation="nearest"),
        table("separable_conv2d", {**SUGAR, "padding": PADDING}, filters=SIZE, kernel_size=SMALL),
        table("space_to_depth", block_size=2),
        table("time_distributed", layer=table("conv1d", filters=SIZE, kernel_size=1)),
        table("up_sampling2d"),
        table("zero_padding2d", padding=((1, 0), (0, 2))),
    ],
    4: [
        table("conv3d", {"padding": PADDING}, filters=SIZE, kernel_size=SMALL),
        table("conv3d_transpose", {"padding": PADDING}, filters=SIZE, kernel_size=SMALL),
        table("conv_lstm2d", {"return_sequences": BOOL}, filters=SIZE, kernel_size=1),
        table("cropping3d", cropping=((0, 1), (1, 0), (0, 0))),
        table("global_average_pooling3d", {"keepdims": BOOL}),
        table("global_max_pooling3d", {"keepdims": BOOL}),
        table("permute", dims=st.permutations((1, 2, 3, 4))),
        table("time_distributed", layer=table("conv2d", filters=SIZE, kernel_size=1)),
        table("up_sampling3d"),
        table("zero_padding3d", padding=1),
    ],
    5: [
        table("conv_lstm3d", filters=SIZE, kernel_size=1),
        table("permute", dims=st.permutations((1, 2, 3, 4, 5))),
    ],
}

SAME_SHAPE: list[Tables] = [
    table(kind) for kind in ("add", "average", "maximum", "minimum", "multiply", "subtract")
]
SEVERAL: list[Tables] = [
    *SAME_SHAPE,
    table("concatenate", axis=st.sampled_from([-1, 1])),
    table("dot", axes=-1),
]
SEQUENCES: list[Tables] = [
    table("attention", {"use_causal_mask": BOOL}),
    table("additive_attention"),
    table("multi_head_attention", {"use_causal_mask": BOOL}, num_heads=2, key_dim=ROOTED),
    table("grouped_query_attention", num_query_heads=4, num_key_value_heads=2, head_dim=ROOTED),
]
EMBEDDING = table("embedding", {"mask_zero": BOOL}, input_dim=9, output_dim=SIZE)

ALL: list[Tables] = [*ANY_RANK, *SEVERAL, *SEQUENCES, EMBEDDING]
ALL += [tables for group in BY_RANK.values() for tables in group]


class Known(NamedTuple):
    """What is known of a value: its name in the spec, shape, type and whether it has a mask."""

    name: str
    shape: Shape
    dtype: DType = "float"
    masked: bool = False
    layer: Table | None = None
    of_block: bool = False

    @property
    def first(self) -> bool:
        """Whether it counts when nothing reads it: further outputs of a layer do not."""
        return self.of_block or "[" not in self.name

    @property
    def item(self) -> str:
        """What is read where it is read: an output of a block alone, a layer as a whole."""
        return self.name if self.of_block else self.name.partition("[")[0]


@dataclass
class Body:
    """The network or a block while it grows."""

    values: list[Known]
    layers: list[Table] = field(default_factory=list)
    read: set[str] = field(default_factory=set)

    def after(self, layer: Table, inputs: list[Known]) -> list[Known]:
        """What a layer makes of inputs; nothing where it cannot take them.

        The masks are those of the layer itself, without its sugar.
        """
        try:
            made: Layer = CATALOGUE.validated(layer)
            least, most = made.ARITY
            if len(inputs) < least or (most is not None and len(inputs) > most):
                return []
            dtypes = [value.dtype for value in inputs]
            if made.INTEGERS == "refuses" and "int" in dtypes:
                return []
            shapes = made.output_shapes(*(value.shape for value in inputs))
            made.weights(*(value.shape for value in inputs))
        except (ShapeError, ValueError):
            return []
        if any(not 0 < math.prod(shape) <= LARGEST or len(shape) > 5 for shape in shapes):
            return []
        dtype = made.output_dtype(*dtypes)
        masked = made.output_mask([value.masked for value in inputs]) is not None
        name = f"n{len(self.layers)}"
        return [
            Known(name if not i else f"{name}[{i}]", shape, dtype, masked and not i, layer)
            for i, shape in enumerate(shapes)
        ]

    def add(self, item: Table, inputs: list[Known], found: list[Known]) -> None:
        """Put an item into the body."""
        name = f"n{len(self.layers)}"
        self.layers.append({**item, "name": name, "inputs": [value.name for value in inputs]})
        self.read |= {value.item for value in inputs}
        self.values += found

    def loose(self) -> list[Known]:
        """The values that nothing reads."""
        return [value for value in self.values if value.item not in self.read and value.first]


def grow(draw: st.DrawFn, body: Body, kinds: list[str]) -> None:
    """Add one item."""
    kind = draw(st.sampled_from(kinds))
    late = body.values[-3:]
    value = draw(st.sampled_from(late))
    inputs = [value]
    if value.dtype == "int":
        choices = [EMBEDDING]
    elif kind == "merge":
        others = [v for v in body.values if v.dtype == "float" and len(v.shape) == len(value.shape)]
        inputs.append(draw(st.sampled_from(others)))
        choices = SEVERAL + (SEQUENCES if len(value.shape) == 2 else [])
    elif kind == "share":
        owners = [
            layer
            for layer in body.layers
            if layer.get("type") in CATALOGUE
            and len(layer["inputs"]) == 1
            # Keras orders independent uses of a layer with moving statistics itself.
            and "batch_normalization" not in (layer["type"], *layer)
        ]
        if owners:
            owner = draw(st.sampled_from(owners))
            plain = {key: v for key, v in owner.items() if key not in ("name", "inputs")}
            (first,) = (v for v in body.values if v.name == owner["inputs"][0])
            found = body.after(plain, inputs) if first.shape == value.shape else []
            if found and first.dtype == value.dtype:
                body.add({"share": owner["name"]}, inputs, found)
        return
    else:
        choices = draw(st.sampled_from([ANY_RANK, BY_RANK[len(value.shape)]]))
    for _ in range(3):
        layer = draw(st.one_of(choices))
        found = body.after(layer, inputs)
        if found:
            body.add(layer, inputs, found)
            return


@st.composite
def networks(draw: st.DrawFn) -> Table:
    """The tree of a spec; the loss is of no account."""
    shapes = RANK.flatmap(lambda rank: st.tuples(*[st.integers(1, 6)] * rank))
    inputs: dict[str, Known] = {}
    for name in ["a", "b"][: draw(st.sampled_from([1, 1, 2]))]:
        if draw(st.integers(0, 4)) == 0:
            inputs[name] = Known(name, (draw(st.integers(2, 5)),), "int")
        else:
            inputs[name] = Known(name, draw(shapes))
    body = Body(list(inputs.values()))
    blocks: dict[str, Table] = {}
    for _ in range(draw(st.integers(3, 9))):
        kind = draw(st.sampled_from(["layer", "layer", "merge", "share", "block"]))
        if kind == "block":
            add_block(draw, body, blocks)
        else:
            grow(draw, body, [kind])
    finish(body)
    if not any("units" in layer for layer in body.layers):
        end = body.loose()[-1]
        layer = {"type": "dense", "units": 2}
        body.add(layer, [end], body.after(layer, [end]))
    ends = body.loose()
    names = [value.name for value in ends]
    tables = {
        name: {"shape": v.shape, **({"dtype": "int32"} if v.dtype == "int" else {})}
        for name, v in inputs.items()
    }
    loss = "mean_squared_error"
    return {
        "version": 1,
        "inputs": tables,
        **({"blocks": blocks} if blocks else {}),
        "layers": body.layers,
        "outputs": names,
        "optimizer": {"type": "sgd"},
        "training": {"loss": loss if len(names) == 1 else dict.fromkeys(names, loss)},
        "data": {"source": "arrays"},
    }


def finish(body: Body) -> None:
    """Let every loose end be an item of its own, of floats without a mask."""
    for end in body.loose():
        value = end
        while value.dtype == "int" or value.masked or value.layer is None or "[" in value.name:
            layer: Table = {"type": "dense", "units": 2}
            if value.dtype == "int":
                layer = {"type": "embedding", "input_dim": 9, "output_dim": 2}
            elif value.masked:
                sequence = len(value.shape) == 2
                layer = {"type": "gru", "units": 2} if sequence else {"type": "flatten"}
            (found,) = body.after(layer, [value])
            body.add(layer, [value], [found])
            value = found


def add_block(draw: st.DrawFn, body: Body, blocks: dict[str, Table]) -> None:
    """Use a new block, several times if it keeps the shape."""
    value = draw(st.sampled_from(body.values[-3:]))
    if value.dtype == "int":
        return
    inside = Body([Known("input", value.shape, masked=value.masked)])
    for _ in range(draw(st.integers(1, 4))):
        grow(draw, inside, ["layer", "layer", "merge", "share"])
    ends = inside.loose()
    if not inside.layers or ends[0].name == "input":
        return
    name = f"block_{len(blocks)}"
    use: Table = {"block": name}
    keeps = len(ends) == 1 and (ends[0].shape, ends[0].masked) == (value.shape, value.masked)
    if keeps and draw(BOOL):
        use["repeat"] = draw(SMALL)
    blocks[name] = {"layers": inside.layers, "outputs": [end.name for end in ends]}
    word = f"n{len(body.layers)}"
    found = [
        Known(f"{word}[{i}]" if i else word, end.shape, "float", end.masked, {}, of_block=True)
        for i, end in enumerate(ends)
    ]
    body.add(use, [value], found)
