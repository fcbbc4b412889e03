"""Whatever the language has a word for is said in every framework, and tested."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from samenet import callbacks, constraints, losses, metrics, optimizers, regularizers
from samenet.codegen.helpers import read
from samenet.initializers import InitializerName
from samenet.layers import CATALOGUE
from samenet.layers.activation import TORCH
from samenet.layers.base import ActivationName
from samenet.lowering import BACKENDS, has_lowering

TESTS = Path(__file__).parents[1]


LOWERED = [
    *CATALOGUE.values(),
    *optimizers.CATALOGUE.values(),
    *callbacks.CATALOGUE.values(),
    *regularizers.CATALOGUE.values(),
    *constraints.CATALOGUE.values(),
    *losses.CATALOGUE.values(),
    *metrics.CATALOGUE.values(),
]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("kind", LOWERED, ids=lambda kind: kind.__name__)
def test_everything_has_a_lowering_for_every_backend(kind, backend):
    assert has_lowering(kind, backend)


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_layer_has_a_file_and_a_table_of_tests(kind):
    package, _, _ = CATALOGUE[kind].__module__.rpartition(".")
    assert package == "samenet.layers"
    tables = [path.read_text() for path in (TESTS / "layers").glob("test_*.py")]
    assert any(f'"{kind}"' in text for text in tables)


@pytest.mark.parametrize("kind", LOWERED, ids=lambda kind: kind.__name__)
def test_every_class_and_key_is_described(kind):
    assert kind.__doc__
    inherited = {"type", "source"}
    for name, field in kind.model_fields.items():
        assert field.description or name in inherited, name


def test_names_and_tables_agree():
    assert set(get_args(ActivationName)) == set(TORCH)
    assert set(get_args(InitializerName)) <= set(read("shared/initializers").definitions)
