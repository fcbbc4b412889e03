"""`python -m samenet`, and what the command `samenet` runs."""

from __future__ import annotations

import gc
import os


def main() -> None:
    """The command line."""
    # What is imported stays: to look for cycles in it costs a tenth of the start.
    gc.disable()
    # To look for plugins Pydantic reads a file of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "true")
    from samenet.cli import main as command  # noqa: PLC0415

    gc.freeze()
    gc.enable()
    command()


if __name__ == "__main__":
    main()
