"""What Keras' callbacks do not do."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
from keras import ops

from ..shared.files import replacing
from ..shared.tables import EpochTable


class LearningRateByStep(keras.callbacks.Callback):
    """Sets the learning rate of each step before it is taken."""

    def __init__(self, schedule: Callable[[int], float], steps_per_epoch: int) -> None:
        super().__init__()
        self.schedule, self.steps_per_epoch = schedule, steps_per_epoch
        self.first_step = 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self.first_step = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        model: Any = self.model
        model.optimizer.learning_rate = self.schedule(self.first_step + batch)


class LogLearningRate(keras.callbacks.Callback):
    """Gives the learning rate of the epoch to the callbacks behind it."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        model: Any = self.model
        logs["learning_rate"] = float(model.optimizer.learning_rate)


class ModelCheckpoint(keras.callbacks.ModelCheckpoint):
    """Keras' own, with paths below a folder and files that are whole or not there."""

    def __init__(self, folder: Path, filepath: str, **options: Any) -> None:
        super().__init__(filepath, **options)
        self.folder = folder

    def _save_model(self, epoch: int, batch: int | None, logs: Any) -> None:
        path = self._get_file_path(epoch, batch, logs)
        if not self._should_save_model(epoch, batch, logs, path):
            return
        path = self.folder / path
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as new:
            model: Any = self.model
            if self.save_weights_only:
                model.save_weights(new)
            else:
                model.save(new)


class CSVLogger(EpochTable, keras.callbacks.Callback):
    """Keras' own, which can go on after an interruption and has the learning rate."""

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.write(epoch, logs)


class SwapEMAWeights(keras.callbacks.SwapEMAWeights):
    """Keras' own, which can go on after its last epoch: it keeps the weights."""

    def __init__(self, swap_on_epoch: bool) -> None:
        super().__init__(swap_on_epoch)
        self.last_weights: Any = None

    def _finalize_ema_values(self) -> None:
        self.last_weights = [ops.convert_to_numpy(value) for value in self.averages()]
        super()._finalize_ema_values()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        if self.last_weights is not None:
            for average, value in zip(self.averages(), self.last_weights, strict=True):
                average.assign(value)
            self.last_weights = None
        super().on_epoch_begin(epoch, logs)

    def averages(self) -> Any:
        """The optimizer's averages, or between epochs the weights in their place."""
        model: Any = self.model
        return model.optimizer._model_variables_moving_average
