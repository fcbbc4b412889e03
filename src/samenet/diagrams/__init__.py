"""Pictures of networks.

`drawing` makes a diagram of a resolved graph; `svg`, `mermaid` and `dot` write it.
"""

from __future__ import annotations

from typing import Literal

from samenet.diagrams.drawing import draw
from samenet.diagrams.model import Diagram

Format = Literal["svg", "mermaid", "dot"]

INSTALL = 'pip install "samenet[report]"'


class MissingLayoutError(ValueError):
    """SVG needs graphlay, which is not installed."""

    def __init__(self) -> None:
        super().__init__(f"SVG needs graphlay; install it: {INSTALL}")


def written(diagram: Diagram, form: Format, *, styled: bool = True) -> str:
    """A diagram as text.

    Args:
        diagram: what is drawn.
        form: "svg", "mermaid" or "dot".
        styled: of SVG, whether it brings its styles along.

    Raises:
        MissingLayoutError: SVG is asked for, and graphlay is not installed.
        ValueError: there is no such format.
    """
    match form:
        case "mermaid":
            from samenet.diagrams.mermaid import mermaid  # noqa: PLC0415

            return mermaid(diagram)
        case "dot":
            from samenet.diagrams.dot import dot  # noqa: PLC0415

            return dot(diagram)
        case "svg":
            from samenet.diagrams.svg import svg  # noqa: PLC0415

            try:
                return svg(diagram, styled=styled)
            except ModuleNotFoundError as error:
                raise MissingLayoutError from error
    raise ValueError(f"there is no format {form!r}; there are svg, mermaid and dot")


__all__ = ["Diagram", "Format", "MissingLayoutError", "draw", "written"]
