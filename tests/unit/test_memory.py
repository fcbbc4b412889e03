"""What a network needs in memory, counted by hand; what does not fit is refused beforehand."""

from __future__ import annotations

import pytest

import samenet
from samenet.diagnostics import Code, SpecError
from samenet.graph.memory import available, check_memory, demand, shown

SPEC = {
    "version": 1,
    "input": {"shape": [4]},
    "layers": [
        {"type": "dense", "units": 8, "batch_normalization": "before_activation"},
        {"type": "dense", "units": 2},
    ],
    "optimizer": {"type": "adam"},
    "training": {"loss": "mean_squared_error", "batch_size": 10},
    "data": {"source": "arrays"},
}
TRAINABLE = 4 * 8 + 8 + 2 * 8 + 8 * 2 + 2
FIXED = 2 * 8
ADAM = samenet.load(SPEC).optimizer.state_size


def test_the_demand_of_a_network_that_is_built():
    found = demand(samenet.summary(SPEC))
    assert found.weights == found.total == 4 * (TRAINABLE + FIXED)


def test_the_demand_of_training():
    found = demand(samenet.summary(SPEC), batch_size=10, state_size=ADAM)
    assert found.training == 4 * TRAINABLE * 3
    assert found.activations == 4 * 10 * (8 + 8 + 2)
    assert found.largest == ("dense", 4 * (4 * 8 + 8) + 4 * 10 * 8)


def test_what_does_not_fit_is_refused_with_the_reason():
    found = demand(samenet.summary(SPEC), batch_size=10, state_size=ADAM)
    check_memory(found, found.total)
    check_memory(found, None)
    with pytest.raises(SpecError) as caught:
        check_memory(found, found.total - 1)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code is Code.MEMORY
    assert "dense" in diagnostic.hint


@pytest.mark.parametrize("job", [samenet.build, samenet.train])
def test_a_network_of_petabytes_is_refused_before_a_framework_is_loaded(job):
    layers = [{"type": "dense", "units": 2**31 - 1}, {"type": "dense", "units": 2**20}]
    with pytest.raises(SpecError, match=r"GiB|TiB"):
        job({**SPEC, "layers": layers}, "torch")


def test_sizes_in_words():
    assert [shown(size) for size in (0, 1023, 1536, 3 * 2**30)] == [
        "0 B",
        "1023 B",
        "1.5 KiB",
        "3.0 GiB",
    ]


def test_this_machine_says_what_is_free():
    assert available() is None or available() > 2**20
