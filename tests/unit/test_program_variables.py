"""Which local variable of a program holds which value."""

from samenet.backends.variables import Step, variables
from samenet.graph.ir import Value

INPUT = Value("input")
FIRST, SECOND = (tuple(Value(name, output) for output in (0, 1)) for name in ("one", "two"))


def steps(*last: Value) -> list[Step]:
    """A block with two outputs, twice, and a line that reads some values."""
    return [
        Step(FIRST, (INPUT,), "blocks_output"),
        Step(SECOND, FIRST, "blocks_output"),
        Step((Value("sum"),), last, "add"),
    ]


def test_repetitions_hand_a_name_on():
    found = variables(steps(*SECOND), [INPUT], [Value("sum")])
    assert [found[value] for value in (*FIRST, *SECOND)] == ["x", "blocks_output_1"] * 2


def test_what_is_read_later_keeps_its_name():
    for names in (
        variables(steps(*SECOND, FIRST[1]), [INPUT], [Value("sum")]),
        variables(steps(*SECOND), [INPUT], [Value("sum"), FIRST[1]]),
    ):
        assert (names[FIRST[1]], names[SECOND[1]]) == ("blocks_output_1", "blocks_output_1_2")
