"""Training that goes on bit by bit where it was interrupted."""

import math
import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch
from torch import nn

from ..shared.data import DataError
from ..shared.files import replacing
from .callbacks import Callback


@dataclass
class TrainingState:
    """All that training changes; the order of samples is a function of the epoch."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    callbacks: Sequence[Callback]
    history: dict[str, list[float]]

    @property
    def epoch(self) -> int:
        """The epoch that comes next, counted from 0."""
        return len(self.history.get("loss", ()))

    def state_dict(self) -> dict[str, Any]:
        """What it is after an epoch."""
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "callbacks": [callback.state_dict() for callback in self.callbacks],
            "history": self.history,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all(),
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make it what it was."""
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            callback.load_state_dict(saved)
        self.history.update(state["history"])
        torch.set_rng_state(state["random"])
        torch.cuda.set_rng_state_all(state["random_cuda"])


@dataclass
class Checkpoint:
    """The file in a folder with the state of training after its last whole epoch."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / "checkpoint.pt"

    def load(self) -> dict[str, Any] | None:
        """The state, or None before the first epoch; an error if it is damaged."""
        if not self.path.exists():
            return None
        try:
            with ZipFile(self.path) as file:
                if file.testzip():
                    raise BadZipFile("its checksums are wrong")
            return torch.load(self.path, map_location="cpu", weights_only=True)
        except (BadZipFile, EOFError, RuntimeError, pickle.UnpicklingError) as error:
            raise DataError(f"{self.path} is no checkpoint: {error}") from error

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state; whatever happens, the old or the new one can be loaded.

        The old one stays if the loss of the epoch or a weight after it is not finite.
        """
        if not is_finite(state):
            return
        with replacing(self.path) as new:
            torch.save(state, new)


def is_finite(state: dict[str, Any]) -> bool:
    """Whether the loss of the last epoch and all weights after it are finite."""
    return math.isfinite(state["history"]["loss"][-1]) and all(
        bool(values.isfinite().all()) for values in state["model"].values()
    )
