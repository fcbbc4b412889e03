"""What every data source has: how its samples are split, and which expression reads them.

Reading, checking and splitting are the program's own functions (`templates/shared/data.py` and
`splits.py`, for several inputs or outputs also `several.py`): what runs in process is what a
compiled program runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Literal, NamedTuple

from pydantic import Field

from samenet.codegen.expression import Call, Expression, Name
from samenet.diagnostics import Refusal
from samenet.graph.ir import ResolvedGraph, Shape
from samenet.named import ONLY
from samenet.schema import Model, OpenFraction, Rate

if TYPE_CHECKING:
    from samenet.spec.model import Spec

WEIGHTS = "sample_weight"
"""The key of the weights of samples among the targets of several outputs."""


class Reading(NamedTuple):
    """How the arrays of a network with several inputs or outputs are read.

    Attributes:
        function: what reads them: of (path, inputs, targets), two dictionaries.
        inputs: what to read for each input by its name; `ONLY` for a single one.
        targets: likewise for each output, and for the weights of samples under `WEIGHTS`.
    """

    function: Name
    inputs: dict[str, Expression]
    targets: dict[str, Expression]


class ByNames(NamedTuple):
    """What is said once of the only input or output, or of each by its name.

    Attributes:
        key: where it is said.
        values: by the names, or under `ONLY`.
        of: what has these names.
        complete: whether none may be left out.
    """

    key: str
    values: Mapping[str, Any]
    of: Literal["input", "output"]
    complete: bool


class DataSource(Model):
    """Where samples come from; a subclass adds a `source` and what it needs to be found.

    Keys that came later have no value by default, so that they change no program without them.
    """

    VARIANTS: ClassVar[Mapping[tuple[str, str], str]] = MappingProxyType({})
    """The helpers of which its programs have another variant, and the file of that."""

    STREAMS: ClassVar[bool] = False
    """Whether inputs stay in their files and are read batch by batch."""

    HANDED_OVER: ClassVar[bool] = False
    """Whether the samples come with the call that trains, not from the spec."""

    IMAGES: ClassVar[bool] = False
    """Whether it is one array of images with a class for each of them."""

    validation_split: Rate = Field(
        0.0, description="The fraction of the (shuffled) samples kept for validation."
    )
    stratify: bool = Field(
        False, description="Whether the split keeps the proportions of the classes."
    )
    test_split: OpenFraction | None = Field(
        None,
        description="The fraction of all samples kept for a test after the training.",
    )
    split: Literal["shuffled", "ordered"] | None = Field(
        None,
        description='"ordered" keeps the last samples for validation and, behind them, tests; '
        "by default they are shuffled.",
    )

    @property
    def kind(self) -> str:
        """Its `source`."""
        return getattr(self, "source", "")

    def tables(self, *, several: bool) -> Iterator[ByNames]:
        """What it says by the names of inputs and outputs.

        Args:
            several: whether the network has several inputs.
        """
        del several
        yield from ()

    def refusals(self, spec: Spec, graph: ResolvedGraph) -> Iterator[Refusal]:
        """What it demands of the network and its loss, and does not get.

        Args:
            spec: the spec, in which places begin.
            graph: its network; of one input and one output where the source has `IMAGES`.
        """
        del spec, graph
        yield from ()

    @property
    def file(self) -> str | None:
        """The path of the file to read, or None where the person who runs it names one."""
        return None

    @property
    def validation_file(self) -> str | None:
        """The path of a file of validation samples."""
        return None

    @property
    def test_file(self) -> str | None:
        """The path of a file of test samples."""
        return None

    def files_by_option(self) -> dict[str, str]:
        """The files that a program reads, by the option with which it is told of another one."""
        options = ("--data", "--validation-data", "--test-data")
        files = (self.file, self.validation_file, self.test_file)
        return {option: file for option, file in zip(options, files, strict=True) if file}

    @property
    def validates(self) -> bool:
        """Whether some of the samples are for validation."""
        return self.validation_split > 0 or self.validation_file is not None

    @property
    def tests(self) -> bool:
        """Whether some of the samples are for a test."""
        return self.test_split is not None or self.test_file is not None

    @property
    def weights(self) -> str | None:
        """The name of the array or column of the weights of samples, if they have any."""
        return None

    def reader(self, input_shape: Shape) -> Call:
        """The call that reads the file called `path`.

        It gives inputs, targets, where they have them the weights of samples, and the source.
        """
        raise NotImplementedError

    def reading(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> Reading:
        """How the file is read for several inputs or outputs; `ONLY` stands for a single one."""
        raise NotImplementedError

    def grouping(self, count: Expression) -> Call | None:
        """The call that reads the group of each of `count` samples, if they have one."""
        del count
        return None

    def timing(self, count: Expression) -> Call | None:
        """The call that reads the time of each of `count` samples, if they are split by it."""
        del count
        return None


class PathSource(DataSource):
    """Samples of a file or a folder that the spec names, and perhaps of two more."""

    path: str = Field(min_length=1, description="The file or folder, relative to the spec.")
    validation: str | None = Field(
        None,
        min_length=1,
        description="A file like it with the samples for validation, relative to the spec.",
    )
    test: str | None = Field(
        None,
        min_length=1,
        description="A file like it with the samples for a test after the training.",
    )

    @property
    def file(self) -> str:
        return self.path

    @property
    def validation_file(self) -> str | None:
        return self.validation

    @property
    def test_file(self) -> str | None:
        return self.test


class WeightedSource(DataSource):
    """A source whose samples may have weights."""

    sample_weight: str | None = Field(
        None,
        min_length=1,
        description="The name of the array or column of a weight for each sample, with which its "
        "loss counts, in training and in validation. The sum is divided by the number of samples, "
        "not by that of their weights; metrics are without weights. Of `arrays` it is the third "
        "array that is handed over.",
    )

    @property
    def weights(self) -> str | None:
        return self.sample_weight

    def with_weights(self, targets: dict[str, Expression]) -> dict[str, Expression]:
        """What to read for each output, and the weights if there are any."""
        return targets if self.weights is None else {**targets, WEIGHTS: self.weights}


class FileSource(WeightedSource, PathSource):
    """Samples of a file that may say of each to which group it belongs, or when it was."""

    groups: str | None = Field(
        None,
        min_length=1,
        description="The column or array with the group of each sample: all samples of a group "
        "are on the same side of a split, whose fraction is then one of the groups.",
    )
    order_by: str | None = Field(
        None,
        min_length=1,
        description="Of an ordered split: the column or array with the time of each sample, a "
        "number or a date in ISO 8601; by default they are in order.",
    )

    @property
    def takes_all(self) -> bool:
        """Whether all that stands in the file becomes an input, but for what is named as else."""
        return False


def array_names(names: tuple[str, ...], alone: str) -> dict[str, Expression]:
    """The arrays of inputs or outputs that are called as they are; a single one is `alone`."""
    return {name: alone if name == ONLY else name for name in names}
