"""The fastest PyTorch without compilation that is known to us.

Samples stay where they are, a batch is one gather, sums stay on the device, Adam is one kernel,
images have their channels last in memory, attention has one projection.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.clock import EpochClock
from benchmarks.handwritten.torch_networks import TUNED
from benchmarks.workloads import BATCH_SIZE, EVALUATION_BATCH_SIZE, Samples


def measure(model: nn.Module, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """The mean loss of a batch, and how many samples are right."""
    outputs = model(x)
    return F.cross_entropy(outputs, y), (outputs.detach().argmax(1) == y).sum()


def train(name: str, training: Samples, validation: Samples, epochs: int) -> EpochClock:
    """Train a workload; returns the times of its epochs."""
    clock = EpochClock()
    model = TUNED[name]().to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    x, y = torch.from_numpy(training.x), torch.from_numpy(training.y)
    held_out_x, held_out_y = torch.from_numpy(validation.x), torch.from_numpy(validation.y)
    for _ in range(epochs):
        model.train()
        sums = torch.zeros(2)
        for batch in torch.randperm(len(y)).split(BATCH_SIZE):
            loss, right = measure(model, x.index_select(0, batch), y.index_select(0, batch))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            sums += torch.stack([loss.detach() * len(batch), right])
        model.eval()
        held_out = torch.zeros(2)
        with torch.inference_mode():
            for inputs, targets in zip(
                held_out_x.split(EVALUATION_BATCH_SIZE),
                held_out_y.split(EVALUATION_BATCH_SIZE),
                strict=True,
            ):
                loss, right = measure(model, inputs, targets)
                held_out += torch.stack([loss * len(targets), right])
        sums.tolist()
        held_out.tolist()
        clock.tick()
    return clock
