"""Images in folders: the pixels that Pillow gives, the classes of the folders, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import samenet
from samenet.diagnostics import Code
from samenet.lowering import BACKENDS
from tests.unit.test_data import data_part

SPEC: dict[str, Any] = {
    "version": 1,
    "input": {"shape": [4, 6, 3]},
    "layers": [{"type": "flatten"}, {"type": "dense", "units": 3, "activation": "softmax"}],
    "optimizer": {"type": "sgd"},
    "training": {"loss": "sparse_categorical_crossentropy"},
    "data": {"source": "image_folder", "path": "pictures"},
}


def program(shape: tuple[int, ...] = (4, 6, 3), backend: Any = "torch", **data: Any) -> Any:
    spec = {**SPEC, "input": {"shape": list(shape)}, "data": {**SPEC["data"], **data}}
    return data_part(json.dumps(spec), backend)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two images of class b, one of class a, and what is no image."""
    random = np.random.default_rng(0)
    for name in ("b/2.png", "b/1.PNG", "a/x.bmp"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(random.integers(0, 256, (8, 9, 3), dtype=np.uint8)).save(path)
    (tmp_path / "a" / "notes.txt").write_text("no image")
    (tmp_path / ".cache").mkdir()
    return tmp_path


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("resize", ["nearest", "box", "bilinear", "bicubic", "lanczos"])
def test_pixels(backend, resize, folder):
    data, _ = program(backend=backend, resize=resize).load_data(folder)
    assert data.y.tolist() == [0, 1, 1]
    method = Image.Resampling[resize.upper()]
    for x, name in zip(data.x, ("a/x.bmp", "b/1.PNG", "b/2.png"), strict=True):
        expected = np.asarray(Image.open(folder / name).resize((6, 4), method))
        np.testing.assert_array_equal(np.round(x * 255), expected)
    assert data.x.dtype == np.float32


def test_an_image_of_the_right_size_stays_as_it_is(tmp_path):
    pixels = np.arange(72, dtype=np.uint8).reshape(4, 6, 3)
    (tmp_path / "only").mkdir()
    Image.fromarray(pixels).save(tmp_path / "only" / "a.png")
    data, _ = program().load_data(tmp_path)
    np.testing.assert_array_equal(data.x[0], pixels / np.float32(255))


def test_grey_is_the_luma_of_the_colours(folder):
    """ITU-R 601-2: 0.299 R + 0.587 G + 0.114 B, rounded."""
    data, _ = program((8, 9, 1)).load_data(folder)
    colours = np.asarray(Image.open(folder / "a" / "x.bmp")).astype(float)
    luma = colours @ [0.299, 0.587, 0.114]
    np.testing.assert_allclose(data.x[0, ..., 0] * 255, luma, atol=1)


def test_classes_in_their_order(folder):
    data, _ = program(classes=["b", "none", "a"]).load_data(folder)
    assert data.y.tolist() == [0, 0, 2]


def test_bad_folders(folder, tmp_path):
    module = program()
    (folder / "b" / "0.jpg").write_bytes(b"\xff\xd8 no image")
    with pytest.raises(module.DataError, match=r"0\.jpg: not a readable image"):
        module.load_data(folder)
    with pytest.raises(module.DataError, match="not a readable folder"):
        module.load_data(tmp_path / "absent")
    with pytest.raises(module.DataError, match="there are no samples"):
        module.load_data(tmp_path / ".cache")
    module = program(classes=["a", "c"])
    with pytest.raises(
        module.DataError, match=r"the folder 'b' is no class \(there are 'a', 'c'\)"
    ):
        module.load_data(folder)


@pytest.mark.parametrize(
    ("change", "data", "path"),
    [
        ({"input": {"shape": [24]}}, {}, ("input", "shape")),
        ({"input": {"shape": [4, 6, 2]}}, {}, ("input", "shape")),
        ({}, {"classes": [*"abcd"]}, ("data", "classes")),
        ({}, {"classes": ["a", "a"]}, ("data", "classes", 1)),
        ({}, {"classes": ["a", "../b"]}, ("data", "classes", 1)),
        ({}, {"test": "other"}, ("data", "source")),
        ({"training": {"loss": "categorical_crossentropy"}}, {}, ("training", "loss")),
    ],
)
def test_specs_that_images_do_not_fit(change, data, path):
    (found,) = samenet.validate({**SPEC, **change, "data": {**SPEC["data"], **data}})
    assert (found.code, found.path) == (Code.DATA_MISMATCH, path)


def test_groups_are_no_key():
    data = {**SPEC["data"], "groups": "g"}
    assert [item.code for item in samenet.validate({**SPEC, "data": data})] == [Code.UNKNOWN_KEY]


def test_train_evaluate_and_predict(folder):
    data = {**SPEC["data"], "path": str(folder), "test": str(folder), "classes": ["a", "b"]}
    samenet.train({**SPEC, "data": data}, "torch").write(folder.parent / "run")
    found = samenet.evaluate(folder.parent / "run")["test"]["loss"]
    p = samenet.predict(folder.parent / "run", folder)
    assert found == pytest.approx(-np.log(p[range(3), [0, 1, 1]]).mean(), rel=1e-5)
