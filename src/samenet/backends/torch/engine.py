"""What the training of a PyTorch program computes in, and in how many processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from samenet.backends.emitter import Emitter
from samenet.codegen.expression import Name
from samenet.spec.model import Spec

DISTRIBUTED = [
    ("torch/torchrun", "agreed"),
    ("torch/torchrun", "join_processes"),
    ("torch/torchrun", "leave_processes"),
    ("torch/torchrun", "own_share"),
    ("torch/torchrun", "process"),
    ("torch/torchrun", "replicated"),
    ("shared/random_numbers", "derived_seed"),
]
"""The helpers that the template names for several processes."""


DISTRIBUTED_VARIANTS: Mapping[tuple[str, str], str] = {
    ("torch/layers", "batch_norm"): "torch/torchrun",
    ("shared/files", "replacing"): "torch/torchrun",
}
"""The helpers of which programs for several processes have another variant."""


def scaled(spec: Spec) -> bool:
    """Whether the loss is scaled, so that small gradients stay in the range of float16."""
    return spec.training.precision == "mixed_float16"


def fields(spec: Spec, emitter: Emitter) -> dict[str, Any]:
    """What the template prints of it."""
    mixed = spec.training.mixed
    return {
        "double": spec.training.precision == "float64",
        "mixed": mixed and emitter(Name(f"torch.{mixed}")),
        "scaled": scaled(spec),
        "distributed": spec.training.distributed,
    }


def helpers(spec: Spec) -> list[tuple[str, str]]:
    """The helpers that the template names."""
    return [
        *(DISTRIBUTED if spec.training.distributed else []),
        *([("torch/precision", "widened")] if spec.training.mixed else []),
        *([("torch/precision", "LossScaler")] if scaled(spec) else []),
    ]


def variants(spec: Spec) -> Mapping[tuple[str, str], str]:
    """The helpers of which the program has another variant, and the file of that."""
    return DISTRIBUTED_VARIANTS if spec.training.distributed else {}


def means(spec: Spec, *, sums: bool) -> Name:
    """What makes the values of an epoch of those of its batches; some may be `sums`."""
    if spec.training.distributed:
        name = "StatisticsOverProcesses" if sums else "MeansOverProcesses"
        return Name(name, "torch/torchrun")
    return Name("Statistics", "torch/statistics") if sums else Name("Means", "torch/metrics")
