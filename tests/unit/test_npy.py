"""Arrays in NPY files, which stay there: the same training as from memory, in bounded memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import samenet

BACKENDS = ["keras", "torch"]
COUNT, CLASSES = 90, 3


def spec(data: dict[str, Any], **others: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "input": {"shape": [4]},
        "layers": [
            {"type": "dense", "units": 5, "activation": "tanh"},
            {"type": "dense", "units": CLASSES, "activation": "softmax"},
        ],
        "optimizer": {"type": "adam"},
        "training": {
            "loss": "sparse_categorical_crossentropy",
            "metrics": ["accuracy"],
            "epochs": 2,
            "batch_size": 16,
        },
        "data": data,
        **others,
    }


@pytest.fixture
def files(tmp_path, monkeypatch) -> Path:
    """The same arrays as NPY files of a folder and as one NPZ file."""
    random = np.random.default_rng(0)
    arrays = {
        "x": random.normal(size=(COUNT, 4)).astype(np.float32),
        "pixels": random.integers(0, 256, (COUNT, 4)).astype(np.uint8),
        "words": random.integers(0, 7, (COUNT, 4)),
        "y": random.integers(0, CLASSES, COUNT),
        "amount": random.uniform(size=COUNT),
        "person": random.integers(0, 20, COUNT),
    }
    (tmp_path / "samples").mkdir()
    for name, array in arrays.items():
        np.save(tmp_path / "samples" / f"{name}.npy", array)
    np.savez(tmp_path / "samples.npz", **arrays)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def both(keys: dict[str, Any], **others: Any) -> list[dict[str, Any]]:
    return [
        spec({"source": "npy", "path": "samples", **keys}, **others),
        spec({"source": "npz", "path": "samples.npz", **keys}, **others),
    ]


EMBEDDING = [
    {"type": "embedding", "input_dim": 7, "output_dim": 2},
    {"type": "flatten"},
    {"type": "dense", "units": CLASSES, "activation": "softmax"},
]
WORDS = {"layers": EMBEDDING, "input": {"shape": [4], "dtype": "int32"}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "shuffled": ({"validation_split": 0.3}, {}),
    "ordered with a test": ({"validation_split": 0.2, "test_split": 0.2, "split": "ordered"}, {}),
    "classes": ({"validation_split": 0.3, "stratify": True}, {}),
    "groups and weights": (
        {"validation_split": 0.3, "groups": "person", "sample_weight": "amount"},
        {},
    ),
    "bytes": ({"x": "pixels"}, {}),
    "whole numbers": ({"x": "words"}, WORDS),
    "two inputs": (
        {"x": {"left": "x", "right": "pixels"}, "validation_split": 0.3},
        {
            "inputs": {"left": {"shape": [4]}, "right": {"shape": [4]}},
            "layers": [
                {"type": "concatenate", "inputs": ["left", "right"]},
                {"type": "dense", "units": CLASSES, "activation": "softmax"},
            ],
        },
    ),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_the_training_is_that_from_memory(case, backend, files):
    keys, others = CASES[case]
    specs = both(keys, **others)
    for document in specs:
        if "inputs" in others:
            del document["input"]
    mapped, in_memory = (samenet.train(document, backend) for document in specs)
    assert mapped.history == in_memory.history
    weights = in_memory.weights()
    for path, found in mapped.weights().items():
        np.testing.assert_array_equal(found, weights[path], path)


def test_the_programs_are_verified(files):
    mapped, _ = both({"validation_split": 0.3})
    assert samenet.verify(mapped).agrees


@pytest.mark.parametrize("keys", [{}, {"sample_weight": "amount"}], ids=str)
@pytest.mark.parametrize("backend", BACKENDS)
def test_trained_weights_are_judged_alike(backend, keys, files):
    results: list[Any] = []
    for document in both({"validation_split": 0.2, "test_split": 0.2, **keys}):
        run = samenet.train(document, backend)
        run.write(files / document["data"]["source"])
        results.append(
            (
                samenet.evaluate(files / document["data"]["source"]),
                samenet.predict(files / document["data"]["source"], document["data"]["path"]),
            )
        )
    (measured, given), (expected, wanted) = results
    assert measured == expected
    np.testing.assert_array_equal(given, wanted)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_weighted_test_is_the_weighted_mean(backend, files):
    """Of a sum over all weights as Keras has it: divided by the number of samples."""
    _, document = both({"test_split": 0.3, "sample_weight": "amount"})
    run = samenet.train(document, backend)
    run.write(files / "run")
    arrays = np.load(files / "samples.npz")
    program = samenet.runtime.execute(samenet.compile(document, backend))
    held_out = program.load_data(files / "samples.npz")[-1]
    probabilities = samenet.predict(files / "run", held_out.x)
    losses = -np.log(probabilities[np.arange(held_out.size), held_out.y])
    expected = float((losses * held_out.weights).mean())
    assert samenet.evaluate(files / "run")["test"]["loss"] == pytest.approx(expected, rel=1e-5)
    assert set(held_out.weights) <= set(arrays["amount"].astype(held_out.weights.dtype))


def damaged(folder: Path, name: str, content: Any) -> None:
    if isinstance(content, bytes):
        (folder / "samples" / f"{name}.npy").write_bytes(content)
    else:
        np.save(folder / "samples" / f"{name}.npy", content, allow_pickle=True)


NOT_FINITE = np.ones((COUNT, 4))
NOT_FINITE[70, 2] = np.nan


@pytest.mark.parametrize(
    ("content", "keys", "words"),
    [
        (NOT_FINITE, {}, ["x[70, 2] is nan, not a finite number"]),
        (np.ones((COUNT, 5)), {}, ["x has shape (90, 5)", "samples of shape (4,)"]),
        (np.ones((0, 4)), {}, ["there are no samples"]),
        (np.full((COUNT, 4), "a"), {}, ["x holds <U1, not numbers"]),
        (np.full((COUNT, 4), None), {}, ["x.npy: not a readable NPY file"]),
        (b"", {}, ["x.npy: not a readable NPY file"]),
        (b"\x93NUMPY\x01\x00", {}, ["x.npy: not a readable NPY file"]),
        (
            np.ones((COUNT, 4)),
            {"x": "z"},
            ["z.npy: there is no such file (found: amount, person, pixels, words, x, y)"],
        ),
        (np.ones((COUNT - 1, 4)), {}, ["y has shape (90,) for 89 samples"]),
    ],
    ids=lambda value: str(value)[:30] if isinstance(value, list) else "",
)
def test_what_is_refused(content, keys, words, files):
    damaged(files, "x", content)
    with pytest.raises(samenet.SpecError) as refused:
        samenet.train(both(keys)[0], "torch")
    for word in words:
        assert word in str(refused.value)


def test_a_place_is_counted_from_the_first_row(files, monkeypatch):
    damaged(files, "x", NOT_FINITE)
    program = samenet.runtime.execute(samenet.compile(both({})[0], "torch"))
    monkeypatch.setattr(program, "BLOCK", 7 * 4 * 8)  # seven rows at a time
    with pytest.raises(program.DataError, match=r"x\[70, 2\] is nan"):
        program.read_data(files / "samples")


def test_words_beyond_the_vocabulary(files):
    damaged(files, "words", np.full((COUNT, 4), 7))
    with pytest.raises(samenet.SpecError, match=r"words\[0, 0\] is 7, whole numbers from 0 to 6"):
        samenet.train(both({"x": "words"}, **WORDS)[0], "torch")


@pytest.mark.parametrize(
    ("keys", "place"),
    [
        ({"x": "../secret"}, "data.x"),
        ({"y": "/etc/passwd"}, "data.y"),
        ({"groups": ".."}, "data.groups"),
        ({"sample_weight": "a b"}, "data.sample_weight"),
    ],
    ids=str,
)
def test_names_are_those_of_files_of_the_folder(keys, place, files):
    (found,) = samenet.validate(both({"validation_split": 0.3, **keys})[0])
    assert ".".join(map(str, found.path)) == place
    assert "not the name of an NPY file" in found.message


MEASURE = """
import json, sys, threading, time
from pathlib import Path
import samenet

