"""PyTorch's own losses and weights of classes in the place of those with Keras' meaning."""

from __future__ import annotations

from samenet.backends.idioms import Idiom
from samenet.backends.torch.idiomatic.layers import DOCS
from samenet.codegen.expression import Call, call, method
from samenet.losses.base import Batch
from samenet.losses.crossentropy import SparseCategoricalCrossentropy
from samenet.losses.divergence import KLDivergence, Poisson


def ignored(loss: SparseCategoricalCrossentropy, exact: Call, batch: Batch) -> Call | None:
    """`ignore_index` of `F.cross_entropy`, where the loss is a mean of all targets."""
    if loss.ignore_class is None or batch.single:
        return None
    outputs, targets = batch.outputs, batch.targets
    if batch.positions:
        outputs, targets = method(outputs, "flatten", 0, -2), method(targets, "flatten")
    del exact
    return batch.function("cross_entropy", outputs, targets, ignore_index=loss.ignore_class)


def poisson(loss: Poisson, exact: Call, batch: Batch) -> Call:
    """`F.poisson_nll_loss` of rates."""
    del loss, exact
    return batch.function("poisson_nll_loss", log_input=False)


def kl_divergence(loss: KLDivergence, exact: Call, batch: Batch) -> Call:
    """`F.kl_div` of logarithms."""
    del loss, exact
    arguments = (method(batch.outputs, "log"), batch.targets)
    value = method(call("F.kl_div", *arguments, reduction="none"), "sum", dim=-1)
    return value if batch.single else method(value, "mean")


IDIOMS = (
    Idiom(
        part="ignore_class",
        own="F.cross_entropy(ignore_index=...)",
        law="of scores, not of probabilities that are cut at 1e-7; NaN where no target counts, "
        "not 0",
        source=f"{DOCS}/torch.nn.functional.cross_entropy.html",
        kinds=(SparseCategoricalCrossentropy,),
        exchange=ignored,
    ),
    Idiom(
        part="poisson",
        own="F.poisson_nll_loss",
        law="1e-8 is added to the rate in the logarithm, not 1e-7",
        source=f"{DOCS}/torch.nn.functional.poisson_nll_loss.html",
        kinds=(Poisson,),
        exchange=poisson,
    ),
    Idiom(
        part="kl_divergence",
        own="F.kl_div",
        law="neither targets nor probabilities are cut at 1e-7; a probability of 0 makes the loss "
        "infinite",
        source=f"{DOCS}/torch.nn.functional.kl_div.html",
        kinds=(KLDivergence,),
        exchange=kl_divergence,
    ),
    Idiom(
        part="class_weight",
        own="F.cross_entropy(weight=...)",
        law="the sum of weighted losses is divided by the sum of the weights, not by the number of "
        "samples",
        source=f"{DOCS}/torch.nn.functional.cross_entropy.html",
    ),
)
