"""Processes share a study: each cell is done once, and what a killed one did is repeated."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from samenet.studies import claims as module
from samenet.studies.claims import Claims, LostError
from samenet.studies.storage import Place
from samenet.studies.work import Outcome, work

KEYS = [f"cell {index}" for index in range(10)]
ADDRESSES = ["trials.journal", "sqlite:///{}/trials.db"]


def place_in(folder: Path, address: str = ADDRESSES[0]) -> Place:
    text = address.format(folder) if "://" in address else str(folder / address)
    place = Place(text, "study")
    place.open()
    return place


def note(folder: Path, name: str, text: str) -> None:
    with open(folder / name, "a", encoding="utf-8") as stream:
        stream.write(f"{text}\n")


def lines(folder: Path, name: str) -> list[str]:
    return (folder / name).read_text(encoding="utf-8").splitlines()


def process(place: Place, folder: Path, dies_at: str = "") -> None:
    """A process that does cells, and perhaps is killed in the middle of one."""

    def do(study: Any, claim: module.Claim) -> Outcome:
        note(folder, "begun", claim.key)
        if claim.key == dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.05)
        note(folder, "done", claim.key)
        return Outcome({"who": os.getpid()}, 1.0)

    work(place, KEYS, do)


def started(*arguments: Any) -> Any:
    found = multiprocessing.get_context("spawn").Process(target=process, args=arguments)
    found.start()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("address", ADDRESSES, ids=["journal", "sqlite"])
def test_each_cell_is_done_once_though_a_process_is_killed(address: str, tmp_path: Path) -> None:
    place = place_in(tmp_path, address)
    killed = started(place, tmp_path, KEYS[0])
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert lines(tmp_path, "begun") == KEYS[:1]
    others = [started(place, tmp_path) for _ in range(2)]
    for other in others:
        other.join(60)
    assert [other.exitcode for other in others] == [0, 0]
    assert sorted(lines(tmp_path, "done")) == sorted(KEYS)
    assert sorted(lines(tmp_path, "begun")) == sorted([KEYS[0], *KEYS])
    claims = Claims(place)
    found = claims.results(KEYS)
    assert len({result["who"] for result in found.values()}) > 1, "one process did it all"
    assert len([t for t in claims.study.trials if t.state.name == "COMPLETE"]) == len(KEYS)


def test_a_cell_belongs_to_one_process(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with (
        Claims(place) as first,
        Claims(place) as second,
    ):
        claim = first.next(KEYS[:1])
        assert claim is not None
        assert second.next(KEYS[:1]) is None
        assert second.is_anybody_working()
        first.complete(claim, {"value": 1}, 1.0)
        assert second.next(KEYS[:1]) is None
        assert second.results(KEYS) == {KEYS[0]: {"value": 1}}
        assert not second.is_anybody_working()


def test_a_process_elsewhere_is_given_up_when_it_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lock is not on this machine; what it hands in later is dropped."""
    monkeypatch.setattr(module, "BEAT", 0.05)
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    place = place_in(tmp_path)
    far, near = (Claims(place) for _ in range(2))
    far._lock = module.FileLock(tmp_path / "elsewhere.lock", timeout=0)
    with near:
        claim = far.next(KEYS[:1])
        assert claim is not None
        with far.alive(claim.number):
            until = time.monotonic() + 1.2
            while time.monotonic() < until:
                assert near.next(KEYS[:1]) is None, "it gives signs of life"
                time.sleep(0.05)
        until = time.monotonic() + 10
        while (again := near.next(KEYS[:1])) is None:
            assert time.monotonic() < until
            time.sleep(0.05)
        far.complete(claim, "late", 1.0)
        assert near.results(KEYS) == {}
        near.complete(again, "in time", 1.0)
        assert near.results(KEYS) == {KEYS[0]: "in time"}


def test_what_fails_or_is_interrupted_can_be_repeated_at_once(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    with Claims(place) as claims:
        for reason in (KeyboardInterrupt, ValueError, KeyboardInterrupt, ValueError):
            claim = claims.next(KEYS[:1])
            assert claim is not None
            with pytest.raises(reason), claims.failing(claim.number):
                raise reason


def test_a_cell_over_which_processes_die_is_given_up(tmp_path: Path) -> None:
    place = place_in(tmp_path)
    for _ in range(module.ATTEMPTS):
        lost = Claims(place)
        lost.__enter__()
        assert lost.next(KEYS[:1]) is not None
        lost._lock.release()  # as the system does when a process ends
    with Claims(place) as claims, pytest.raises(LostError, match="3 processes"):
        claims.next(KEYS[:1])
