"""The catalogue of data sources: one file each, and the table that lists them all."""

from __future__ import annotations

from typing import Annotated

from samenet.catalogue import Catalogue
from samenet.data.base import DataSource

CATALOGUE: Catalogue[DataSource] = Catalogue(
    "samenet.data",
    {
        "arrays": "arrays.Arrays",
        "csv": "csv_file.CSV",
        "digits": "embedded.Digits",
        "image_folder": "image_folder.ImageFolder",
        "mnist_5k": "embedded.MNIST5K",
        "npy": "npy_files.NPY",
        "npz": "npz_file.NPZ",
        "parquet": "parquet_file.Parquet",
    },
    tag="source",
)
"""The class of each `source`."""

Data = Annotated[DataSource, CATALOGUE]
