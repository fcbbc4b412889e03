"""The same training in processes that torchrun starts, each with a share of a batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel

import torch
from torch import Tensor

from .metrics import Means, Sums
from .statistics import Statistics


def join_processes(name: str) -> torch.device:
    """Join the other processes, if torchrun started this one; returns its device."""
    device = torch.device(name)
    if "LOCAL_RANK" not in os.environ:
        return device
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ["LOCAL_RANK"]))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    return device


def leave_processes() -> None:
    """The end of what `join_processes` began."""
    if dist.is_initialized():
        dist.destroy_process_group()


def process() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def processes() -> int:
    """How many there are."""
    return dist.get_world_size() if dist.is_initialized() else 1


class Replica(DistributedDataParallel):
    """The network of a process; the gradients are means over all."""

    def named_weights(self) -> dict[str, Any]:
        """Those of the network."""
        return self.module.named_weights()


def replicated(model: Any) -> Any:
    """The network, with gradients that are means over the processes."""
    return Replica(model) if processes() > 1 else model


def own_share(batch: Tensor) -> tuple[Tensor, float, int]:
    """The positions of a batch that this process takes.

    Also the weight of its mean loss, with which the mean over processes is that of the
    batch, and 0 if another one counts the same samples, else 1.
    """
    count = processes()
    if len(batch) < count:  # no process can be without samples, so each takes all
        return batch, 1.0, int(process() == 0)
    share = batch.tensor_split(count)[process()]
    return share, len(share) * count / len(batch), 1


def summed(values: Tensor) -> Tensor:
    """The sum over the processes."""
    values = values.detach().clone()
    if processes() > 1:
        dist.all_reduce(values)
    return values


def agreed(logs: dict[str, float]) -> dict[str, float]:
    """The values of the first process, so that callbacks decide alike."""
    values = [logs]
    if processes() > 1:
        dist.broadcast_object_list(values)
    return values[0]


class MeansOverProcesses(Means):
    """Means over the samples of all processes."""

    def result(self) -> dict[str, float]:
        """The means of all batches."""
        some = next(iter(self.totals.values()))
        count = float(summed(some.new_tensor(self.count)))
        return {
            name: float(summed(total)) / count for name, total in self.totals.items()
        }


class StatisticsOverProcesses(MeansOverProcesses, Statistics):
    """Means and sums over the samples of all processes."""

    def add(self, values: dict[str, Any], count: int) -> None:
        """Add a batch; one of which nothing counts adds zeros."""
        for name, value in values.items():
            if isinstance(value, Sums) and not count:
                values[name] = Sums(torch.zeros_like(value.values), value.result)
        super().add(values, count)

    def result(self) -> dict[str, float]:
        """The means of all batches, and what is made of their sums."""
        made = {
            name: float(sums.result(summed(sums.values)))
            for name, sums in self.sums.items()
        }
        return {**MeansOverProcesses.result(self), **made}


def batch_norm(module: Any, x: Tensor) -> Tensor:
    """What a BatchNorm does in training, with the statistics of all processes."""
    x = x.to(module.running_mean.dtype)
    others = [dim for dim in range(x.dim()) if dim != 1]
    shape = [1, -1] + [1] * (x.dim() - 2)
    count = summed(x.new_tensor(x.numel() // x.shape[1]))
    mean: Any = SumOverProcesses.apply(x.sum(others)) / count
    deviation = x - mean.view(shape)
    variance: Any = SumOverProcesses.apply(deviation.square().sum(others)) / count
    with torch.no_grad():
        module.running_mean.lerp_(mean, module.momentum)
        module.running_var.lerp_(variance, module.momentum)
    y = deviation * torch.rsqrt(variance + module.eps).view(shape)
    return y * module.weight.view(shape) + module.bias.view(shape)


class SumOverProcesses(torch.autograd.Function):
    """The sum over the processes; gradients come back from all of them."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        return summed(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        return summed(gradients[0])


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` once it is on the disk.

    The first process alone writes.
    """
    if process() > 0:
        yield Path(os.devnull)
        return
    new = path.with_name(f"new_{path.name}")
    yield new
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)
