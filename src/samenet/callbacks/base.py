"""What callbacks have in common, and what those that watch a value have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import ClassVar, Literal

from pydantic import Field

from samenet.codegen.expression import Binary, Expression, Name
from samenet.lowering import Backend
from samenet.schema import Model, NonNegative

Mode = Literal["min", "max"]


class BaseCallback(Model):
    """What the programs ask of every callback."""

    READS_BATCHES: ClassVar[bool] = False
    """Whether it needs the loss of each batch, for which every step has to be waited for."""

    FILE: ClassVar[str | None] = None
    """The key that names the file that it writes, below the folder of the run."""

    PACKAGES: ClassVar[Mapping[Backend, str]] = {}
    """The package beside the framework that a program needs for it."""

    SWAPS: ClassVar[bool] = False
    """Whether it swaps the weights with their averages."""

    @property
    def lowest_rate(self) -> float | None:
        """The learning rate down to which it goes, or None if it sets none."""
        return None

    @property
    def restores(self) -> bool:
        """Whether training ends with the weights of its best epoch."""
        return False

    def refusal(self, values: Collection[str]) -> tuple[str, str] | None:
        """What is wrong with the path of its file, beside where it leads, and how to mend it.

        Args:
            values: the names of what is reported of an epoch.
        """
        del values
        return None

    def example(self) -> str:
        """The path of its file in an epoch, once there is nothing to be refused of it."""
        return getattr(self, self.FILE) if self.FILE else ""

    def files(self) -> tuple[str, ...]:
        """The paths of the files that it writes, in the one program or the other."""
        return ()

    def reads(self) -> tuple[str, ...]:
        """The names of the values of an epoch without which it cannot act."""
        return ()


def file_in_folder(path: str) -> Expression:
    """The path of a file below the folder of the run."""
    return Binary(Name("folder"), "/", path)


class Watching(BaseCallback):
    """A callback that acts on a value of the epoch."""

    monitor: str = Field("val_loss", description="The loss or metric to watch, val_ in front.")
    mode: Literal["auto", "min", "max"] = Field(
        "auto", description="Whether low or high is better; auto asks the metric."
    )

    @property
    def watches(self) -> bool:
        """Whether it asks for the value at all."""
        return True

    def reads(self) -> tuple[str, ...]:
        return (self.monitor,) if self.watches else ()


class Monitor(Watching):
    """A callback that acts on how a value of the epoch improves."""

    min_delta: NonNegative = Field(0.0, description="The least change that counts, absolute.")

    def arguments(self, mode: Mode) -> dict[str, Expression]:
        """The arguments, which have the same names in both programs, with the mode decided."""
        # Keras' own default is the whole number 0, from which type checkers conclude.
        decided = {"mode": mode, "min_delta": self.min_delta or 0}
        return {**self.model_dump(exclude={"type"}), **decided}
