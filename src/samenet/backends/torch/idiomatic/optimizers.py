"""PyTorch's own optimizers, clipping and scheduler in the place of those with Keras' steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from samenet.backends.idioms import Idiom
from samenet.backends.torch.idiomatic.layers import DOCS, OWN, named
from samenet.callbacks.base import Mode
from samenet.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau
from samenet.codegen.expression import Call, Expression, Name
from samenet.optimizers.adadelta import Adadelta
from samenet.optimizers.adafactor import Adafactor
from samenet.optimizers.adagrad import Adagrad
from samenet.optimizers.adam import Adam, AdamW
from samenet.optimizers.adamax import Adamax
from samenet.optimizers.base import AROUND, BaseOptimizer, torch_optimizer
from samenet.optimizers.nadam import Nadam
from samenet.optimizers.rmsprop import RMSprop
from samenet.optimizers.sgd import SGD


def adam(optimizer: Adam | AdamW, exact: Call) -> Call:
    """`torch.optim.Adam` or `torch.optim.AdamW`."""
    del exact
    options: dict[str, Expression] = {"amsgrad": True} if optimizer.amsgrad else {}
    if isinstance(optimizer, AdamW) and not optimizer.weight_decay:
        options["weight_decay"] = 0.0  # its default is another one
    return torch_optimizer(
        optimizer,
        f"torch.optim.{type(optimizer).__name__}",
        betas=(optimizer.beta_1, optimizer.beta_2),
        eps=optimizer.epsilon,
        **options,
        fused=True,
    )


def sgd(optimizer: SGD, exact: Call) -> Call | None:
    """`torch.optim.SGD`, which without momentum and weight decay is Keras'."""
    del exact
    if not optimizer.momentum and not optimizer.weight_decay:
        return None
    nesterov = {"nesterov": True} if optimizer.nesterov and optimizer.momentum else {}
    return torch_optimizer(optimizer, "torch.optim.SGD", momentum=optimizer.momentum, **nesterov)


def rmsprop(optimizer: RMSprop, exact: Call) -> Call:
    """`torch.optim.RMSprop`."""
    del exact
    return torch_optimizer(
        optimizer,
        "torch.optim.RMSprop",
        alpha=optimizer.rho,
        eps=optimizer.epsilon,
        **({"momentum": optimizer.momentum} if optimizer.momentum else {}),
        **({"centered": True} if optimizer.centered else {}),
    )


def adagrad(optimizer: Adagrad, exact: Call) -> Call:
    """`torch.optim.Adagrad`."""
    del exact
    return torch_optimizer(
        optimizer,
        "torch.optim.Adagrad",
        initial_accumulator_value=optimizer.initial_accumulator_value,
        eps=optimizer.epsilon,
    )


def adadelta(optimizer: Adadelta, exact: Call) -> Call | None:
    """`torch.optim.Adadelta`, which without weight decay is Keras'."""
    del exact
    if not optimizer.weight_decay:
        return None
    options = {"rho": optimizer.rho, "eps": optimizer.epsilon}
    return torch_optimizer(optimizer, "torch.optim.Adadelta", **options)


def adamax(optimizer: Adamax, exact: Call) -> Call:
    """`torch.optim.Adamax`."""
    del exact
    betas = (optimizer.beta_1, optimizer.beta_2)
    return torch_optimizer(optimizer, "torch.optim.Adamax", betas=betas, eps=optimizer.epsilon)


def nadam(optimizer: Nadam, exact: Call) -> Call:
    """`torch.optim.NAdam` with its own growth of the momentum."""
    del exact
    betas = (optimizer.beta_1, optimizer.beta_2)
    return torch_optimizer(optimizer, "torch.optim.NAdam", betas=betas, eps=optimizer.epsilon)


def adafactor(optimizer: Adafactor, exact: Call) -> Call:
    """`torch.optim.Adafactor`, which sees weights in PyTorch's layout."""
    del exact
    return torch_optimizer(
        optimizer,
        "torch.optim.Adafactor",
        beta2_decay=optimizer.beta_2_decay,
        eps=(optimizer.epsilon_1, optimizer.epsilon_2),
        d=optimizer.clip_threshold,
    )


