"""Which files a spec may lead to.

A spec may come from anybody, and a mistake quotes the file in which it is. So what a spec extends
lies in its project, whatever `..` and links say; else a pull request could show a secret in a log.
"""

from __future__ import annotations

import os
from pathlib import Path


def project_of(folder: Path) -> str:
    """The folder, as its real path, out of which a spec that stands in `folder` reads nothing.

    That is the git repository around it; or the current folder, if the spec is below it; or the
    folder of the spec.
    """
    real = Path(os.path.realpath(folder))
    for parent in (real, *real.parents):
        if (parent / ".git").exists():
            return str(parent)
    here = os.path.realpath(".")
    return here if is_below(str(real), here) else str(real)


def is_below(path: str, folder: str) -> bool:
    """Whether a real path is a folder or leads into it."""
    try:
        return os.path.commonpath([path, folder]) == folder
    except ValueError:  # on different drives
        return False
