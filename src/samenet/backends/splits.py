"""How the programs of all backends hold samples out: for validation, and for a test."""

from __future__ import annotations

from typing import Any

from samenet.backends.emitter import Emitter
from samenet.codegen.emission import Source, emit_signature
from samenet.codegen.expression import Call, Expression, List, Name, call
from samenet.data.base import DataSource
from samenet.spec.model import Spec

FILE = "shared/splits"
LOADED = "The training and the validation samples of a file"
TESTED = "The samples to train, to validate and to test with"


def fields(spec: Spec, emitter: Emitter) -> dict[str, Any]:
    """The functions `load_data` and `split_data`, and the files that they read."""
    data = spec.data
    return {
        "validation_file": _path(data.validation_file, emitter, len("VALIDATION = ")),
        "test_file": _path(data.test_file, emitter, len("TEST = ")),
        "has_test": data.tests,
        "load_signature": emit_signature("load_data", _arguments(data), _loaded_type(data)),
        "load_doc": Source(TESTED if data.tests else LOADED),
        "load_lines": [Source(line) for line in _load(data, emitter)],
        "load_call": Source(_load_call(data, emitter)),
        "splits": len(_parts(data)) > 1,
        "split_signature": emit_signature("split_data", _taken(data), _split_type(data)),
        "split_doc": Source(_doc(data)),
        "split_lines": [Source(line) for line in _split(data, emitter)],
    }


def _path(file: str | None, emitter: Emitter, used: int) -> Source | None:
    return None if file is None else emitter(call("HERE.joinpath", file), used=used)


def is_plain(data: DataSource) -> bool:
    """Whether the samples are only shuffled and split in two."""
    return (
        data.test_split is None and data.split != "ordered" and data.grouping(Name("count")) is None
    )


def _parts(data: DataSource) -> list[str]:
    """What a split makes of the samples of the file."""
    if is_plain(data):
        return ["training"] if data.validation_file else ["training", "validation"]
    validation = ["validation"] if data.validation_split else []
    return ["training", *validation, *(["test"] if data.test_split else [])]


def _arguments(data: DataSource) -> list[str]:
    validation = ["validation_path: Path = VALIDATION"] if data.validation_file else []
    return ["path: Path", *validation, *(["test_path: Path = TEST"] if data.test_file else [])]


def _wanted(data: DataSource) -> list[str]:
    """What `load_data` gives."""
    return ["training", "validation", *(["test"] if data.tests else [])]


def _load_call(data: DataSource, emitter: Emitter) -> str:
    """The statement of `main` that loads the samples of the files on the command line."""
    validation = ["arguments.validation_data"] if data.validation_file else []
    files = [*validation, *(["arguments.test_data"] if data.test_file else [])]
    left = ", ".join(_wanted(data))
    loading = call("load_data", Name("arguments.data"), *map(Name, files))
    return f"{left} = {emitter(loading, indent=8, used=len(left) + 3)}"


def _loaded_type(data: DataSource) -> str:
    """What `load_data` returns."""
    plain = is_plain(data) and not data.validation_file
    validation = "Dataset | None" if plain else "Dataset" if data.validates else "None"
    return f"tuple[Dataset, {validation}{', Dataset' if data.tests else ''}]"


def _load(data: DataSource, emitter: Emitter) -> list[str]:
    """The statements of `load_data`."""
    parts, labels = _parts(data), _labels(data, Name("data.size"))
    lines, samples = [], "read_data(path)"
    if labels is not None:
        name, reading = labels
        value = emitter(reading, indent=4, used=len(f"{name} = "))
        lines, samples = ["data = read_data(path)", f"{name} = {value}"], f"data, {name}"
    split = f"split_data({samples})" if len(parts) > 1 else samples
    wanted = _wanted(data)
    if parts == wanted:
        return [*lines, f"return {split}"]
    found = {"validation": "None", **{name: name for name in parts}}
    if data.validation_file:
        found["validation"] = "read_data(validation_path)"
    if data.test_file:
        found["test"] = "read_data(test_path)"
    if len(parts) > 1:
        lines.append(f"{', '.join(parts)} = {split}")
    else:
        found["training"] = split
    return [*lines, f"return {', '.join(found[name] for name in wanted)}"]


def _labels(data: DataSource, count: Expression) -> tuple[str, Call] | None:
    """What the file says of each sample that decides where it goes: its name and its reading."""
    groups, times = data.grouping(count), data.timing(count)
    if groups is not None:
        return "groups", groups
    return None if times is None else ("times", times)


def _taken(data: DataSource) -> list[str]:
    labels = _labels(data, None)
    return ["data: Dataset", *([] if labels is None else [f"{labels[0]}: np.ndarray"])]


def _split_type(data: DataSource) -> str:
    """What `split_data` returns."""
    if is_plain(data):
        return "tuple[Dataset, Dataset | None]"
    return f"tuple[{', '.join(['Dataset'] * len(_parts(data)))}]"


def _doc(data: DataSource) -> str:
    *most, last = [name.capitalize() if name == "training" else name for name in _parts(data)]
    kind = "shuffled"
    if data.grouping(None) is not None:
        kind = "no group in two of them"
    elif data.split == "ordered":
        kind = "in the order of time" if data.timing(None) else "in the order of the file"
    return f"{', '.join(most)} and {last} samples, {kind}"


def _split(data: DataSource, emitter: Emitter) -> list[str]:
    """The statements of `split_data`."""
    if is_plain(data):
        function, seed = Name("split_samples", "shared/data"), Name("SEED")
        split = call(function, Name("data"), data.validation_split, seed, stratify=data.stratify)
        return [f"return {emitter(split, indent=4, used=len('return '))}"]
    parts = _parts(data)
    if len(parts) == 1:
        return []
    left = ", ".join(parts)
    value = emitter(_positions(data), indent=4, used=len(f"{left} = "))
    return [f"{left} = {value}", f"return {', '.join(f'data.take({name})' for name in parts)}"]


def _positions(data: DataSource) -> Call:
    """The call that gives the positions of the samples of each part."""
    held_out = [data.validation_split or None, data.test_split]
    fractions = List(tuple(value for value in held_out if value is not None))
    size, seed = Name("data.size"), Name("SEED")
    if data.grouping(None) is not None:
        return call(Name("grouped_parts", FILE), Name("groups"), fractions, seed)
    if data.timing(None) is not None:
        return call(Name("timed_parts", FILE), Name("times"), fractions)
    if data.split == "ordered":
        return call(Name("ordered_parts", FILE), size, fractions)
    if data.stratify:
        return call(Name("stratified_parts", FILE), Name("data.y"), fractions, seed)
    return call(Name("shuffled_parts", FILE), size, fractions, seed)
