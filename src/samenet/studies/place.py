"""The folder of a study."""

from __future__ import annotations

import errno
import tempfile
from contextlib import ExitStack
from pathlib import Path

from samenet.studies.claims import Claims
from samenet.studies.storage import JOURNAL, Place, is_journal, remove, studies_in


def prepared(
    study: str,
    output: Path | None,
    storage: str | None,
    stack: ExitStack,
    *,
    force: bool,
    minimize: bool = True,
) -> Place:
    """Where a study is kept: what is there goes on.

    Args:
        study: its name, which says of what spec it is.
        output: its folder; without one, and without a storage, nothing is kept.
        storage: a storage URL of Optuna, in place of a journal in the folder.
        stack: closes what is not kept.
        force: remove what is there, and begin anew.
        minimize: whether the value of a trial is to be small.

    Raises:
        OSError: the folder holds another study, or somebody works on the one that is to go.
        ValueError: the storage URL leads nowhere.
    """
    if storage is not None:
        place = Place(storage, study, minimize)
    elif output is not None:
        place = Place(str(output.resolve() / JOURNAL), study, minimize)
    else:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="samenet-"))
        return Place(str(Path(folder) / JOURNAL), study, minimize)
    if is_journal(place.address) and not Path(place.address).exists():
        return place
    there = studies_in(place.address)
    if force:
        for name in there if is_journal(place.address) else [study]:
            _refuse_in_use(Place(place.address, name), there)
        remove(place)
    elif is_journal(place.address) and there and study not in there:
        message = f"it holds the study of another spec ({there[0]}); take another folder, "
        raise OSError(errno.EEXIST, f"{message}or replace it with --force", str(output))
    return place


def _refuse_in_use(place: Place, there: list[str]) -> None:
    if place.study in there and Claims(place).is_anybody_working():
        message = "other processes work on this study; wait for their end, or end them"
        raise OSError(errno.EBUSY, message, place.address)