def clipping(key: str, helper: str) -> Callable[[BaseOptimizer, Call], Call | None]:
    """The exchange of an optimizer that clips by norms."""

    def exchange(optimizer: BaseOptimizer, made: Call) -> Call | None:
        if getattr(optimizer, key) is None:
            return None
        return named(made, {Name(helper, AROUND): Name("ClipGradNorm", OWN)})

    return exchange


def plateau(callback: ReduceLROnPlateau, exact: Call, mode: Mode) -> Call:
    """`torch.optim.lr_scheduler.ReduceLROnPlateau`, told of each epoch."""
    del callback, mode
    return replace(exact, function=Name("ReduceLROnPlateau", OWN))


def law(text: str) -> Callable[[BaseOptimizer], str]:
    """The law of an optimizer, with what its weight decay is if there is some."""

    def of(optimizer: BaseOptimizer) -> str:
        clauses = [text] if text else []
        if optimizer.weight_decay and not isinstance(optimizer, AdamW | Adafactor):
            clauses.append("weight decay is added to the gradient, not taken from the weights")
        return "; ".join(clauses)

    return of


def sgd_law(optimizer: SGD) -> str:
    """The momentum differs only if there is some."""
    momentum = (
        "the learning rate stands outside of the velocity, which differs once it changes; the "
        "momentum is not rounded to 32 bits"
    )
    return law(momentum if optimizer.momentum else "")(optimizer)


EPSILON = "epsilon is added to the root behind the bias correction, not before it"

OPTIMIZERS = (
    ("Adam", Adam, adam, law(EPSILON)),
    ("AdamW", AdamW, adam, law(EPSILON)),
    ("SGD", SGD, sgd, sgd_law),
    ("RMSprop", RMSprop, rmsprop, law("epsilon is added to the root, not inside of it")),
    ("Adagrad", Adagrad, adagrad, law("epsilon is added to the root, not inside of it")),
    ("Adadelta", Adadelta, adadelta, law("")),
    ("Adamax", Adamax, adamax, law("epsilon is added to each gradient, before the maximum")),
    (
        "NAdam",
        Nadam,
        nadam,
        law("the momentum grows 250 times more slowly: 0.96 to the power of 0.004 t, not of t"),
    ),
    (
        "Adafactor",
        Adafactor,
        adafactor,
        law("mean squares are factored along the last axes of PyTorch's layout, not of Keras'"),
    ),
)
"""PyTorch's class, the spec's, the exchange and the law."""

IDIOMS = (
    *(
        Idiom(
            part=name.lower(),
            own=f"torch.optim.{name}",
            law=differs,
            source=f"{DOCS}/torch.optim.{name}.html",
            kinds=(kind,),
            exchange=exchange,
        )
        for name, kind, exchange, differs in OPTIMIZERS
    ),
    Idiom(
        part="clipnorm",
        own="nn.utils.clip_grad_norm_",
        law="all gradients are shortened together, not each by itself",
        source=f"{DOCS}/torch.nn.utils.clip_grad_norm_.html",
        kinds=(BaseOptimizer,),
        exchange=clipping("clipnorm", "ClipNorm"),
    ),
    Idiom(
        part="global_clipnorm",
        own="nn.utils.clip_grad_norm_",
        law="1e-6 is added to the norm",
        source=f"{DOCS}/torch.nn.utils.clip_grad_norm_.html",
        kinds=(BaseOptimizer,),
        exchange=clipping("global_clipnorm", "GlobalClipNorm"),
    ),
    Idiom(
        part="reduce_lr_on_plateau",
        own="torch.optim.lr_scheduler.ReduceLROnPlateau",
        law="the rate is cut after patience + 1 epochs without improvement, not after patience; "
        "min_delta is a part of the best value, not absolute",
        source=f"{DOCS}/torch.optim.lr_scheduler.ReduceLROnPlateau.html",
        kinds=(ReduceLROnPlateau,),
        exchange=plateau,
        by_epoch=True,
    ),
)
