"""Variables, and blocks that become layers: what they give, its places, and what is refused."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samenet import document
from samenet.diagnostics import Code, Diagnostic, SpecError, unique
from samenet.diagnostics import Path as TreePath
from samenet.document import Document
from samenet.expansion import expanded, merge_defaults
from samenet.expansion.blocks import MAX_BLOCKS, MAX_NESTING, MAX_REPEAT
from samenet.expansion.instances import MAX_LAYERS
from samenet.expansion.interpolation import MAX_TEXT
from samenet.expansion.mistakes import MAX_MISTAKES
from samenet.expansion.variables import MAX_ITEMS, MAX_VARIABLES


def load(text: str) -> Document:
    return expanded(document.parse(text.encode(), file="a.net.toml"), folder=None)


def tree(text: str) -> Mapping[str, Any]:
    return load(text).tree


def refused(text: str) -> tuple[Diagnostic, ...]:
    with pytest.raises(SpecError) as raised:
        load(text)
    return raised.value.diagnostics


def marked(text: str, found: Diagnostic) -> str:
    """The characters that a diagnostic points at."""
    assert found.span is not None
    line = text.split("\n")[found.span.line - 1]
    assert found.span.end_line == found.span.line
    return line[found.span.column - 1 : found.span.end_column - 1]


def refusal(text: str) -> Diagnostic:
    (found,) = refused(text)
    assert found.file == "a.net.toml"
    return found


# Texts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${width}", 32),
        ("${ width * 2 }", 64),
        ("${width / 2}", 16.0),
        ("${half}", 16),
        ("${wide}", True),
        ("${sizes}", (16, 32)),
        ("${sizes[0]}", 16),
        ("${word}", "relu"),
        ("${'a}b'}", "a}b"),
        ('${"}"}', "}"),
        ("conv_${width}", "conv_32"),
        ("${width}_${half}", "32_16"),
        (" ${width}", " 32"),
        ("${width / 2}x", "16.0x"),
        ("${1e-7}x", "1e-07x"),
        ("${wide}${false}", "truefalse"),
        ("${word}!", "relu!"),
        ("$${width}", "${width}"),
        ("$$${width}", "$${width}"),
        ("$${${width}}", "${32}"),
        ("${width}$${", "32${"),
        ("${width}$", "32$"),
        ("$", "$"),
        ("$$ 5$ {width} }{", "$$ 5$ {width} }{"),
        ("", ""),
    ],
)
def test_texts(text: str, expected: Any) -> None:
    variables = {
        "half": "${width // 2}",
        "width": 32,
        "wide": True,
        "sizes": ["${half}", "${width}"],
        "word": "relu",
    }
    mapping = {"variables": variables, "a": {"b": [text, {"c": text}]}, "layers": [{"d": text}]}
    filled = expanded(document.from_mapping(mapping), folder=None).tree
    assert filled == {"a": {"b": (expected, {"c": expected})}, "layers": ({"d": expected},)}
    assert type(filled["a"]["b"][0]) is type(expected)


def test_keys_are_no_texts() -> None:
    assert tree('"${x}" = 1') == {"${x}": 1}


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("${widht * 2}", "${widht * 2}: there is no variable 'widht'", "did you mean 'width'?"),
        ("${width / 0}", "${width / 0}: division by zero", ""),
        ("a ${width +}", "${width +}: invalid syntax", ""),
        ("${}", "${}: it is empty", ""),
        ("${width", "a '${' has no '}' behind it", "write $${ for the text ${"),
        ("${'}", "a '${' has no '}' behind it", "write $${ for the text ${"),
        ("a ${sizes}", "${sizes}: an array cannot stand amid text", ""),
        ("${index}", "${index}: there is no variable 'index'", "there are width and sizes"),
        (f"${{{'1' * 201}}}", f"${{{'1' * 57}...}}: it is longer than 200 characters", ""),
    ],
)
def test_bad_texts(text: str, message: str, hint: str) -> None:
    written = f'[variables]\nwidth = 1\nsizes = [1]\n[a]\nb = [0, "{text}"]\n'
    found = refusal(written)
    assert (found.code, found.message, found.hint) == (Code.EXPRESSION, message, hint)
    assert (found.path, marked(written, found)) == (("a", "b", 1), f'"{text}"')


def test_texts_do_not_grow_without_limit() -> None:
    most = "x" * (MAX_TEXT - 1)
    assert tree(f'a = "${{1}}{most}"') == {"a": f"1{most}"}
    assert refusal(f'a = "${{1}}{most}y"').code is Code.EXPRESSION
    laughs = "".join(f'a{n} = "${{a{n - 1}}}${{a{n - 1}}}"\n' for n in range(1, 50))
    found = refusal(f'[variables]\na0 = "ha"\n{laughs}')
    assert found.path == ("variables", "a12")


# Variables


@pytest.mark.parametrize(
    ("written", "code", "place"),
    [
        ("variables = 1\n", Code.WRONG_TYPE, "1"),
        ("variables.a = { b = 1 }\n", Code.WRONG_TYPE, "{ b = 1 }"),
        ("variables.a = 2024-01-01\n", Code.WRONG_TYPE, "2024-01-01"),
        ("variables.a = [1, [2]]\n", Code.WRONG_TYPE, "[2]"),
        ("variables = { a = [1, '${b}'], b = [2] }\n", Code.WRONG_TYPE, "'${b}'"),
        ("variables.a = inf\n", Code.OUT_OF_RANGE, "inf"),
        ("variables.a = [nan]\n", Code.OUT_OF_RANGE, "nan"),
        ("variables.a = 0x8000000000000000\n", Code.OUT_OF_RANGE, "0x8000000000000000"),
        ("variables.Width = 1\n", Code.OUT_OF_RANGE, "variables.Width"),
        ("variables.a-b = 1\n", Code.OUT_OF_RANGE, "variables.a-b"),
        ("variables.if = 1\n", Code.OUT_OF_RANGE, "variables.if"),
        ("variables.min = 1\n", Code.OUT_OF_RANGE, "variables.min"),
        ("variables.true = 1\n", Code.OUT_OF_RANGE, "variables.true"),
        ("variables.index = 1\n", Code.OUT_OF_RANGE, "variables.index"),
        (f"variables.{'a' * 65} = 1\n", Code.OUT_OF_RANGE, f"variables.{'a' * 65}"),
        (f"variables.a = {[1] * (MAX_ITEMS + 1)}\n", Code.OUT_OF_RANGE, None),
        ("variables.a = '${b}'\n", Code.EXPRESSION, "'${b}'"),
        ("variables.a = '${a}'\n", Code.CYCLE, "'${a}'"),
        ("variables = { a = '${b}', b = ['${c}'], c = 'x${a}' }\n", Code.CYCLE, "'${b}'"),
    ],
)
def test_bad_variables(written: str, code: Code, place: str | None) -> None:
    # What uses a variable that was refused is not a mistake of its own.
    uses = 'x = ["${a}", "a ${a + 1}"]\nlayers = [{ type = "${a}" }]\n'
    text = written + (uses if written.startswith(("variables.a ", "variables = {")) else "")
    found = refusal(text)
    assert found.code is code
    assert place is None or marked(text, found) == place


def test_cycles_of_variables_are_named() -> None:
    text = '[variables]\nd = "${a}"\nb = "${c}"\na = "${b}"\nc = "${a}"\n'
    assert "in a circle: b -> c -> a -> b" in refusal(text).message
    long = "".join(f'v{n} = "${{v{(n + 1) % 100}}}"\n' for n in range(100))
    assert "v0 -> v1 -> v2 -> v3 -> v4 -> v5 -> v6 -> v7 -> v8 -> ... -> v99 -> v0" in (
        refusal(f"[variables]\n{long}").message
    )


def test_the_number_of_variables_is_limited() -> None:
    most = [f'a{n} = "${{a{n + 1}}}"' for n in range(MAX_VARIABLES - 1)]
    text = "\n".join(['x = "${a0}"', "[variables]", *most, f"a{MAX_VARIABLES - 1} = 7"])
    assert tree(text) == {"x": 7}
    assert refusal(f"{text}\nb = 1\n").code is Code.TOO_LARGE


def test_mistakes_are_collected_and_come_to_an_end() -> None:
    text = "".join(f'a{n} = "${{nothing}}"\n' for n in range(MAX_MISTAKES - 1))
    assert len(refused(text)) == MAX_MISTAKES - 1
    assert len(refused(text + 'b = "${x}"\nc = "${x}"\n')) == MAX_MISTAKES


# Blocks


BLOCKS = """\
version = 1
layers = [
    { type = "dense", units = "${width}" },
    { block = "twice", with = { units = "${width * 2}" }, repeat = 2, name = "stage" },
    { share = "stage", inputs = "a" },
    { block = "plain" },
]

