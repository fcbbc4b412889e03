"""Parquet: a table of typed columns; one of them is the target. Programs read it with Polars.

Source: https://parquet.apache.org/docs/file-format/
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from samenet.codegen.expression import Name
from samenet.data.table import Readers, Table


class Parquet(Table):
    """Rows of numbers in typed columns; each row is a sample. Needs `samenet[parquet]`."""

    READERS = Readers(
        one=Name("read_parquet", "shared/parquet"),
        weighted=Name("read_weighted_parquet", "shared/parquet"),
        several=Name("read_parquet_arrays", "shared/parquet"),
        labels=Name("read_parquet_labels", "shared/parquet"),
        times=Name("read_parquet_times", "shared/parquet"),
    )
    VARIANTS = MappingProxyType({("shared/data", "Source"): "shared/parquet"})
    FIRST_ROW = 0

    source: Literal["parquet"]
