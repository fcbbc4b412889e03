from __future__ import annotations

import argparse
import hashlib
import json
import math
import os
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import BadZipFile

import keras
import numpy as np
from keras import layers, ops

NAME = "complete"
SEED = 0  # of the initial weights, the split, the order and dropout
EPOCHS = 50
BATCH_SIZE = 32
EVALUATION_BATCH_SIZE = 1024
HERE = Path(__file__).parent
DATA = HERE.joinpath("mnist_5k.npz")
STEPS_PER_EXECUTION = 16  # of training in one call


def build_model() -> keras.Model:
    """The compiled network with its initial weights: (N, 784) to (N, 10)."""
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(256, name="dense"),  # (N, 256)
            layers.BatchNormalization(
                momentum=0.99, epsilon=0.001, name="dense_batch_normalization"
            ),  # (N, 256)
            layers.Activation("relu", name="dense_activation"),  # (N, 256)
            layers.Dropout(
                0.3, seed=derived_seed(SEED, "dense_dropout"), name="dense_dropout"
            ),  # (N, 256)
            layers.Dense(256, name="dense_1"),  # (N, 256)
            layers.BatchNormalization(
                momentum=0.99, epsilon=0.001, name="dense_1_batch_normalization"
            ),  # (N, 256)
            layers.Activation("relu", name="dense_1_activation"),  # (N, 256)
            layers.Dropout(
                0.3, seed=derived_seed(SEED, "dense_1_dropout"), name="dense_1_dropout"
            ),  # (N, 256)
            layers.Dense(128, name="dense_2"),  # (N, 128)
            layers.BatchNormalization(
                momentum=0.99, epsilon=0.001, name="dense_2_batch_normalization"
            ),  # (N, 128)
            layers.Activation("relu", name="dense_2_activation"),  # (N, 128)
            layers.Dropout(
                0.3, seed=derived_seed(SEED, "dense_2_dropout"), name="dense_2_dropout"
            ),  # (N, 128)
            layers.Dense(10, activation="softmax", name="dense_3"),  # (N, 10)
        ],
        name=NAME,
    )
    for path, weight in named_weights(model).items():
        weight.assign(initial_values(INITIALIZERS, path, weight.shape, SEED))
    compile_model(model)
    return model


def compile_model(model: keras.Model) -> None:
    """Give the model its loss, its metrics and a fresh optimizer."""
    model.compile(
        optimizer=keras.optimizers.Adam(
            learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07
        ),
        loss=keras.losses.SparseCategoricalCrossentropy(),
        metrics=[
            keras.metrics.SparseCategoricalAccuracy(name="accuracy"),
        ],
        steps_per_execution=STEPS_PER_EXECUTION,
    )


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """The weights by path: the name of the layer and that of the weight."""
    return {weight.path.removeprefix(f"{NAME}/"): weight for weight in model.weights}


def train(
    model: keras.Model,
    training: Dataset,
    validation: Dataset | None = None,
    epochs: int = EPOCHS,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    checkpoint: Checkpoint | None = None,
    verbose: Any = 0,
) -> dict[str, list[float]]:
    """Train the model; returns losses, metrics and learning rate of each epoch.

    With a checkpoint it goes on from there, and saves its state after each epoch.
    """
    compile_model(model)
    own_callbacks = [
        keras.callbacks.ReduceLROnPlateau(
            monitor="val_loss",
            mode="min",
            min_delta=0.0001,
            factor=0.5,
            patience=5,
            cooldown=0,
            min_lr=1e-05,
        ),
        keras.callbacks.EarlyStopping(
            monitor="val_loss",
            mode="min",
            min_delta=0,
            patience=10,
            baseline=None,
            restore_best_weights=True,
            start_from_epoch=0,
        ),
    ]
    state = TrainingState(own_callbacks, checkpoint)
    model.fit(
        ShuffledBatches(training, BATCH_SIZE, SEED, state.next_epoch),
        validation_data=None if validation is None else tuple(validation),
        validation_batch_size=EVALUATION_BATCH_SIZE,
        initial_epoch=state.next_epoch,
        epochs=state.next_epoch if state.stopped else epochs,
        shuffle=False,
        verbose=verbose,
        callbacks=[*own_callbacks, state, *callbacks],
    )
    return state.history


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
    with keras.device(arguments.device):
        model = build_model()
        model.summary()
        history = train(
            model,
            training,
            validation,
            arguments.epochs,
            checkpoint=checkpoint,
            verbose="auto",
        )
    if arguments.output:
        with replacing(arguments.output / "history.json") as new:
            new.write_text(json.dumps(history, indent=2))
        with replacing(arguments.output / "model.keras") as new:
            model.save(new)


# Helpers: the same data and random numbers in every framework.


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


def derived_seed(seed: int, purpose: str) -> int:
    """A seed of its own for one purpose."""
    return int(random_generator(seed, purpose).integers(2**31 - 1))