[variables]
width = 8

[blocks.plain]
layers = [{ type = "flatten" }]

[blocks.twice]
parameters = ["units", { rate = "${width / 10}" }]
inputs = ["x", "y_${width}"]
outputs = "d_${index}"

[[blocks.twice.layers]]
type = "dense"
units = "${units + index}"
name = "d_${index}"

[[blocks.twice.layers]]
block = "inner"
repeat = "${index + 1}"
with = { rate = "${rate * (index + 1)}", width = 5 }
inputs = ["d_${index}", "x"]

[blocks.inner]
parameters = { rate = 0.5, width = 1 }

[[blocks.inner.layers]]
type = "dropout"
rate = "${rate}"
seeds = ["${width}", "${index}"]
"""


def dropouts(*rates_and_indices: tuple[float, int]) -> tuple[Mapping[str, Any], ...]:
    return tuple(
        {
            "formals": ("input",),
            "layers": ({"type": "dropout", "rate": rate, "seeds": (5, index)},),
        }
        for rate, index in rates_and_indices
    )


def test_blocks() -> None:
    plain = {"formals": ("input",), "layers": ({"type": "flatten"},)}
    assert tree(BLOCKS) == {
        "version": 1,
        "layers": (
            {"type": "dense", "units": 8},
            {
                "type": "block",
                "block": "twice",
                "name": "stage",
                "repetitions": (
                    {
                        "formals": ("x", "y_8"),
                        "outputs": "d_0",
                        "layers": (
                            {"type": "dense", "units": 16, "name": "d_0"},
                            {
                                "type": "block",
                                "block": "inner",
                                "inputs": ("d_0", "x"),
                                "repetitions": dropouts((0.8, 0)),
                            },
                        ),
                    },
                    {
                        "formals": ("x", "y_8"),
                        "outputs": "d_1",
                        "layers": (
                            {"type": "dense", "units": 17, "name": "d_1"},
                            {
                                "type": "block",
                                "block": "inner",
                                "inputs": ("d_1", "x"),
                                "repetitions": dropouts((1.6, 0), (1.6, 1)),
                            },
                        ),
                    },
                ),
            },
            {"type": "share", "share": "stage", "inputs": "a"},
            {"type": "block", "block": "plain", "repetitions": (plain,)},
        ),
    }


@pytest.mark.parametrize(
    ("path", "place", "known"),
    [
        (("layers", 0, "units"), (3, '"${width}"'), ("layers", 0, "units")),
        (("layers", 1, "name"), (4, '"stage"'), ("layers", 1, "name")),
        (("layers", 2, "inputs"), (5, '"a"'), ("layers", 2, "inputs")),
        (
            ("layers", 1, "repetitions", 1, "layers", 0, "units"),
            (22, '"${units + index}"'),
            ("blocks", "twice", "layers", 0, "units"),
        ),
        (
            ("layers", 1, "repetitions", 0, "layers", 1, "inputs", 1),
            (29, '"x"'),
            ("blocks", "twice", "layers", 1, "inputs", 1),
        ),
        (("layers", 1, "repetitions", 1), (15, "blocks.twice"), ("blocks", "twice")),
        (
            ("layers", 1, "repetitions", 1, "outputs"),
            (18, '"d_${index}"'),
            ("blocks", "twice", "outputs"),
        ),
        (
            ("layers", 1, "repetitions", 1, "formals", 1),
            (17, '"y_${width}"'),
            ("blocks", "twice", "inputs", 1),
        ),
        (
            ("layers", 1, "repetitions", 1, "layers", 1, "repetitions", 1, "layers", 0, "rate"),
            (36, '"${rate}"'),
            ("blocks", "inner", "layers", 0, "rate"),
        ),
        (
            ("layers", 3, "repetitions", 0, "layers", 0),
            (13, '{ type = "flatten" }'),
            ("blocks", "plain", "layers", 0),
        ),
    ],
)
def test_places(path: TreePath, place: tuple[int, str], known: TreePath) -> None:
    filled = load(BLOCKS)
    found: Any = filled.tree
    for part in path:
        found = found[part]
    diagnostic = filled.diagnostic(Code.DATA, "", path=path)
    assert diagnostic.span is not None
    assert (diagnostic.span.line, marked(BLOCKS, diagnostic)) == place
    assert (diagnostic.path, diagnostic.file) == (known, "a.net.toml")
    assert filled.origin(path) == known
    assert filled.span(path) == diagnostic.span


def test_a_mistake_in_a_block_is_told_once() -> None:
    filled = load(BLOCKS)
    found = [
        filled.diagnostic(
            Code.OUT_OF_RANGE, message, "", ("layers", 1, "repetitions", index, "layers", 0, key)
        )
        for index in range(2)
        for key, message in (("units", "too small"), ("units", "odd"), ("type", "odd"))
    ]
    assert unique(found) == found[:3]
    without_places = document.from_mapping({})
    found = [without_places.diagnostic(Code.DATA, "", path=(key,)) for key in "abab"]
    assert unique(found) == found[:2]


def test_parameters_hide_variables_and_index_is_the_own_one() -> None:
    text = """\
        layers = [{ block = "outer", repeat = 2 }]
        [variables]
        n = 1
        [blocks.outer]
        parameters = { n = "${n + 1}", given = [1, 2] }
        layers = [{ block = "inner", with = { outer = "${index}" } }, { type = "${given[index]}" }]
        [blocks.inner]
        parameters = ["outer"]
        layers = [{ type = "${outer}", n = "${n}", index = "${index}" }]
        """
    repetitions = tree(text)["layers"][0]["repetitions"]
    inner = [item["layers"][0]["repetitions"][0]["layers"][0] for item in repetitions]
    # A block sees the spec's variables, not those of the block that uses it.
    assert inner == [{"type": outer, "n": 1, "index": 0} for outer in (0, 1)]
    assert [item["layers"][1]["type"] for item in repetitions] == [1, 2]


def test_nothing_is_shared_with_the_definition() -> None:
    text = 'layers = [{ block = "b", repeat = 2 }]\n[blocks.b]\nlayers = [{ type = "dense" }]\n'
    parsed = document.parse(text.encode())
    filled = expanded(parsed, folder=None)
    assert parsed.tree["blocks"] == {"b": {"layers": ({"type": "dense"},)}}
    assert "blocks" not in filled.tree
    assert expanded(parsed, folder=None) == filled


def test_a_spec_without_any_of_it_stays_as_it_is() -> None:
    parsed = document.parse(b'name = "a"\nlayers = [{ type = "dense", units = 3 }]\n')
    filled = expanded(parsed, folder=None)
    assert filled == parsed
    assert list(filled.tree) == list(parsed.tree)


# Refusals of blocks


DEFINED = """
[blocks.good]
parameters = ["units", { rate = 0.5 }]
layers = [{ type = "dense", units = "${units}" }]
"""


@pytest.mark.parametrize(
    ("item", "code", "place", "hint"),
    [
        ('{ block = "god" }', Code.UNKNOWN_NAME, '"god"', "did you mean 'good'?"),
        ('{ block = "x" }', Code.UNKNOWN_NAME, '"x"', "there are good"),
        ("{ block = 1 }", Code.WRONG_TYPE, "1", ""),
        ("{ block = { a = 1 } }", Code.WRONG_TYPE, "{ a = 1 }", ""),
        (
            '{ block = "good" }',
            Code.MISSING_KEY,
            '{ block = "good" }',
            "add with = { units = ... }",
        ),
        (
            '{ block = "good", with = { rate = 1 } }',
            Code.MISSING_KEY,
            "{ rate = 1 }",
            "add with = { units = ... }",
        ),
        ('{ block = "good", with = 1 }', Code.WRONG_TYPE, "1", ""),
        (
            '{ block = "good", with = { unit = 1 } }',
            Code.UNKNOWN_KEY,
            "unit",
            "did you mean 'units'?",
        ),
        (
            '{ block = "good", with = { units = 1, x = 1 } }',
            Code.UNKNOWN_KEY,
            "x",
            "allowed: units or rate",
        ),
        (
            '{ block = "good", wiht = { units = 1 } }',
            Code.UNKNOWN_KEY,
            "wiht",
            "did you mean 'with'?",
        ),
        (
            '{ block = "good", with.units = 1, units = 2 }',
            Code.UNKNOWN_KEY,
            "units",
            "allowed: block, with, repeat, name, inputs or trainable",
        ),
        (
            '{ type = "dense", block = "good", with.units = 1 }',
            Code.UNKNOWN_KEY,
            "type",
            "allowed: block, with, repeat, name, inputs or trainable",
        ),
        (
            '{ share = "a", block = "good", with.units = 1 }',
            Code.UNKNOWN_KEY,
            "share",
            "allowed: block, with, repeat, name, inputs or trainable",
        ),
        ('{ block = "good", with.units = 1, repeat = 0 }', Code.OUT_OF_RANGE, "0", ""),
        (
            f'{{ block = "good", with.units = 1, repeat = {MAX_REPEAT + 1} }}',
            Code.OUT_OF_RANGE,
            f"{MAX_REPEAT + 1}",
            "",
        ),
        ('{ block = "good", with.units = 1, repeat = -1 }', Code.OUT_OF_RANGE, "-1", ""),
        ('{ block = "good", with.units = 1, repeat = 1.0 }', Code.WRONG_TYPE, "1.0", ""),
        ('{ block = "good", with.units = 1, repeat = true }', Code.WRONG_TYPE, "true", ""),
        ('{ block = "good", with.units = 1, repeat = "2" }', Code.WRONG_TYPE, '"2"', ""),
        ('{ block = "good", with.units = 1, repeat = "${1 / 1}" }', Code.WRONG_TYPE, None, ""),
        ('{ block = "good", with.units = 1, repeat = "${5 - 5}" }', Code.OUT_OF_RANGE, None, ""),
        ('{ block = "good", with.units = "${x}" }', Code.EXPRESSION, '"${x}"', None),
        ('{ block = "good", with.units = { a = 1 } }', Code.WRONG_TYPE, "{ a = 1 }", ""),
        ('{ block = "good", with.units = [[1]] }', Code.WRONG_TYPE, "[1]", ""),
        ('{ block = "good", with.units = 1, name = "${x}" }', Code.EXPRESSION, '"${x}"', None),
        ('{ type = "block" }', Code.UNKNOWN_VALUE, '"block"', None),
        ('{ type = "share", share = "a" }', Code.UNKNOWN_KEY, "type", "remove it"),
        ('{ type = "share" }', Code.UNKNOWN_VALUE, '"share"', None),
        ('{ type = "dense", share = "a" }', Code.UNKNOWN_KEY, "type", "remove it"),
        ('{ blok = "good" }', Code.UNKNOWN_KEY, "blok", "did you mean 'block'?"),
        ('{ shared = "a" }', Code.UNKNOWN_KEY, "shared", "did you mean 'share'?"),
    ],
)
def test_bad_uses(item: str, code: Code, place: str | None, hint: str | None) -> None:
    for text in (
        f"layers = [1, {item}]\n{DEFINED}",
        # Within a block it is the same mistake; and told once, not in each repetition.
        f'layers = [{{ block = "outer", repeat = 3 }}]\n[blocks.outer]\nlayers = [1, {item}]\n'
        + DEFINED,
    ):
        found = refusal(text)
        assert found.code is code
        assert place is None or marked(text, found) == place
        assert hint is None or found.hint.replace("outer and ", "") == hint


@pytest.mark.parametrize(
    ("written", "code", "place"),
    [
        ("blocks = 1\n", Code.WRONG_TYPE, "1"),
        ("blocks.b = 1\n", Code.WRONG_TYPE, "1"),
        ("[[blocks]]\n", Code.WRONG_TYPE, "blocks"),
        ("[blocks.b]\n", Code.MISSING_KEY, "blocks.b"),
        ("blocks.b.layers = []\n", Code.OUT_OF_RANGE, "[]"),
        ("blocks.b.layers = 1\n", Code.WRONG_TYPE, "1"),
        ("[blocks.b.layers]\n", Code.WRONG_TYPE, "blocks.b.layers"),
        ("blocks.b = { layer = [1], layers = [1] }\n", Code.UNKNOWN_KEY, "layer"),
        ("blocks.b-c.layers = [1]\n", Code.OUT_OF_RANGE, "blocks.b-c.layers"),
        ('blocks."".layers = [1]\n', Code.OUT_OF_RANGE, 'blocks."".layers'),
        ("blocks.b = { layers = [1], parameters = 1 }\n", Code.WRONG_TYPE, "1"),
        ("blocks.b = { layers = [1], parameters = ['a', 1] }\n", Code.WRONG_TYPE, "1"),
        ("blocks.b = { layers = [1], parameters = ['a', 'a'] }\n", Code.DUPLICATE_NAME, "'a'"),
        ("blocks.b = { layers = [1], parameters = ['a b'] }\n", Code.OUT_OF_RANGE, "'a b'"),
        ("blocks.b = { layers = [1], parameters = ['if'] }\n", Code.OUT_OF_RANGE, "'if'"),
        ("blocks.b = { layers = [1], parameters = { index = 1 } }\n", Code.OUT_OF_RANGE, "index"),
        ("blocks.b = { layers = [1], parameters = { a = {} } }\n", Code.WRONG_TYPE, "{}"),
        ("blocks.b = { layers = ['${a}'], parameters = { a = inf } }\n", Code.OUT_OF_RANGE, "inf"),
        (
            "blocks.b = { layers = ['${a}'], parameters = { a = '${x}' } }\n",
            Code.EXPRESSION,
            "'${x}'",
        ),
        ("blocks.b = { layers = [1], inputs = ['x', 'y', 'x'] }\n", Code.DUPLICATE_NAME, "'x'"),
        ("blocks.b = { layers = [{ block = 'b' }] }\n", Code.CYCLE, "'b'"),
        ("blocks.b = { layers = [1, '${x}'] }\n", Code.EXPRESSION, "'${x}'"),
        ("blocks.b = { layers = [1], outputs = ['${x}'] }\n", Code.EXPRESSION, "'${x}'"),
        ("blocks.b = { layers = [{ block = 'c' }] }\n", Code.UNKNOWN_NAME, "'c'"),
        ("blocks.b = { layers = [{ type = 'block' }] }\n", Code.UNKNOWN_VALUE, "'block'"),
    ],
)
def test_bad_definitions(written: str, code: Code, place: str) -> None:
    found = refusal(written)
    assert found.code is code
    assert marked(written, found) == place


def test_a_bad_definition_is_the_same_mistake_where_it_is_used() -> None:
    text = "layers = [{ block = 'b', repeat = 3, with.a = 1 }, { block = 'b' }]\n"
    for layers in ("['${a}', '${x}']", "['${a}', { type = 'block' }]", "[]"):
        written = f"{text}[blocks.b]\nparameters = {{ a = 1 }}\nlayers = {layers}\n"
        assert refusal(written).path[:3] == ("blocks", "b", "layers")
    written = f"{text}[blocks.b]\nparameters = {{ a = '${{x}}' }}\nlayers = ['${{a}}']\n"
    assert refusal(written).path == ("blocks", "b", "parameters", "a")


def test_an_unused_block_that_needs_parameters_is_left_alone() -> None:
    assert tree("[blocks.b]\nparameters = ['a']\nlayers = ['${a / 0}']\n") == {}
    assert refusal("[blocks.b]\nparameters = { a = 1 }\nlayers = ['${a / 0}']\n").path == (
        "blocks",
        "b",
        "layers",
        0,
    )
    # A block that is used is looked at with the values that it gets.
    text = "[blocks.b]\nparameters = { a = 0 }\nlayers = ['${1 // a}']\n"
    assert tree("layers = [{ block = 'b', with.a = 1 }]\n" + text)["layers"][0]["block"] == "b"
    # What is used only by blocks that nothing uses is not repeated; its default says nothing yet.
    text = "[blocks.b]\nparameters = { n = 0 }\nlayers = [{ block = 'c', repeat = '${n}' }]\n"
    assert tree(text + "[blocks.c]\nlayers = [1]\n") == {}


def test_mistakes_of_all_kinds_are_collected() -> None:
    text = """\
        x = "${a}"
        layers = [{ block = "q" }, { type = "${b}" }]
        [variables]
        a = "${a}"
        [blocks.b]
        layers = [{ type = "${c}" }]
        inputs = ["${d}"]
        oops = 1
        """
    assert [item.code for item in refused(text)] == [
        Code.UNKNOWN_NAME,
        Code.EXPRESSION,
        Code.CYCLE,
        Code.EXPRESSION,
        Code.EXPRESSION,
        Code.UNKNOWN_KEY,
    ]


def test_a_mistake_that_some_repetitions_have_is_told_once() -> None:
    text = """\
        layers = [{ block = "b", repeat = 1000 }, { block = "b", repeat = 500 }]
        [blocks.b]
        parameters = { sizes = [1, 2] }
        layers = [{ type = "${sizes[index]}" }]
        """
    found = refusal(text)
    assert found.message == "${sizes[index]}: there is no item 2; the array has 2"
    assert found.path == ("blocks", "b", "layers", 0, "type")


def test_cycles_of_blocks_are_named() -> None:
    text = """\
        layers = [{ block = "a" }]
        [blocks]
        a.layers = [{ block = "b" }]
        b.layers = [1, { block = "c" }, { block = "d" }]
        c.layers = [{ block = "d" }, { block = "b" }]
        d.layers = [1]
        """
    found = refusal(text)
    assert found.code is Code.CYCLE
    assert "circle: b -> c -> b" in found.message
    assert found.path == ("blocks", "b", "layers", 1, "block")


# Limits


def laughs(levels: int, item: str) -> str:
    """Blocks that use each other twice; the last one has 2**levels layers without repetitions."""
    blocks = "".join(
        f"[blocks.b{n}]\nlayers = [{item.format(n - 1)}, {item.format(n - 1)}]\n"
        for n in range(1, levels + 1)
    )
    return f"[blocks.b0]\nlayers = [{{ type = 'dense' }}]\n{blocks}"


@pytest.mark.parametrize(
    "item",
    [
        "{{ block = 'b{}' }}",
        "{{ block = 'b{}', repeat = 1000 }}",
        "{{ block = 'b{}', repeat = '${{1000}}' }}",
        "{{ block = 'b{}', repeat = '${{1000 - index}}', name = 'x${{index}}' }}",
    ],
)
def test_bombs_are_refused_at_once(item: str) -> None:
    text = "layers = [\n{ type = 'dense' },\n{ block = 'b14' },\n]\n" + laughs(14, item)
    parsed = document.parse(text.encode(), file="a.net.toml")
    start = time.process_time()
    with pytest.raises(SpecError) as raised:
        expanded(parsed, folder=None)
    assert time.process_time() - start < 0.5
    (found,) = raised.value.diagnostics
    assert (found.code, found.path) == (Code.TOO_LARGE, ("layers", 1))


def test_the_budget_is_of_all_layers_together() -> None:
    half = f"{{ block = 'b', repeat = {MAX_LAYERS // 20} }}"
    block = f"[blocks.b]\nlayers = [{', '.join(['1'] * 10)}]\n[blocks.one]\nlayers = [1]\n"
    assert len(tree(f"layers = [0, {half}, {half}]\n{block}")["layers"]) == 3
    found = refusal(f"layers = [0, {half}, {half}, {{ block = 'one' }}]\n{block}")
    assert (found.code, found.path) == (Code.TOO_LARGE, ("layers", 3))
    found = refusal(f"layers = [0, {half}, {{ block = 'b', repeat = 501 }}]\n{block}")
    assert found.path == ("layers", 2, "repeat")


@pytest.mark.parametrize("repeat", ["10", "'${10}'", "'${5 + 5 * (index + 1)}'"])
def test_each_layer_counts_once(repeat: str) -> None:
    """The budget is exact, whether repetitions are known before or when they are made."""
    inner = (
        f"[blocks.a]\nlayers = [1]\n[blocks.b]\nlayers = [{{ block = 'a', repeat = {repeat} }}]\n"
    )
    outer = "[blocks.c]\nlayers = [{ block = 'b', repeat = 10 }]\n"
    assert tree(
        f"layers = [{{ block = 'c', repeat = {10 if '5' in repeat else 100} }}]\n{inner}{outer}"
    )
    found = refusal(f"layers = [{{ block = 'c', repeat = 101 }}]\n{inner}{outer}")
    assert found.code is Code.TOO_LARGE


def test_large_layers_count_by_their_values() -> None:
    layer = "{ type = 'dense', a = [" + "1, " * 2000 + "] }"
    found = refusal(
        f"layers = [{{ block = 'b', repeat = 1000 }}]\n[blocks.b]\nlayers = [{layer}]\n"
    )
    assert found.code is Code.TOO_LARGE


def test_nesting_and_the_number_of_blocks_are_limited() -> None:
    def chain(length: int) -> str:
        blocks = "".join(
            f"[blocks.b{n}]\nlayers = [{{ block = 'b{n - 1}' }}]\n" for n in range(1, length)
        )
        return f"layers = [{{ block = 'b{length - 1}' }}]\n[blocks.b0]\nlayers = [1]\n{blocks}"

    assert len(tree(chain(MAX_NESTING))["layers"]) == 1
    found = refusal(chain(MAX_NESTING + 1))
    assert (found.code, found.path[1]) == (Code.TOO_LARGE, f"b{MAX_NESTING}")
    assert refusal(chain(MAX_BLOCKS)).path[1] == f"b{MAX_NESTING}"
    assert refusal(chain(MAX_BLOCKS + 1)).path == ("blocks",)


# Defaults


def test_defaults_reach_the_layers_of_blocks() -> None:
    text = """\
        layers = [
            { type = "dense" },
            { type = "dense", units = 1, rate = 2 },
            { block = "a", repeat = 2 },
            { type = "flatten" },
            { share = "x" },
            3,
        ]
        [variables]
        n = 7
        [defaults]
        dense = { units = "${n}", rate = 0 }
        block = { name = "no" }
        share = { name = "no" }
        odd = 3
        [blocks.a]
        layers = [{ type = "dense", units = 5 }, { block = "b" }]
        [blocks.b]
        layers = [{ type = "dense" }, { type = "odd" }, { type = 3 }]
        """
    original = tree(text)
    merged, filled = merge_defaults(original)
    layers = merged["layers"]
    assert layers[0] == {"type": "dense", "units": 7, "rate": 0}
    assert layers[1] == original["layers"][1]
    assert layers[3:] == original["layers"][3:]
    for index, repetition in enumerate(layers[2]["repetitions"]):
        assert repetition["layers"][0] == {"type": "dense", "units": 5, "rate": 0}
        inner = repetition["layers"][1]["repetitions"][0]["layers"]
        assert inner == ({"type": "dense", "units": 7, "rate": 0}, {"type": "odd"}, {"type": 3})
        assert repetition["formals"] == ("input",)
        assert index < 2
    path = ("layers", 2, "repetitions")
    below = ("layers", 1, "repetitions", 0, "layers", 0)
    assert filled == {
        ("layers", 0, "units"),
        ("layers", 0, "rate"),
        *((*path, index, "layers", 0, "rate") for index in range(2)),
        *((*path, index, *below, key) for index in range(2) for key in ("units", "rate")),
    }
    assert original == tree(text)


@pytest.mark.parametrize("defaults", ["", "defaults = 1\n", "[defaults]\ndense = 1\n"])
def test_no_defaults(defaults: str) -> None:
    original = tree('layers = [{ type = "dense" }]\n' + defaults)
    assert merge_defaults(original) == (original, frozenset())
    assert merge_defaults({"layers": 3, "defaults": {"dense": {}}})[1] == frozenset()


# Anything at all


KEYS = ["block", "share", "type", "with", "repeat", "name", "inputs", "outputs", "layers", "a", "b"]
KEYS += ["parameters", "blocks", "variables", "extends", "defaults", "dense", "index", "x y", ""]
WORDS = st.sampled_from(KEYS)
EXPRESSIONS = ["${a}", "${b + 1}", "x${c}", "${index}", "${", "$${", "${a[0]}", "${1/0}"]
TEXTS = st.sampled_from(["a", "b", "c", "dense", *EXPRESSIONS])
VALUES = st.recursive(
    TEXTS | st.integers(-1, 4) | st.booleans() | st.floats() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=12,
)
ITEMS = st.lists(
    VALUES
    | st.fixed_dictionaries(
        {"block": TEXTS}, optional={"with": VALUES, "repeat": VALUES, "inputs": VALUES}
    ),
    max_size=3,
)
BLOCK = st.fixed_dictionaries(
    {"layers": ITEMS}, optional={"parameters": VALUES, "inputs": VALUES, "outputs": VALUES}
)
TREES = st.fixed_dictionaries(
    {},
    optional={
        "layers": ITEMS | VALUES,
        "variables": st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3) | VALUES,
        "blocks": st.dictionaries(st.sampled_from("abc"), BLOCK | VALUES, max_size=3) | VALUES,
        "extends": VALUES,
        "x": VALUES,
    },
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


@settings(max_examples=500, deadline=None)
@given(TREES)
def test_any_tree_is_filled_in_or_refused(value: dict[str, Any]) -> None:
    original = document.from_mapping(value)
    try:
        filled = expanded(original, folder=None)
    except SpecError as error:
        found = error.diagnostics
    else:
        merge_defaults(filled.tree)
        assert not {"blocks", "variables", "extends"} & filled.tree.keys()
        escaped = any("$${" in text for text in texts(dict(original.tree)))
        assert escaped or not any("${" in text for text in texts(dict(filled.tree)))
        return
    assert unique(found) == list(found)
    assert all(item.file is None for item in found)
