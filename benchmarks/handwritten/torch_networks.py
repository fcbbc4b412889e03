"""The networks of the workloads as somebody would write them in PyTorch; they give logits."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from benchmarks.workloads import CLASSES


def mlp() -> nn.Module:
    """Linear layers with batch normalization and dropout."""
    parts: list[nn.Module] = []
    features = 784
    for units in (256, 256, 128):
        parts += [
            nn.Linear(features, units),
            nn.BatchNorm1d(units),
            nn.ReLU(),
            nn.Dropout(0.3),
        ]
        features = units
    return nn.Sequential(*parts, nn.Linear(features, CLASSES))


class ChannelsFirst(nn.Module):
    """Images (N, height, width, channels) as PyTorch takes them."""

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(0, 3, 1, 2)


def cnn() -> nn.Module:
    """Two convolutions."""
    return nn.Sequential(
        ChannelsFirst(),
        nn.Conv2d(1, 32, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(1600, 128),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(128, CLASSES),
    )


class LSTM(nn.Module):
    """One LSTM, of which the last step counts."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(32, 64, batch_first=True)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        steps, _ = self.lstm(x)
        return self.head(steps[:, -1])


class Transformer(nn.Module):
    """PyTorch's own encoder layer."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Linear(32, 64)
        self.encoder = nn.TransformerEncoderLayer(64, 4, 256, dropout=0.0, batch_first=True)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.encoder(self.embedding(x)).mean(1))


class PackedTransformer(nn.Module):
    """The same with one projection for queries, keys and values."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Linear(32, 64)
        self.projections = nn.Linear(64, 3 * 64)
        self.attention = nn.Linear(64, 64)
        self.attended = nn.LayerNorm(64)
        self.hidden = nn.Linear(64, 256)
        self.feed_forward = nn.Linear(256, 64)
        self.fed = nn.LayerNorm(64)
        self.head = nn.Linear(64, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embedding(x)
        heads = self.projections(x).unflatten(-1, (3, 4, 16)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(*heads.unbind(0))
        x = self.attended(x + self.attention(y.transpose(1, 2).flatten(2)))
        x = self.fed(x + self.feed_forward(torch.relu(self.hidden(x))))
        return self.head(x.mean(1))


NETWORKS = {"mlp": mlp, "cnn": cnn, "lstm": LSTM, "transformer": Transformer}
TUNED = {**NETWORKS, "transformer": PackedTransformer}