def epoch_order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order of the samples in an epoch (counted from 0)."""
    return random_generator(seed, f"epoch {epoch}").permutation(count)


def rule(rules: Mapping[str, Any], path: str) -> Any:
    """What is said of a weight by its path, else by its name, else None."""
    return rules[path] if path in rules else rules.get(path.rpartition("/")[2])


# The attributes of Keras' callbacks that change from epoch to epoch.
CALLBACK_STATE = {
    "_ema_weights_in_model",
    "best",
    "best_epoch",
    "best_weights",
    "columns",
    "cooldown_counter",
    "last_weights",
    "stopped_epoch",
    "text",
    "wait",
}


class TrainingState(keras.callbacks.History):
    """All that training changes; the order of samples is a function of the epoch.

    It stands behind the other callbacks: Keras resets these when training begins.
    """

    def __init__(
        self,
        callbacks: Sequence[keras.callbacks.Callback],
        checkpoint: Checkpoint | None,
        rate_by_step: bool = False,
    ) -> None:
        super().__init__()
        self.callbacks, self.checkpoint = callbacks, checkpoint
        self.rate_by_step = rate_by_step
        self.saved = checkpoint.load() if checkpoint else None
        if self.saved:
            self.history = self.saved["history"]

    @property
    def next_epoch(self) -> int:
        """The epoch that comes next, counted from 0."""
        return len(self.history.get("loss", ()))

    @property
    def stopped(self) -> bool:
        """Whether a callback has stopped the training that goes on."""
        return bool(self.saved and self.saved["stopped"])

    def on_train_begin(self, logs: Any = None) -> None:
        super().on_train_begin(logs)
        if self.saved:
            self.load_state_dict(self.saved)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.rate = self.learning_rate()

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        # Callbacks may have set the rate of the next epoch already.
        rate = self.learning_rate() if self.rate_by_step else self.rate
        logs["learning_rate"] = rate
        super().on_epoch_end(epoch, logs)
        if self.checkpoint:
            self.checkpoint.save(self.state_dict())

    def learning_rate(self) -> float:
        """What it is now."""
        model: Any = self.model
        return float(model.optimizer.learning_rate)

    def state_dict(self) -> dict[str, Any]:
        """What it is after an epoch; the variables include the state of dropout."""
        model: Any = self.model
        return {
            "variables": [ops.convert_to_numpy(v) for v in model.variables],
            "optimizer": [ops.convert_to_numpy(v) for v in model.optimizer.variables],
            "callbacks": [
                {name: vars(item)[name] for name in CALLBACK_STATE & vars(item).keys()}
                for item in self.callbacks
            ],
            "history": self.history,
            "stopped": model.stop_training,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Make it what it was."""
        model: Any = self.model
        model.optimizer.build(model.trainable_variables)
        for kind, variables in (
            ("variables", model.variables),
            ("optimizer", model.optimizer.variables),
        ):
            for variable, value in zip(variables, state[kind], strict=True):
                variable.assign(value)
        for callback, saved in zip(self.callbacks, state["callbacks"], strict=True):
            vars(callback).update(saved)


@dataclass
class Checkpoint:
    """The file in a folder with the state of training after its last whole epoch."""

    folder: Path

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.folder / "checkpoint.npz"

    def load(self) -> dict[str, Any] | None:
        """The state, or None before the first epoch; an error if it is damaged."""
        if not self.path.exists():
            return None
        try:
            with self.path.open("rb") as opened, np.load(opened) as file:
                return unpacked(json.loads(str(file["state"])), file)
        except (BadZipFile, EOFError, KeyError, ValueError, zlib.error) as error:
            raise DataError(f"{self.path} is no checkpoint: {error}") from error

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state; whatever happens, the old or the new one can be loaded.

        The old one stays if the loss of the epoch or a weight after it is not finite.
        """
        if not is_finite(state):
            return
        arrays: dict[str, Any] = {}
        values = packed(state, arrays)
        with replacing(self.path) as new:
            np.savez(new, state=json.dumps(values), **arrays)


def is_finite(state: dict[str, Any]) -> bool:
    """Whether the loss of the last epoch and all weights after it are finite."""
    return math.isfinite(state["history"]["loss"][-1]) and all(
        bool(np.isfinite(values).all()) for values in state["variables"]
    )


def packed(value: Any, arrays: dict[str, Any]) -> Any:
    """A value with the name of an array in `arrays` in place of each array in it."""
    if isinstance(value, dict):
        return {key: packed(item, arrays) for key, item in value.items()}
    if isinstance(value, list):
        return [packed(item, arrays) for item in value]
    if not isinstance(value, np.ndarray):
        return value
    name = f"array_{len(arrays)}"
    arrays[name] = value
    return {"array": name}


def unpacked(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    """The value that was packed."""
    if isinstance(value, list):
        return [unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"array"}:
        return arrays[value["array"]]
    return {key: unpacked(item, arrays) for key, item in value.items()}


class ShuffledBatches(keras.utils.PyDataset):
    """Batches in an order that is the same in every framework and new in each epoch."""

    def __init__(
        self, data: Dataset, batch_size: int, seed: int, next_epoch: int = 0
    ) -> None:
        super().__init__()
        self.data, self.batch_size, self.seed = data, batch_size, seed
        self.next_epoch = next_epoch
        self.order = np.arange(data.size)  # until the first epoch begins

    def on_epoch_begin(self) -> None:
        self.order = epoch_order(self.seed, self.next_epoch, len(self.order))
        self.next_epoch += 1

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self.batch_size)

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        batch = self.order[index * self.batch_size : (index + 1) * self.batch_size]
        return tuple(self.data.take(batch))


def devices() -> list[str]:
    """The names of the devices that there are, first the one that is taken unasked.

    Keras itself computes on the processor, and does not say so, where one is missing.
    """
    gpus, cpus = map(keras.distribution.list_devices, ("gpu", "cpu"))
    return [*gpus, *cpus]


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
