"""More processes that do the same work; each is as good as the one that started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from samenet.frameworks import import_frameworks
from samenet.lowering import Backend


@contextmanager
def beside(
    count: int,
    function: Callable[..., None],
    arguments: Sequence[Any],
    *,
    backends: Iterable[Backend],
    layers: Iterable[Path] = (),
) -> Generator[None]:
    """Run a function in other processes as well, which end when the block has ended.

    Args:
        count: how many others there are.
        function: a function of a module, which returns when all work is done.
        arguments: what it takes; they can be pickled.
        backends: the frameworks that it needs.
        layers: Python files that register layers.
    """
    context = multiprocessing.get_context("spawn")  # a forked framework does not work
    tasks = (tuple(backends), tuple(layers), function, tuple(arguments))
    others = [context.Process(target=_work, args=tasks, daemon=True) for _ in range(count)]
    for process in others:
        process.start()
    try:
        yield
    except BaseException:
        for process in others:
            process.terminate()
        raise
    finally:
        for process in others:
            process.join()


@contextmanager
def shared_cores(processes: int) -> Generator[None]:
    """Frameworks that are first loaded in the block, here or there, take their part of the cores.

    The environment is what it was afterwards: with other threads, rounding is another.
    """
    names = {"OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"}
    added = names - os.environ.keys() if processes > 1 else set[str]()
    threads = str(max(1, (os.cpu_count() or 1) // processes))
    os.environ.update(dict.fromkeys(added, threads))
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _work(
    backends: Sequence[Backend],
    layers: Sequence[Path],
    function: Callable[..., None],
    arguments: Sequence[Any],
) -> None:
    """What another process does; Ctrl-C is for the first one, which then ends this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        import_frameworks(backends)
        for file in layers:
            _execute(file)
        function(*arguments)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # the first process meets it as well, and says more of it
        print(f"note: a worker process has ended: {error}", file=sys.stderr)
        sys.exit(1)


def _execute(file: Path) -> None:
    import runpy  # noqa: PLC0415

    runpy.run_path(str(file), run_name=file.stem)
