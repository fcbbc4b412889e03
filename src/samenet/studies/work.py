"""The loop of a process that does cells of a study, beside others that do the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from samenet.studies.claims import POLL, Claim, Claims, Fixed
from samenet.studies.storage import Place

if TYPE_CHECKING:
    from optuna.study import Study

Told = Callable[[Mapping[str, Any]], None]
"""Is given what came out of the cells that are done, by their keys."""


@dataclass(frozen=True)
class Outcome:
    """What came out of a training.

    Attributes:
        result: what is kept of it, in values that JSON knows.
        value: what it is judged by, or None if it was ended early.
    """

    result: Mapping[str, Any]
    value: float | None


def work(
    place: Place,
    keys: Sequence[str],
    do: Callable[[Study, Claim], Outcome],
    told: Told | None = None,
    fixed: Mapping[str, Fixed] | None = None,
) -> None:
    """Do cells until all of them are done, here or elsewhere.

    Args:
        place: the study.
        keys: the cells.
        do: does one of them.
        told: is called whenever something may be new.
        fixed: the values that a cell gives to what Optuna would choose, by keys.

    Raises:
        LostError: too many processes were lost over a cell.
        OSError: the storage cannot be used.
    """
    with Claims(place) as claims:
        while True:
            claim = claims.next(keys, fixed)
            if claim is not None:
                with claims.alive(claim.number), claims.failing(claim.number):
                    outcome = do(claims.study, claim)
                claims.complete(claim, outcome.result, outcome.value)
            done = claims.results(keys)
            if told is not None:
                told(done)
            if len(done) == len(keys):
                return
            if claim is None:
                time.sleep(POLL)
