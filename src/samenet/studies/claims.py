"""Trials that several processes share, each done once.

A cell is a training that is wanted; its key says what it is. Trials are its attempts. Of all
attempts at a cell that have not failed only the first counts. A process claims it by setting its
state, which a storage lets one process do. While a process works on it, it adds to a
number, the beat. An attempt has failed when its process says so, or is gone.

That a process is gone is seen in two ways. It holds the lock of a file for as long as it lives, and
names it: if the file is on this machine and nobody holds it, the process has ended, however that
came about. For processes elsewhere there is the beat: if it stays the same for a while, counted by
the clock of the one who looks, the process is given up. If it is alive after all, its result
is dropped.
"""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from samenet.studies.storage import Place

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

BEAT = 10.0
"""Seconds between two signs of life."""

PATIENCE = 90.0
"""Seconds without one after which a process is given up."""

POLL = 0.5
"""Seconds between two looks at what other processes do."""

ATTEMPTS = 3
"""After so many processes that were lost over a cell nobody tries it again."""


class LostError(RuntimeError):
    """Processes that worked on a cell have ended without a word, time and again."""


@dataclass(frozen=True)
class Claim:
    """An attempt that is this process's own.

    Attributes:
        key: the cell.
        number: of the trial, in its study.
        trial: its number in the storage.
    """

    key: str
    number: int
    trial: int


Fixed = Mapping[str, Any]
"""Values by the names of what Optuna would choose."""


class Claims:
    """The trials of a study, as one process sees them.

    Use it as a context: inside, the process counts as alive.

    Args:
        place: the study, which is made if it is not there.
    """

    def __init__(self, place: Place) -> None:
        self._storage, self.study = place.open()
        self._guard = place.guard()
        self._study = self._storage.get_study_id_from_name(place.study)
        path = Path(tempfile.gettempdir()) / f"samenet-{uuid.uuid4()}.lock"
        self._lock = FileLock(path, timeout=0)
        self._beats: dict[int, tuple[int, float]] = {}

    def __enter__(self) -> Claims:
        self._lock.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self._lock.release()
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def results(self, keys: Iterable[str]) -> dict[str, Any]:
        """What came out of cells, as far as they are done."""
        live = self._live()
        return {
            key: live[key].user_attrs["result"]
            for key in keys
            if key in live and live[key].state.is_finished()
        }

    def next(self, keys: Sequence[str], fixed: Mapping[str, Fixed] | None = None) -> Claim | None:
        """A cell that nobody else does, or None; waits for nobody.

        Args:
            keys: the cells that are wanted, the first ones first.
            fixed: the values that a cell gives to what Optuna would choose, by keys.

        Raises:
            LostError: too many processes were lost over a cell.
        """
        states = _states()
        self._free_abandoned()
        for key in keys:
            if key not in self._live():
                self._add(key, (fixed or {}).get(key))
        live = self._live()
        for key in keys:
            trial = live.get(key)
            if trial is not None and trial.state is states.WAITING and self._take(trial.number):
                return Claim(key, trial.number, self._id(trial.number))
        return None

    def _take(self, number: int) -> bool:
        """Make a waiting trial one's own; false if another process was faster."""
        trial = self._id(number)
        try:
            with self._guard:
                taken = self._storage.set_trial_state_values(trial, _states().RUNNING)
        except _finished():
            return False
        if taken:
            self._note(number, "worker", self._lock.lock_file)
        return taken

    @contextmanager
    def alive(self, number: int) -> Generator[None]:
        """Give signs of life while a trial goes on."""
        ended = threading.Event()

        def beat() -> None:
            count = 0
            while not ended.wait(BEAT):
                count += 1
                with suppress(_finished()):
                    self._note(number, "beat", count)

        thread = threading.Thread(target=beat, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    @contextmanager
    def failing(self, number: int) -> Generator[None]:
        """Fail an attempt that ends with an exception, so that it can be repeated at once."""
        try:
            yield
        except BaseException as error:
            interrupted = isinstance(error, KeyboardInterrupt)
            self._fail(number, "interrupted" if interrupted else "failed")
            raise

    def complete(self, claim: Claim, result: Any, value: float | None) -> None:
        """Hand in what came out; it is dropped if this process was given up.

        Args:
            claim: the attempt.
            result: what JSON can hold.
            value: how good it is, or None for a trial that was ended early.
        """
        states = _states()
        with suppress(_finished()):
            self._note(claim.number, "result", result)
            state = states.PRUNED if value is None else states.COMPLETE
            values = None if value is None else [value]
            self._storage.set_trial_state_values(claim.trial, state, values)

    def _fail(self, number: int, reason: str) -> None:
        """Say that an attempt has failed, if nobody has said that already."""
        with suppress(_finished()):
            self._note(number, "ended", reason)
            self._storage.set_trial_state_values(self._id(number), _states().FAIL)

    def _free_abandoned(self) -> None:
        """Fail the attempts of processes that are gone."""
        running = self._storage.get_all_trials(self._study, states=(_states().RUNNING,))
        for trial in running:
            if self._is_abandoned(trial):
                self._fail(trial.number, "lost")

    def is_anybody_working(self) -> bool:
        """Whether a process on this machine works on a trial."""
        running = self._storage.get_all_trials(self._study, states=(_states().RUNNING,))
        return any(_is_held(trial) for trial in running)

    def _is_abandoned(self, trial: FrozenTrial) -> bool:
        held = _is_held(trial)
        if held is not None:
            return not held
        beat, now = trial.user_attrs.get("beat", 0), time.monotonic()
        seen = self._beats.get(trial.number)
        if seen is None or seen[0] != beat:
            self._beats[trial.number] = (beat, now)
            return False
        return now - seen[1] > PATIENCE

    def _live(self) -> dict[str, FrozenTrial]:
        """The attempt at each cell that counts."""
        states = _states()
        live: dict[str, FrozenTrial] = {}
        for trial in self._storage.get_all_trials(self._study, deepcopy=False):
            if trial.state is not states.FAIL and "key" in trial.user_attrs:
                live.setdefault(trial.user_attrs["key"], trial)
        return live

    def _add(self, key: str, fixed: Fixed | None) -> None:
        import optuna  # noqa: PLC0415

        trials = self._storage.get_all_trials(self._study, deepcopy=False)
        own = [trial for trial in trials if trial.user_attrs.get("key") == key]
        if sum(trial.user_attrs.get("ended") == "lost" for trial in own) >= ATTEMPTS:
            message = f"{ATTEMPTS} processes that worked on the same training were killed"
            raise LostError(f"{message}; is there too little memory?")
        template = optuna.trial.create_trial(
            state=_states().WAITING,
            user_attrs={"key": key},
            system_attrs={} if fixed is None else {"fixed_params": fixed},
        )
        self._storage.create_new_trial(self._study, template_trial=template)

    def _note(self, number: int, name: str, value: Any) -> None:
        self._storage.set_trial_user_attr(self._id(number), name, value)

    def _id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study, number)


def _is_held(trial: FrozenTrial) -> bool | None:
    """Whether the lock of a trial's process is held; None if it is not on this machine."""
    name = trial.user_attrs.get("worker")
    if name is None or not Path(name).exists():
        return None
    lock = FileLock(name, timeout=0)
    try:
        with lock:
            return False
    except (Timeout, OSError):
        return True


def _states() -> Any:
    from optuna.trial import TrialState  # noqa: PLC0415

    return TrialState


def _finished() -> type[Exception]:
    from optuna.exceptions import UpdateFinishedTrialError  # noqa: PLC0415

    return UpdateFinishedTrialError
