"""Images from a folder for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from .data import DataError, Source

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
IMAGES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


def read_image_folder(
    path: Path, classes: Sequence[str], *, shape: tuple[int, int, int], resize: str
) -> tuple[np.ndarray, np.ndarray, Source]:
    """Images scaled to 0..1 and to a size, and the number of the folder of each."""
    files = [
        (file, number)
        for number, name in enumerate(class_folders(path, classes))
        for file in sorted((path / name).glob("*"))
        if file.suffix.lower() in IMAGES
    ]
    x = np.empty((len(files), *shape), dtype=np.uint8)
    for index, (file, _) in enumerate(files):
        x[index] = read_image(file, shape, resize)
    y = np.array([number for _, number in files], dtype=np.int64)
    return x / np.float32(255), y, Source(str(path))


def class_folders(path: Path, classes: Sequence[str]) -> Sequence[str]:
    """The names of the folders in the order of the classes, by default sorted."""
    try:
        found = sorted(item.name for item in path.iterdir() if item.is_dir())
    except OSError as error:
        raise DataError(f"{path}: not a readable folder ({error.strerror})") from None
    found = [name for name in found if not name.startswith(".")]
    for name in found:
        if classes and name not in classes:
            known = ", ".join(map(repr, classes))
            raise DataError(
                f"{path}: the folder {name!r} is no class (there are {known})"
            )
    return classes or found


def read_image(path: Path, shape: tuple[int, int, int], resize: str) -> np.ndarray:
    """The pixels of an image, 0 to 255, stretched to (height, width, channels)."""
    height, width, channels = shape
    try:
        with Image.open(path) as image:
            pixels = image.convert(MODES[channels])
            method = Image.Resampling[resize.upper()]
            return np.asarray(pixels.resize((width, height), method)).reshape(shape)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise DataError(f"{path}: not a readable image ({error})") from None
