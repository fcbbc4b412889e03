"""Where the templates are: in the installed package, or at the root of the repository."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def template_folder() -> Path:
    """The folder of the templates.

    Raises:
        FileNotFoundError: the installation is incomplete.
    """
    package = Path(__file__).parents[1]
    for folder in (package / "templates", package.parents[1] / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError("the templates of samenet are missing; install it again")


def template_text(name: str) -> str:
    """The text of one template."""
    return (template_folder() / name).read_text(encoding="utf-8")
