"""CSV: a table of numbers with a header; a column of it is the target.

Source: RFC 4180, https://www.rfc-editor.org/rfc/rfc4180
"""

from __future__ import annotations

from typing import Literal

from samenet.codegen.expression import Name
from samenet.data.table import Readers, Table


class CSV(Table):
    """Rows of numbers; each row is a sample."""

    READERS = Readers(
        one=Name("read_csv", "shared/data"),
        weighted=Name("read_weighted_csv", "shared/sample_weights"),
        several=Name("read_csv_arrays", "shared/several"),
        labels=Name("read_csv_labels", "shared/splits"),
        times=Name("read_csv_times", "shared/splits"),
    )
    FIRST_ROW = 2  # behind the header

    source: Literal["csv"]
