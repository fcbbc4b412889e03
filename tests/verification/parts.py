"""For each idiom, by framework and part, a spec in which it stands and what then is in the text."""

from __future__ import annotations

from typing import Any

DENSE = {"type": "dense", "units": 3, "activation": "softmax"}
CLASSES = "sparse_categorical_crossentropy"


def spec(
    *layers: dict[str, Any],
    shape: tuple[int, ...] = (6,),
    optimizer: dict[str, Any] | None = None,
    loss: Any = CLASSES,
    integers: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """A small network under SGD, whose steps are the same in both frameworks."""
    dtype = {"dtype": "int32"} if integers else {}
    return {
        "version": 1,
        "name": "part",
        "input": {"shape": list(shape), **dtype},
        "layers": list(layers) or [{"type": "dense", "units": 5, "activation": "tanh"}, DENSE],
        "optimizer": optimizer or {"type": "sgd", "learning_rate": 0.1},
        "training": {"loss": loss, "batch_size": 8, **more.pop("training", {})},
        "data": {"source": "arrays"},
        **more,
    }


def steps(**optimizer: Any) -> dict[str, Any]:
    """The small network with another optimizer."""
    return spec(optimizer=optimizer)


def sequence(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer on sequences before the small network."""
    return spec(layer, DENSE, shape=(4, 3))


def image(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer on images of 6 by 6 before the small network."""
    return spec(layer, {"type": "flatten"}, DENSE, shape=(6, 6, 2))


NORMALIZED = {"type": "dense", "units": 4, "batch_normalization": "before_activation"}
ZERO = {"type": "dense", "units": 4, "kernel_initializer": "zeros"}
TIES = [  # all values tie at first
    {**ZERO, "name": "a"},
    {**ZERO, "name": "b", "inputs": "input"},
    {"type": "maximum", "inputs": ["a", "b"]},
    DENSE,
]
VALUES = [{"type": "dense", "units": 3, "activation": "exponential"}]

PARTS: dict[tuple[str, str], tuple[dict[str, Any], str]] = {
    ("torch", "batch_normalization"): (spec(NORMALIZED, DENSE), "nn.BatchNorm1d(4"),
    ("torch", "trainable"): (
        spec(
            {"type": "dense", "units": 4},
            {"type": "batch_normalization", "trainable": False},
            DENSE,
        ),
        "nn.BatchNorm1d(4, eps=0.001, momentum=0.01).requires_grad_(False)",
    ),
    ("torch", "lstm"): (sequence({"type": "lstm", "units": 4}), "nn.LSTM(3, 4, batch_first=True)"),
    ("torch", "simple_rnn"): (sequence({"type": "simple_rnn", "units": 4}), "nn.RNN(3, 4"),
    ("torch", "mask_zero"): (
        spec(
            {"type": "embedding", "input_dim": 5, "output_dim": 4, "mask_zero": True},
            {"type": "flatten"},
            DENSE,
            integers=True,
        ),
        "nn.Embedding(5, 4, padding_idx=0)",
    ),
    ("torch", "maximum"): (spec(*TIES), "= torch.maximum("),
    ("torch", "minimum"): (
        spec(*TIES[:2], {**TIES[2], "type": "minimum"}, DENSE),
        "= torch.minimum(",
    ),
    ("torch", "leaky_relu"): (
        spec({"type": "dense", "units": 4, "activation": "leaky_relu"}, DENSE),
        "F.leaky_relu(x, 0.2)",
    ),
    ("torch", "interpolation"): (
        image({"type": "resizing", "height": 4, "width": 4, "interpolation": "nearest"}),
        'mode="nearest")',
    ),
    ("torch", "convolution_padding"): (
        image({"type": "conv2d", "filters": 3, "kernel_size": 3, "strides": 2, "padding": "same"}),
        "nn.Conv2d(2, 3, 3, stride=2, padding=1)",
    ),
    ("torch", "max_pooling_padding"): (
        image({"type": "max_pooling2d", "pool_size": 3, "strides": 2, "padding": "same"}),
        "nn.MaxPool2d(3, stride=2, padding=1)",
    ),
    ("torch", "average_pooling_padding"): (
        image({"type": "average_pooling2d", "pool_size": 3, "strides": 1, "padding": "same"}),
        "nn.AvgPool2d(3, stride=1, padding=1)",
    ),
    ("torch", "ignore_class"): (
        spec(loss={"type": CLASSES, "ignore_class": 1}),
        "F.cross_entropy(outputs, targets, ignore_index=1)",
    ),
    ("torch", "poisson"): (
        spec(*VALUES, loss="poisson"),
        "F.poisson_nll_loss(outputs, targets, log_input=False)",
    ),
    ("torch", "kl_divergence"): (
        spec(DENSE, loss="kl_divergence"),
        'F.kl_div(outputs.log(), targets, reduction="none").sum(dim=-1).mean()',
    ),
    ("torch", "class_weight"): (
        spec(training={"class_weight": {"1": 3.0}}),
        "weights.sum()",
    ),
    ("torch", "adam"): (steps(type="adam", epsilon=1e-3), "torch.optim.Adam("),
    ("torch", "adamw"): (steps(type="adamw", epsilon=1e-3), "torch.optim.AdamW("),
    ("torch", "sgd"): (
        {**steps(type="sgd", momentum=0.9), "schedule": {"type": "cosine_decay", "clock": "step"}},
        "torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)",
    ),
    ("torch", "rmsprop"): (steps(type="rmsprop"), "torch.optim.RMSprop("),
    ("torch", "adagrad"): (
        steps(type="adagrad", epsilon=1e-3),
        "initial_accumulator_value=0.1, eps=0.001",
    ),
    ("torch", "adadelta"): (
        steps(type="adadelta", learning_rate=0.1, weight_decay=0.1),
        "torch.optim.Adadelta(",
    ),
    ("torch", "adamax"): (steps(type="adamax", epsilon=1e-3), "torch.optim.Adamax("),
    ("torch", "nadam"): (
        steps(type="nadam"),
        "torch.optim.NAdam(model.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-07)",
    ),
    ("torch", "adafactor"): (
        {
            **image({"type": "conv2d", "filters": 3, "kernel_size": 2}),
            "optimizer": {"type": "adafactor"},
        },
        "torch.optim.Adafactor(",
    ),
    ("torch", "clipnorm"): (
        steps(type="sgd", clipnorm=0.1),
        "ClipGradNorm(torch.optim.SGD(model.parameters(), lr=0.01), 0.1)",
    ),
    ("torch", "global_clipnorm"): (
        steps(type="sgd", global_clipnorm=0.1),
        "ClipGradNorm(torch.optim.SGD(model.parameters(), lr=0.01), 0.1)",
    ),
    ("torch", "reduce_lr_on_plateau"): (
        spec(callbacks=[{"type": "reduce_lr_on_plateau", "monitor": "loss", "patience": 2}]),
        "torch.optim.lr_scheduler.ReduceLROnPlateau(",
    ),
    ("keras", "embedding"): (
        spec(
            {"type": "embedding", "input_dim": 3, "output_dim": 4},
            {"type": "flatten"},
            DENSE,
            integers=True,
            optimizer={"type": "adam", "learning_rate": 0.01},
        ),
        "optimizer=keras.optimizers.Adam(",
    ),
}
