"""One run at a time writes into a folder."""

from __future__ import annotations

import errno
from collections.abc import Generator, Iterable
from contextlib import ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

LOCK = "run.lock"
"""The file in a folder that is locked; it stays, the lock ends with the process that holds it."""


@contextmanager
def held(folders: Iterable[Path]) -> Generator[None]:
    """Hold folders, which are made if need be; in one thread that can be nested.

    Raises:
        OSError: another run holds one of them, or it cannot be made.
    """
    with ExitStack() as stack:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder.resolve() / LOCK, timeout=0, is_singleton=True)
            try:
                stack.enter_context(lock)
            except Timeout as error:
                message = "another run writes into this folder; wait for its end or take another"
                raise BlockingIOError(errno.EWOULDBLOCK, message, str(folder)) from error
        yield
