"""The catalogue of data sources: one file each, and the union that lists them all."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from samenet.data.arrays import Arrays
from samenet.data.base import DataSource
from samenet.data.csv_file import CSV
from samenet.data.embedded import MNIST5K, Digits, Embedded
from samenet.data.image_folder import ImageFolder
from samenet.data.named_arrays import NamedArrays
from samenet.data.npy_files import NPY
from samenet.data.npz_file import NPZ
from samenet.data.parquet_file import Parquet
from samenet.data.table import Table

Data = Annotated[
    Arrays
    | CSV
    | Digits
    | ImageFolder
    | MNIST5K
    | NPY
    | NPZ
    | Parquet,
    Field(discriminator="source"),
]  # fmt: skip

__all__ = [
    "CSV",
    "MNIST5K",
    "NPY",
    "NPZ",
    "Arrays",
    "Data",
    "DataSource",
    "Digits",
    "Embedded",
    "ImageFolder",
    "NamedArrays",
    "Parquet",
    "Table",
]
