"""TensorBoard: losses, metrics and the learning rate of each epoch as event files.

Keras' tags: `epoch_<name>` by the epoch, counted from 0, below `train` and `validation`, and
`evaluation_<name>_vs_iterations` by the updates of the optimizer. The learning rate is the
optimizer's at that moment: behind a plateau, that of the next epoch. What only Keras can draw, the
graph of its model, is left out. Training that goes on adds files to those that are there.
Source: https://keras.io/api/callbacks/tensorboard/
"""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from samenet.callbacks.base import BaseCallback, file_in_folder
from samenet.codegen.expression import Call, Expression, Name, call
from samenet.lowering import lowers


class TensorBoard(BaseCallback):
    """Writes what is reported of each epoch where TensorBoard reads it."""

    FILE: ClassVar = "log_dir"
    PACKAGES: ClassVar = {"keras": "tensorboard", "torch": "tensorboardX"}

    type: Literal["tensor_board"]
    log_dir: str = Field("logs", min_length=1, description="The folder, in the folder of the run.")

    def files(self) -> tuple[str, ...]:
        return (self.log_dir,)


@lowers(TensorBoard, "keras")
def keras(callback: TensorBoard, batches: int | None) -> Call:
    """`keras.callbacks.TensorBoard`, without the graph."""
    del batches
    folder = call("str", file_in_folder(callback.log_dir))
    return call("keras.callbacks.TensorBoard", folder, write_graph=False)


@lowers(TensorBoard, "torch")
def torch(callback: TensorBoard, batches: int | None) -> Call:
    """The program's own class of the same tags; it is told of the batches of an update."""
    options: dict[str, Expression] = {"batches": batches} if batches else {}
    board = Name("TensorBoard", "torch/tensor_board")
    return call(board, Name("optimizer"), file_in_folder(callback.log_dir), **options)
