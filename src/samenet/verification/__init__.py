"""The proof: the programs of a spec are built, started alike, and compared number by number.

`subjects` is the form that `keras_subject` and `torch_subject` give to programs, `masks` makes the
draws of random layers the same, `samples` has the batches, `differences` measures, `comparison`
goes through all there is to compare, `report` prints.
"""

from __future__ import annotations

from samenet.verification.comparison import verify
from samenet.verification.report import Report, Row

__all__ = ["Report", "Row", "verify"]
