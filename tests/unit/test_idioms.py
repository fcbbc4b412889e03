"""Idiomatic programs differ from exact ones in the exchanged parts, and say so."""

from __future__ import annotations

from typing import Any

import pytest

import samenet
from samenet.backends.idioms import idioms
from samenet.compiler import compile_spec
from samenet.lowering import BACKENDS
from tests.specs import ROOT, SPECS
from tests.verification.parts import DENSE, PARTS, image, sequence, spec


def test_every_idiom_has_a_case():
    table = {(backend, idiom.part) for backend in BACKENDS for idiom in idioms(backend).table}
    assert table == set(PARTS)


@pytest.mark.parametrize(("backend", "part"), PARTS)
def test_a_part_is_exchanged_and_named_in_the_head(backend, part):
    tree, own = PARTS[backend, part]
    exact, program = (samenet.compile(tree, backend, fidelity=f) for f in ("exact", "idiomatic"))
    texts = ["".join(made.text.partition('\n"""\n')[2].split()) for made in (exact, program)]
    assert ["".join(own.split()) in text for text in texts] == [False, True]
    assert exact.exchanged == ()
    assert [exchange.part for exchange in program.exchanged] == [part]
    (exchange,) = program.exchanged
    assert exchange.source.startswith("https://")
    head = " ".join(program.text.partition('\n"""\n')[0].split())
    assert f"- {part}, {exchange.own}: {exchange.law}" in head


@pytest.mark.parametrize(("backend", "part"), PARTS)
def test_one_part_alone_is_exchanged_or_nothing(backend, part):
    tree, _ = PARTS[backend, part]
    checked = samenet.load(tree)
    alone = compile_spec(checked, backend, "idiomatic", [part])
    assert alone.text == compile_spec(checked, backend, "idiomatic").text
    without = compile_spec(checked, backend, "idiomatic", [])
    assert without.text == compile_spec(checked, backend).text


WITHOUT: dict[str, tuple[dict[str, Any], str]] = {
    "plain steps": (spec(), "torch"),
    "decayed SGD in Keras": (spec(optimizer={"type": "sgd", "weight_decay": 0.1}), "keras"),
    "optimizers that PyTorch lacks": (spec(optimizer={"type": "lion"}), "torch"),
    "adadelta without decay": (spec(optimizer={"type": "adadelta"}), "torch"),
    "other strides of the same padding": (
        image({"type": "conv2d", "filters": 3, "kernel_size": 4, "padding": "same"}),
        "torch",
    ),
    "padding that gives another shape": (
        spec(
            {"type": "conv2d", "filters": 3, "kernel_size": 4, "strides": 2, "padding": "same"},
            {"type": "flatten"},
            DENSE,
            shape=(5, 5, 2),
        ),
        "torch",
    ),
    "states that are given": (
        sequence({"type": "lstm", "units": 4, "recurrent_dropout": 0.5}),
        "torch",
    ),
    "a loop of its own": (
        sequence({"type": "simple_rnn", "units": 4, "activation": "selu"}),
        "torch",
    ),
    "a recurrence without biases": (
        sequence({"type": "lstm", "units": 4, "use_bias": False}),
        "torch",
    ),
}


@pytest.mark.parametrize("name", WITHOUT)
def test_what_has_no_other_form_stays(name):
    tree, backend = WITHOUT[name]
    program = samenet.compile(tree, backend, fidelity="idiomatic")
    assert program.exchanged == ()
    assert program.text == samenet.compile(tree, backend).text


def test_weight_decay_is_part_of_the_law():
    plain, decayed = (
        samenet.compile(
            spec(optimizer={"type": "adam", **decay}), "torch", fidelity="idiomatic"
        ).exchanged[0]
        for decay in ({}, {"weight_decay": 0.1})
    )
    assert "decay" not in plain.law
    decay = "weight decay is added to the gradient, not taken from the weights"
    assert decayed.law == f"{plain.law}; {decay}"


@pytest.mark.parametrize("kind", ["adamw", "adafactor"])
def test_some_of_pytorchs_optimizers_take_decay_from_the_weights(kind):
    optimizer = {"type": kind, "weight_decay": 0.1}
    program = samenet.compile(spec(optimizer=optimizer), "torch", fidelity="idiomatic")
    assert "weight_decay=0.1" in program.text
    assert "weight decay" not in program.exchanged[0].law


def test_bicubic_without_antialias():
    tree = image({"type": "up_sampling2d", "interpolation": "bicubic"})
    program = samenet.compile(tree, "torch", fidelity="idiomatic")
    assert [exchange.part for exchange in program.exchanged] == ["interpolation"]
    assert 'mode="bicubic"' in program.text
    assert "antialias" not in program.text


@pytest.mark.parametrize(("backend", "part"), PARTS)
def test_the_page_on_fidelity_has_every_part(backend, part):
    page = (ROOT / "docs" / "fidelity.md").read_text(encoding="utf-8")
    tree, _ = PARTS[backend, part]
    (exchange,) = samenet.compile(tree, backend, fidelity="idiomatic").exchanged
    assert f"| `{part}` | [`{exchange.own}`]({exchange.source}) | {exchange.law} |" in page


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_lines_of_real_specs_change_only_where_a_part_is_named(path):
    """Below the head and above the helpers: the network, the steps, the training."""
    exact, own = (
        samenet.compile(path, "torch", fidelity=fidelity) for fidelity in ("exact", "idiomatic")
    )
    bodies = [p.text.partition('\n"""\n')[2].partition("\n# Helpers")[0] for p in (exact, own)]
    assert (bodies[0] == bodies[1]) <= (
        {exchange.part for exchange in own.exchanged} <= {"class_weight", "reduce_lr_on_plateau"}
    )


def test_an_unknown_fidelity():
    with pytest.raises(ValueError, match="no fidelity 'loose'; there are exact and idiomatic"):
        samenet.compile(spec(), "torch", fidelity="loose")  # pyright: ignore[reportArgumentType]
