"""The loop that one would write first in PyTorch: data loaders, and `item` after each step."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.clock import EpochClock
from benchmarks.handwritten.torch_networks import NETWORKS
from benchmarks.workloads import BATCH_SIZE, EVALUATION_BATCH_SIZE, Samples


def loader(samples: Samples, batch_size: int, *, shuffle: bool) -> DataLoader:
    """Batches of samples."""
    data = TensorDataset(torch.from_numpy(samples.x), torch.from_numpy(samples.y))
    return DataLoader(data, batch_size, shuffle=shuffle)


def train(name: str, training: Samples, validation: Samples, epochs: int) -> EpochClock:
    """Train a workload; returns the times of its epochs."""
    clock = EpochClock()
    model = NETWORKS[name]()
    loss_of = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters())
    batches = loader(training, BATCH_SIZE, shuffle=True)
    held_out = loader(validation, EVALUATION_BATCH_SIZE, shuffle=False)
    for _ in range(epochs):
        model.train()
        total, correct = 0.0, 0
        for x, y in batches:
            optimizer.zero_grad()
            outputs = model(x)
            loss = loss_of(outputs, y)
            loss.backward()
            optimizer.step()
            total += loss.item() * len(y)
            correct += (outputs.argmax(1) == y).sum().item()
        model.eval()
        total, correct = 0.0, 0
        with torch.no_grad():
            for x, y in held_out:
                outputs = model(x)
                total += loss_of(outputs, y).item() * len(y)
                correct += (outputs.argmax(1) == y).sum().item()
        clock.tick()
    return clock
