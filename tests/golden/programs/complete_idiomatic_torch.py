from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import pickle
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple
from zipfile import BadZipFile, ZipFile

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

NAME = "complete"
SEED = 0  # of the initial weights, the split, the order and dropout
EPOCHS = 50
BATCH_SIZE = 32
EVALUATION_BATCH_SIZE = 1024
HERE = Path(__file__).parent
DATA = HERE.joinpath("mnist_5k.npz")
DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")


class Network(nn.Module):
    """(N, 784) to (N, 10)."""

    def __init__(self) -> None:
        super().__init__()
        self.dense = nn.Linear(784, 256)
        self.batch_normalization = nn.BatchNorm1d(256, eps=0.001, momentum=0.01)
        self.dropout = nn.Dropout(0.3)
        self.dense_1 = nn.Linear(256, 256)
        self.batch_normalization_1 = nn.BatchNorm1d(256, eps=0.001, momentum=0.01)
        self.dropout_1 = nn.Dropout(0.3)
        self.dense_2 = nn.Linear(256, 128)
        self.batch_normalization_2 = nn.BatchNorm1d(128, eps=0.001, momentum=0.01)
        self.dropout_2 = nn.Dropout(0.3)
        self.dense_3 = nn.Linear(128, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Class scores before the softmax, shape (N, 10)."""
        x = self.dense(x)  # (N, 256)
        x = self.batch_normalization(x)  # (N, 256)
        x = F.relu(x)  # (N, 256)
        x = self.dropout(x)  # (N, 256)
        x = self.dense_1(x)  # (N, 256)
        x = self.batch_normalization_1(x)  # (N, 256)
        x = F.relu(x)  # (N, 256)
        x = self.dropout_1(x)  # (N, 256)
        x = self.dense_2(x)  # (N, 128)
        x = self.batch_normalization_2(x)  # (N, 128)
        x = F.relu(x)  # (N, 128)
        x = self.dropout_2(x)  # (N, 128)
        x = self.dense_3(x)  # (N, 10)
        return x

    @torch.inference_mode()
    def predict(self, x: Tensor) -> Tensor:
        """Probabilities, shape (N, 10), in inference mode."""
        mode = self.training
        x = self.eval()(x)
        self.train(mode)
        x = F.softmax(x, dim=-1)  # (N, 10)
        return x

    def named_weights(self) -> dict[str, Any]:
        """Views of the weights by path, in Keras' layouts: kernels are inputs x outputs."""
        return {
            "dense/kernel": self.dense.weight.T,
            "dense/bias": self.dense.bias,
            "dense_batch_normalization/gamma": self.batch_normalization.weight,
            "dense_batch_normalization/beta": self.batch_normalization.bias,
            "dense_batch_normalization/moving_mean": self.batch_normalization.running_mean,
            "dense_batch_normalization/moving_variance": self.batch_normalization.running_var,
            "dense_1/kernel": self.dense_1.weight.T,
            "dense_1/bias": self.dense_1.bias,
            "dense_1_batch_normalization/gamma": self.batch_normalization_1.weight,
            "dense_1_batch_normalization/beta": self.batch_normalization_1.bias,
            "dense_1_batch_normalization/moving_mean": self.batch_normalization_1.running_mean,
            "dense_1_batch_normalization/moving_variance": self.batch_normalization_1.running_var,
            "dense_2/kernel": self.dense_2.weight.T,
            "dense_2/bias": self.dense_2.bias,
            "dense_2_batch_normalization/gamma": self.batch_normalization_2.weight,
            "dense_2_batch_normalization/beta": self.batch_normalization_2.bias,
            "dense_2_batch_normalization/moving_mean": self.batch_normalization_2.running_mean,
            "dense_2_batch_normalization/moving_variance": self.batch_normalization_2.running_var,
            "dense_3/kernel": self.dense_3.weight.T,
            "dense_3/bias": self.dense_3.bias,
        }


def build_model(device: torch.device = DEVICE) -> Network:
    """The network with its initial weights, in training mode."""
    model = Network().to(device)
    with torch.no_grad():
        for path, weight in model.named_weights().items():
            values = initial_values(INITIALIZERS, path, weight.shape, SEED)
            weight.copy_(torch.from_numpy(values))
    return model


def build_optimizer(model: Network) -> torch.optim.Optimizer:
    """A fresh optimizer of the model's weights."""
    return torch.optim.Adam(
        model.parameters(), lr=0.001, betas=(0.9, 0.999), eps=1e-07, fused=True
    )


def measure(outputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
    """The loss and the metrics of a batch: means over its samples."""
    return {
        "loss": F.cross_entropy(outputs, targets),
        "accuracy": sparse_categorical_accuracy(outputs.detach(), targets),
    }


def train(
    model: Network,
    training: Dataset,
    validation: Dataset | None = None,
    epochs: int = EPOCHS,
    callbacks: Sequence[Callback] = (),
    checkpoint: Checkpoint | None = None,
) -> dict[str, list[float]]:
    """Train the model; returns losses, metrics and learning rate of each epoch.

    With a checkpoint it goes on from there, and saves its state after each epoch.
    """
    torch.manual_seed(SEED)
    device = next(model.parameters()).device
    x, y = as_tensors(training, device)
    held_out = as_tensors(validation, device) if validation else None
    optimizer = build_optimizer(model)
    own_callbacks = [
        ReduceLROnPlateau(
            optimizer,
            monitor="val_loss",
            mode="min",
            min_delta=0.0001,
            factor=0.5,
            patience=5,
            cooldown=0,
            min_lr=1e-05,
        ),
        EarlyStopping(
            model,
            monitor="val_loss",
            mode="min",
            min_delta=0,
            patience=10,
            baseline=None,
            restore_best_weights=True,
            start_from_epoch=0,
        ),
    ]
    callbacks = [*own_callbacks, *callbacks]
    history: dict[str, list[float]] = {}
    state = TrainingState(model, optimizer, own_callbacks, history)
    if checkpoint and (saved := checkpoint.load()):
        state.load_state_dict(saved)
    for epoch in range(state.epoch, epochs):
        if any(callback.stop_training for callback in callbacks):
            break
        for callback in callbacks:
            callback.on_epoch_begin(epoch, {})
        order = torch.from_numpy(epoch_order(SEED, epoch, training.size)).to(device)
        logs = train_epoch(model, optimizer, x, y, order, callbacks)
        if held_out:
            for name, value in evaluate(model, *held_out).items():
                logs[f"val_{name}"] = value
        logs["learning_rate"] = optimizer.param_groups[0]["lr"]
        for callback in callbacks:
            callback.on_epoch_end(epoch, logs)
        for name, value in logs.items():
            history.setdefault(name, []).append(value)
        if checkpoint:
            checkpoint.save(state.state_dict())
    for callback in callbacks:
        callback.on_train_end({})
    return history


def train_epoch(
    model: Network,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    order: Tensor,
    callbacks: Sequence[Callback],
) -> dict[str, float]:
    """One pass over the samples in an order; means of the values before each step."""
    model.train()
    means = Means()
    for index, batch in enumerate(order.split(BATCH_SIZE)):
        for callback in callbacks:
            callback.on_train_batch_begin(index, {})
        inputs, targets = x.index_select(0, batch), y.index_select(0, batch)
        values = measure(model(inputs), targets)
        optimizer.zero_grad()
        values["loss"].backward()
        optimizer.step()
        means.add(values, len(batch))
        for callback in callbacks:
            callback.on_train_batch_end(index, {})
    return means.result()


@torch.inference_mode()
def evaluate(model: Network, x: Tensor, y: Tensor) -> dict[str, float]:
    """The loss and the metrics on samples, in inference mode."""
    model.eval()
    means = Means()
    for inputs, targets in zip(
        x.split(EVALUATION_BATCH_SIZE), y.split(EVALUATION_BATCH_SIZE), strict=True
    ):
        means.add(measure(model(inputs), targets), len(inputs))
    return means.result()


def load_data(path: Path) -> tuple[Dataset, Dataset | None]:
    """The training and the validation samples of a file."""
    return split_data(read_data(path))


def read_data(path: Path) -> Dataset:
    """The samples of a file, checked."""
    x, y, source = read_images(path, shape=(784,), white=255)
    return check_data(x, y, source)


def check_data(x: np.ndarray, y: np.ndarray, source: Source) -> Dataset:
    """Samples that fit the network, or a DataError that names the place.

    x has shape (N, 784), y holds classes from 0, shape (N,).
    """
    x = check_inputs(x, (784,), source)
    return Dataset(x, check_classes(y, len(x), 10, source))


def split_data(data: Dataset) -> tuple[Dataset, Dataset | None]:
    """Training and validation samples, shuffled."""
    return split_samples(data, 0.2, SEED, stratify=False)


def main() -> None:
    """Train on the data; print and write the results."""
    parser = argparse.ArgumentParser(description=f"Train the network {NAME}.")
    parser.add_argument(
        "--epochs", type=int, default=EPOCHS, help="passes over the data (%(default)s)"
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, help="the file of samples (%(default)s)"
    )
    parser.add_argument(
        "--device",
        choices=devices(),
        default=devices()[0],
        help="where to compute (%(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, help="a folder for history, weights and checkpoint"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from a checkpoint in --output"
    )
    arguments = parser.parse_args()
    if arguments.epochs < 1:
        parser.error("--epochs must be at least 1")
    if arguments.resume and not arguments.output:
        parser.error("--resume needs --output")
    checkpoint = Checkpoint(arguments.output) if arguments.output else None
    if checkpoint and checkpoint.path.exists() and not arguments.resume:
        parser.error(f"{checkpoint.path} exists; --resume goes on from there")
    try:
        training, validation = load_data(arguments.data)
        if arguments.output:
            arguments.output.mkdir(parents=True, exist_ok=True)
        if checkpoint:
            checkpoint.load()
    except (DataError, OSError) as error:
        sys.exit(f"error: {error}")
    model = build_model(torch.device(arguments.device))
    print(model)
    progress = PrintEpochs(arguments.epochs)
    history = train(
        model, training, validation, arguments.epochs, [progress], checkpoint
    )
    if arguments.output:
        with replacing(arguments.output / "history.json") as new:
            new.write_text(json.dumps(history, indent=2))
        with replacing(arguments.output / "model.pt") as new:
            torch.save(model.state_dict(), new)


# Helpers: the same data and random numbers as in Keras.


class DataError(ValueError):
    """The data do not fit the network; the message names file, row and column."""


class Source(NamedTuple):
    """Where samples come from; for messages."""

    file: str = ""
    x: str = "x"
    y: str = "y"
    columns: Sequence[str] = ()  # of a table: the names of the features

    def place(self, name: str, *index: int) -> str:
        """The place of a value: a cell of a table or an element of an array."""
        file = f"{self.file}: " if self.file else ""
        if not self.columns:
            return f"{file}{name}[{', '.join(map(str, index))}]"
        row, *rest = index
        column = self.columns[rest[0]] if name != self.y else name
        return f"{file}row {row + 2}, column {column!r}"  # row 1 is the header


class Dataset(NamedTuple):
    """Samples: inputs and targets."""

    x: np.ndarray
    y: np.ndarray

    @property
    def size(self) -> int:
        """How many samples there are."""
        return len(self.y)

    def take(self, indices: np.ndarray) -> Dataset:
        """The samples at some positions, in their order."""
        return Dataset(self.x[indices], self.y[indices])


# What NumPy raises for files that are damaged or something else.
UNREADABLE = (OSError, ValueError, TypeError, EOFError, MemoryError, RuntimeError)


def read_samples(path: Path, x: str, y: str) -> tuple[np.ndarray, np.ndarray, Source]:
    """The arrays called `x` and `y` of a file."""
    arrays = read_arrays(path, [x, y])
    return arrays[x], arrays[y], Source(str(path), x, y)


def read_arrays(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Some arrays of an NPZ file by their names."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in names if name in file}
            found = ", ".join(file) or "none"
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such file") from None
    except (*UNREADABLE, BadZipFile, zlib.error) as error:
        raise DataError(f"{path}: not a readable NPZ file ({error})") from None
    for name in names:
        if name not in arrays:
            raise DataError(f"{path}: no array {name!r} (found: {found})")
    return arrays


def read_images(
    path: Path, *, shape: tuple[int, ...], white: int
) -> tuple[np.ndarray, np.ndarray, Source]:
    """Images of 0 to `white`, scaled to 0..1 and given a shape, and their classes."""
    x, y, source = read_samples(path, "x", "y")
    x = as_numbers(x, "x", source)
    if x.ndim == 0 or math.prod(x.shape[1:]) != math.prod(shape):
        found = f"{path}: x has shape {x.shape}"
        raise DataError(f"{found}; images of {math.prod(shape)} pixels are taken")
    return x.reshape(len(x), *shape) / white, y, source


def as_numbers(values: np.ndarray, name: str, source: Source) -> np.ndarray:
    """An array of finite numbers, laid out in memory as every framework takes it."""
    values = np.asarray(values)
    if values.dtype.kind not in "buif" or values.dtype.itemsize > 8:
        raise DataError(f"{source.file}: {name} holds {values.dtype}, not numbers")
    finite = np.isfinite(values)
    if not finite.all():
        index = tuple(int(i) for i in np.argwhere(~finite)[0])
        place = source.place(name, *index)
        raise DataError(f"{place} is {values[index]}, not a finite number")
    return np.require(values, values.dtype.newbyteorder("="), ["C", "W"])


def check_inputs(x: np.ndarray, shape: tuple[int, ...], source: Source) -> np.ndarray:
    """The inputs, if they are finite numbers of the shape that the network takes."""
    x = as_numbers(x, source.x, source)
    if source.columns and math.prod(x.shape[1:]) == math.prod(shape):
        x = x.reshape(-1, *shape)
    if x.shape[1:] != shape or x.ndim == 0:
        taken = f"the network takes samples of shape {shape}"
        raise DataError(f"{source.file}: {source.x} has shape {x.shape}; {taken}")
    if len(x) == 0:
        raise DataError(f"{source.file}: there are no samples")
    return x if x.dtype != np.int64 else x.astype(float)  # int64 is for whole numbers


def check_targets(y: np.ndarray, count: int, source: Source) -> np.ndarray:
    """The targets, if there is one for each sample and all are finite numbers."""
    y = as_numbers(y, source.y, source)
    if y.ndim == 0 or len(y) != count:
        raise DataError(
            f"{source.file}: {source.y} has shape {y.shape} for {count} samples"
        )
    return y


def check_classes(
    y: np.ndarray,
    count: int,
    classes: int,
    source: Source,
    shape: tuple[int, ...] = (),
    ignored: int | None = None,
) -> np.ndarray:
    """The class of each sample, or position, from 0 to `classes` - 1, or `ignored`."""
    y = check_targets(y, count, source)
    if y.size != count * math.prod(shape) or (shape and y.shape[1:] != shape):
        wanted = f"one for each of {shape} positions" if shape else "one class a sample"
        raise DataError(f"{source.file}: {source.y} has shape {y.shape}, not {wanted}")
    y = y.reshape(-1, *shape)
    wrong = ((y != np.floor(y)) | (y < 0) | (y >= classes)) & (y != ignored)
    if wrong.any():
        index = tuple(int(i) for i in np.argwhere(wrong)[0])
        place, allowed = source.place(source.y, *index), f"from 0 to {classes - 1}"
        raise DataError(f"{place} is {y[index]:g}; classes are whole numbers {allowed}")
    return y.astype(np.int64)


def split_samples(
    data: Dataset, fraction: float, seed: int, *, stratify: bool = False
) -> tuple[Dataset, Dataset | None]:
    """Shuffle and split off a fraction (of each class, if stratified) to validate."""
    if not fraction:
        return data, None
    order = random_generator(seed, "split").permutation(data.size)
    training = np.zeros(len(order), dtype=bool)
    groups = np.zeros(len(order), dtype=int)
    if stratify:
        groups = np.unique(data.y, axis=0, return_inverse=True)[1].reshape(-1)
    for group in range(groups.max() + 1):
        members = order[groups[order] == group]
        if stratify and len(members) < 2:
            raise DataError(f"only one sample has the target {data.y[members[0]]}")
        training[members[: math.floor(len(members) * (1.0 - fraction))]] = True
    parts = [order[training[order]], order[~training[order]]]
    if not len(parts[0]) or not len(parts[1]):
        raise DataError(
            f"{len(order)} samples cannot be split with validation_split = {fraction}"
        )
    return data.take(parts[0]), data.take(parts[1])


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path to write to, which takes the place of `path` once it is on the disk."""
    new = path.with_name(f"new_{path.name}")
    yield new
    with new.open("rb+") as file:
        os.fsync(file.fileno())
    new.replace(path)


def initial_values(
    initializers: Mapping, path: str, shape: Sequence[int], seed: int
) -> np.ndarray:
    """The first values of a weight, drawn for its path."""
    initializer = rule(initializers, path)
    return initializer(random_generator(seed, path), tuple(shape))


def fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """How many inputs an output has and how many outputs an input has.

    Of a vector, both are its length; else, where no axes are named, inputs and outputs
    are the last two axes, and each of them has all the positions on those before.
    """
    if input_axes is not None and output_axes is not None:
        sizes = ([shape[axis] for axis in axes] for axes in (input_axes, output_axes))
        inputs, outputs = map(math.prod, sizes)
        return inputs, outputs
    if len(shape) < 2:
        return math.prod(shape), math.prod(shape)
    field = math.prod(shape[:-2])
    return shape[-2] * field, shape[-1] * field


def zeros(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All zero."""
    return np.zeros(shape)


def ones(generator: np.random.Generator, shape: Sequence[int]) -> np.ndarray:
    """All one."""
    return np.ones(shape)


def glorot_uniform(
    generator: np.random.Generator, shape: Sequence[int], **axes: Sequence[int]
) -> np.ndarray:
    """Glorot and Bengio (2010): uniform, variance 2 / (fan in + fan out)."""
    limit = math.sqrt(6.0 / sum(fans(shape, **axes)))
    return generator.uniform(-limit, limit, shape)


def random_generator(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers that depend on nothing but the seed and the purpose."""
    digest = hashlib.sha256(f"{seed} {purpose}".encode()).digest()
    key = int.from_bytes(digest[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of the samples in an epoch (counted from 0)."""
    return random_generator(seed, f"epoch {epoch}").permutation(count)


def rule(rules: Mapping[str, Any], path: str) -> Any:
    """What is said of a weight by its path, else by its name, else None."""
    return rules[path] if path in rules else rules.get(path.rpartition("/")[2])


class Callback:
    """Something that acts during training, at the times of Keras' callbacks."""

    stop_training = False
    STATE: ClassVar[Sequence[str]] = ()
    """The attributes that change in training, beside `stop_training`."""

    def state_dict(self) -> dict[str, Any]:
        """What it takes to go on later."""
        return {name: getattr(self, name) for name in ("stop_training", *self.STATE)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a state."""
        for name, value in state.items():
            setattr(self, name, value)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float]) -> None:
        """Before the epoch's first batch; epochs count from 0."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, float]) -> None:
        """Before each batch of an epoch; batches count from 0."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float]) -> None:
        """After each batch; if a callback reads them, logs has the means so far."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """After the epoch's validation, with its values and its learning rate."""

    def on_train_end(self, logs: dict[str, float]) -> None:
        """After the last epoch."""


def improves(value: float, best: float | None, mode: str, min_delta: float) -> bool:
    """Whether a value beats the best; Keras compares in 32 bits, a first value wins."""
    if best is None:
        return True
    if mode == "min":
        return bool(np.float32(value + min_delta) < np.float32(best))
    return bool(np.float32(value - min_delta) > np.float32(best))


@dataclass
class EarlyStopping(Callback):
    """Stops when `monitor` stopped improving; may end with the best weights."""

    STATE = ("best", "best_weights", "wait")
    model: nn.Module
    monitor: str
    min_delta: float
    patience: int
    mode: str
    baseline: float | None
    restore_best_weights: bool
    start_from_epoch: int
    best: float | None = None
    best_weights: dict[str, Tensor] | None = None
    wait: int = 0

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        value = logs[self.monitor]
        if epoch < self.start_from_epoch:
            return
        self.wait += 1
        if improves(value, self.best, self.mode, self.min_delta):
            self.best = value
            if self.restore_best_weights:
                state = self.model.state_dict()
                self.best_weights = {name: w.clone() for name, w in state.items()}
            if self.baseline is None or improves(
                value, self.baseline, self.mode, self.min_delta
            ):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stop_training = True

    def on_train_end(self, logs: dict[str, float]) -> None:
        if self.best_weights is not None:
            self.model.load_state_dict(self.best_weights)


@dataclass
class PrintEpochs(Callback):
    """Prints a line for each epoch."""

    epochs: int

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        values = "  ".join(f"{name} {value:.4g}" for name, value in logs.items())
        print(f"epoch {epoch + 1}/{self.epochs}  {values}", flush=True)


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


def as_tensors(data: Dataset, device: torch.device) -> tuple[Tensor, Tensor]:
    """Samples on the device."""
    return as_tensor(data.x, device), as_tensor(data.y, device)


def as_tensor(values: np.ndarray, device: torch.device) -> Tensor:
    """An array on the device: whole numbers as int64, others in the default type."""
    tensor = torch.from_numpy(values)
    whole = tensor.dtype == torch.int64
    return tensor.to(device, None if whole else torch.get_default_dtype())


def devices() -> list[str]:
    """The names of the devices that there are, first the one that is taken unasked."""
    count = torch.cuda.device_count()
    cuda = ["cuda", *(f"cuda:{index}" for index in range(count))] if count else []
    mps = ["mps"] if torch.backends.mps.is_available() else []
    return [*cuda, "cpu", *mps]


class Means:
    """Means over the samples of many batches, kept on the device until the end."""

    def __init__(self) -> None:
        self.totals: dict[str, Tensor] = {}
        self.count = 0

    def add(self, values: dict[str, Tensor], count: int) -> None:
        """Add the means of a batch of `count` samples."""
        for name, value in values.items():
            total = value.detach() * count
            self.totals[name] = (
                self.totals[name] + total if name in self.totals else total
            )
        self.count += count

    def result(self) -> dict[str, float]:
        """The means of all batches."""
        return {name: float(total) / self.count for name, total in self.totals.items()}


def sparse_categorical_accuracy(logits: Tensor, targets: Tensor) -> Tensor:
    """The fraction of samples whose highest score is that of their class."""
    return (logits.argmax(dim=-1) == targets).to(logits.dtype).mean()


@dataclass
class ReduceLROnPlateau(Callback):
    """PyTorch's own scheduler, told of `monitor` after each epoch."""

    optimizer: torch.optim.Optimizer
    monitor: str
    factor: float
    patience: int
    mode: Any
    min_delta: float
    cooldown: int
    min_lr: float

    def __post_init__(self) -> None:
        self.scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
            self.optimizer,
            self.mode,
            self.factor,
            self.patience,
            threshold=self.min_delta,
            cooldown=self.cooldown,
            min_lr=self.min_lr,
        )

    def state_dict(self) -> dict[str, Any]:
        return {**super().state_dict(), "scheduler": self.scheduler.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        own = dict(state)
        self.scheduler.load_state_dict(own.pop("scheduler"))
        super().load_state_dict(own)

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.scheduler.step(logs[self.monitor])


# How a weight starts: by its path, else by its name.
INITIALIZERS = {
    "kernel": glorot_uniform,
    "bias": zeros,
    "gamma": ones,
    "beta": zeros,
    "moving_mean": zeros,
    "moving_variance": ones,
}

if __name__ == "__main__":
    main()
