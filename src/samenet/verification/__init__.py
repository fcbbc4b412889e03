"""The proof: the programs of a spec are built, started alike, and compared number by number.

`subjects` puts the program of each framework behind one form, `masks` gives random layers the same
draws, `samples` has the batches, `comparison` measures, `report` prints.
"""

from __future__ import annotations

from samenet.verification.comparison import verify
from samenet.verification.report import Report, Row

__all__ = ["Report", "Row", "verify"]