def anonymous():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))

spec, backend = json.loads(sys.argv[1]), sys.argv[2]
small = json.loads(sys.argv[1])
small["data"]["x"] = "few"
small["data"]["y"] = "few_classes"
samenet.train(small, backend)  # what frameworks keep is there before the measurement
before, most = anonymous(), 0
done = threading.Event()
def watch():
    global most
    while not done.wait(0.005):
        most = max(most, anonymous())
thread = threading.Thread(target=watch)
thread.start()
samenet.train(spec, backend)
done.set()
thread.join()
print(most - before)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@pytest.mark.parametrize("backend", BACKENDS)
def test_memory_does_not_grow_with_the_file(backend, tmp_path):
    """512 MB of inputs (a file with holes) are trained with while 100 MB are not exceeded."""
    rows, columns = 2**15, 2**12
    folder = tmp_path / "large"
    folder.mkdir()
    large = np.lib.format.open_memmap(
        folder / "x.npy", mode="w+", dtype=np.float32, shape=(rows, columns)
    )
    assert large.nbytes == 2**29
    del large
    np.save(folder / "y.npy", np.arange(rows) % CLASSES)
    np.save(folder / "few.npy", np.zeros((512, columns), np.float32))
    np.save(folder / "few_classes.npy", np.arange(512) % CLASSES)
    document = spec({"source": "npy", "path": str(folder), "validation_split": 0.25})
    document["input"]["shape"] = [columns]
    document["training"] |= {"batch_size": 256, "epochs": 1}
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(document), backend],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100 * 2**20
