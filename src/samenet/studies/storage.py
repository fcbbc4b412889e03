"""Where the trials of a study are kept: a journal in a folder, or any storage of Optuna."""

from __future__ import annotations

import importlib.util
import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock

from samenet.diagnostics import FrameworkError

if TYPE_CHECKING:
    from optuna.storages import BaseStorage
    from optuna.study import Study

JOURNAL = "trials.journal"
"""The file in the folder of a study; each line is an event, and lines are only added."""


@dataclass(frozen=True)
class Place:
    """Where a study is.

    Attributes:
        address: the path of a journal, or a storage URL as Optuna takes it.
        study: the name of the study there.
        minimize: whether the value of a trial is to be small.
    """

    address: str
    study: str
    minimize: bool = True

    def open(self) -> tuple[BaseStorage, Study]:
        """The storage and the study, which is made if it is not there.

        Raises:
            FrameworkError: Optuna is not installed.
            OSError: the journal cannot be read or written.
            ValueError: the URL leads to no storage.
        """
        optuna = require_optuna()
        storage = _storage(self.address)
        direction = "minimize" if self.minimize else "maximize"
        study = optuna.create_study(
            storage=storage,
            study_name=self.study,
            direction=direction,
            load_if_exists=True,
        )
        return storage, study

    def guard(self) -> AbstractContextManager[Any]:
        """Held while a trial is claimed, where the storage alone would let two processes do so.

        Optuna reads the state of a trial and then sets it. Other data bases lock the row in
        between; SQLite cannot, so there is a lock beside its file.
        """
        if not self.address.startswith("sqlite"):
            return nullcontext()
        from sqlalchemy.engine import make_url  # noqa: PLC0415

        file = make_url(self.address).database
        return FileLock(f"{file}.lock") if file else nullcontext()


def require_optuna() -> Any:
    """Optuna, without its lines about each trial.

    Raises:
        FrameworkError: it is not installed.
    """
    for package in ("optuna", "scipy"):
        if importlib.util.find_spec(package) is None:
            message = f"{package} is not installed; install it: pip install 'samenet[ablation]'"
            raise FrameworkError(message)
    import optuna  # noqa: PLC0415  (takes half a second)

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def studies_in(address: str) -> list[str]:
    """The names of the studies that a storage has.

    Raises:
        OSError: the journal cannot be read or written.
        ValueError: the URL leads to no storage.
    """
    return [study.study_name for study in _storage(address).get_all_studies()]


def remove(place: Place) -> None:
    """Remove a study with its trials, if it is there.

    Raises:
        OSError: the journal cannot be removed.
        ValueError: the URL leads to no storage.
    """
    if is_journal(place.address):
        Path(place.address).unlink(missing_ok=True)
    elif place.study in studies_in(place.address):
        require_optuna().delete_study(study_name=place.study, storage=_storage(place.address))


def is_journal(address: str) -> bool:
    """Whether an address is that of a file, and not a URL."""
    return "://" not in address


def _storage(address: str) -> BaseStorage:
    optuna = require_optuna()
    if is_journal(address):
        from optuna.storages import JournalStorage  # noqa: PLC0415
        from optuna.storages.journal import (  # noqa: PLC0415
            JournalFileBackend,
            JournalFileOpenLock,
        )

        Path(address).parent.mkdir(parents=True, exist_ok=True)
        lock = JournalFileOpenLock(address) if os.name == "nt" else None
        try:
            return JournalStorage(JournalFileBackend(address, lock_obj=lock))
        except (ValueError, KeyError) as error:
            raise OSError(f"{address} is no journal of trials: {error}") from error
    try:
        return optuna.storages.get_storage(address)
    except Exception as error:  # whatever the driver of a data base raises
        raise ValueError(f"{address} leads to no storage: {error}") from error
