"""What each code means: why it is a mistake, and what it looks like wrong and right.

Those of advice are in `samenet.diagnostics.advice`.

An example is a part of a spec, in place of the same tables of `BASE`, or a command (`$ ...`) in a
folder in which `net.toml` and `base.toml` are that spec. The tests run each of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from samenet.diagnostics import Code
from samenet.diagnostics.advice import ADVICE
from samenet.diagnostics.explanation import LAST, Explanation, layers

BASE = """\
version = 1

[input]
shape = [4]

[[layers]]
type = "dense"
units = 3
activation = "softmax"

[optimizer]
type = "adam"

[training]
loss = "sparse_categorical_crossentropy"
metrics = ["accuracy"]

[data]
source = "csv"
path = "table.csv"
target = "kind"
validation_split = 0.2
"""
"""A spec that is right, and of which there is no advice; the examples change parts of it."""


def completed(example: str) -> str:
    """The spec of an example: its own tables, and those of `BASE` that it does not have."""
    root, *tables = re.split(r"(?m)^(?=\[)", BASE)
    own = set(re.findall(r"(?m)^\[+(\w+)", example))
    rest = [table for table in tables if re.findall(r"\w+", table)[0] not in own]
    return f"{root}{example}\n{''.join(rest)}"


def find(word: str) -> Code | None:
    """The code with a number or title, however its letters are written."""
    for code in Code:
        if word.upper() == code.number or word.lower() == code.title:
            return code
    return None


_IMAGES = "[input]\nshape = [28, 28, 1]\n"
_CONV = 'type = "conv2d"\nfilters = 8\nkernel_size = 3'
_FLATTEN = 'type = "flatten"'

EXPLANATIONS: Mapping[Code, Explanation] = MappingProxyType(
    {
        Code.UNREADABLE_FILE: Explanation(
            "The file does not exist, is no file, or may not be read, so nothing is known of what "
            "it says.",
            'extends = "bsae.toml"',
            'extends = "base.toml"',
        ),
        Code.NOT_UTF8: Explanation(
            "TOML and JSON are UTF-8 by definition; in another encoding the same bytes mean other "
            "letters. Save the file as UTF-8.",
            "$ printf 'name = \"caf\\351\"' | samenet validate -",
            "$ printf '# caf\\303\\251\\n' | cat - net.toml | samenet validate -",
        ),
        Code.SYNTAX: Explanation(
            "The text is not TOML (or JSON), so it has no keys and values that could be checked. "
            "A key that stands twice counts too: one of its values would be lost.",
            '[optimizer]\ntype = "adam',
            '[optimizer]\ntype = "adam"',
        ),
        Code.TOO_LARGE: Explanation(
            "A spec, a text in it or the network that its blocks make is larger than any real one. "
            "The limits stand before the work, so that no file can fill the memory.",
            '[blocks.row]\n[[blocks.row.layers]]\ntype = "dense"\nunits = 3\n'
            '[blocks.rows]\n[[blocks.rows.layers]]\nblock = "row"\nrepeat = 1000\n'
            + layers('block = "rows"\nrepeat = 1000', LAST),
            '[blocks.row]\n[[blocks.row.layers]]\ntype = "dense"\nunits = 3\n'
            '[blocks.rows]\n[[blocks.rows.layers]]\nblock = "row"\nrepeat = 10\n'
            + layers('block = "rows"\nrepeat = 10', LAST),
        ),
        Code.EXTENDS: Explanation(
            "What a spec extends is named by a path that begins in its own folder, so that it "
            "means the same on every machine, and lies in the project of the spec.",
            'extends = "/home/me/base.toml"',
            'extends = "base.toml"',
        ),
        Code.OVERRIDE: Explanation(
            "What --set changes must be there, or be a key of a table that is there: a path that "
            "leads nowhere would change nothing.",
            "$ samenet validate net.toml --set 'layers[9].units=64'",
            "$ samenet validate net.toml --set 'layers[0].units=64'",
        ),
        Code.UNKNOWN_KEY: Explanation(
            "No part of samenet reads this key, so it would have no effect; mostly it is another "
            "key misspelt.",
            '[optimizer]\ntype = "adam"\nlr = 0.001',
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.001',
        ),
        Code.MISSING_KEY: Explanation(
            "The key has no default, because no value would be right for most networks.",
            layers('type = "dense"\nactivation = "softmax"'),
            layers(LAST),
        ),
        Code.WRONG_TYPE: Explanation(
            "No value is converted: text in quotes is no number, true is not 1, and 3.0 is no "
            "whole number. What was meant is for the author to say.",
            '[optimizer]\ntype = "adam"\nlearning_rate = "0.001"',
            '[optimizer]\ntype = "adam"\nlearning_rate = 0.001',
        ),
        Code.OUT_OF_RANGE: Explanation(
            "The framework would refuse the value, or take it and compute nonsense: the other "
            "framework might do the one where this one does the other.",
            layers('type = "dropout"\nrate = 1.5', LAST),
            layers('type = "dropout"\nrate = 0.5', LAST),
        ),
        Code.UNKNOWN_VALUE: Explanation(
            "The key takes one of some words, and this is none of them.",
            layers('type = "dense"\nunits = 8\nactivation = "rleu"', LAST),
            layers('type = "dense"\nunits = 8\nactivation = "relu"', LAST),
        ),
        Code.EXPRESSION: Explanation(
            "A text with ${...} has no value: what stands in the braces cannot be read, uses a "
            "variable that there is not, or cannot be computed.",
            "[variables]\nwidth = 8\n" + layers('type = "dense"\nunits = "${widht * 2}"', LAST),
            "[variables]\nwidth = 8\n" + layers('type = "dense"\nunits = "${width * 2}"', LAST),
        ),
        Code.DUPLICATE_NAME: Explanation(
            "A name means one thing, or what refers to it could mean either.",
            layers('name = "a"\ntype = "dense"\nunits = 8', 'name = "a"\n' + LAST),
            layers('name = "a"\ntype = "dense"\nunits = 8', 'name = "b"\n' + LAST),
        ),
        Code.UNKNOWN_NAME: Explanation(
            "What is referred to does not exist: no layer, block or input has this name.",
            layers('name = "first"\ntype = "dense"\nunits = 8', 'inputs = "frist"\n' + LAST),
            layers('name = "first"\ntype = "dense"\nunits = 8', 'inputs = "first"\n' + LAST),
        ),
        Code.CYCLE: Explanation(
            "Layers, blocks, variables or files need each other in a circle, so none of them can "
            "come first.",
            '[variables]\na = "${b}"\nb = "${a}"',
            '[variables]\na = "${b}"\nb = 8',
        ),
        Code.UNUSED: Explanation(
            "It has no effect: nothing reads this layer or input, or other keys leave this one "
            "without a meaning. Mostly something else was meant.",
            layers('name = "lost"\ntype = "dense"\nunits = 8', 'inputs = "input"\n' + LAST),
            layers('name = "used"\ntype = "dense"\nunits = 8', 'inputs = "used"\n' + LAST),
        ),
        Code.SHAPE: Explanation(
            "The layer cannot work on values of the shape that reaches it.",
            layers(_CONV, LAST),
            _IMAGES + layers(_CONV, _FLATTEN, LAST),
        ),
        Code.ARITY: Explanation(
            "The layer reads another number of inputs than it is given.",
            layers(
                'name = "a"\ntype = "dense"\nunits = 4',
                'inputs = ["input", "a"]\n' + LAST,
            ),
            layers(
                'name = "a"\ntype = "dense"\nunits = 4',
                'type = "concatenate"\ninputs = ["input", "a"]',
                LAST,
            ),
        ),
        Code.GRADIENT: Explanation(
            "TensorFlow's gradient through a rotation or a zoom is only approximate, so that the "
            "weights before it would not be trained alike in both programs.",
            _IMAGES + layers(_CONV, 'type = "random_zoom"\nheight_factor = 0.2', _FLATTEN, LAST),
            _IMAGES + layers('type = "random_zoom"\nheight_factor = 0.2', _CONV, _FLATTEN, LAST),
        ),
        Code.LOSS: Explanation(
            "The loss (or a metric) means something only for other outputs: a cross-entropy takes "
            "probabilities, so it needs the activation that makes them at the end.",
            layers('type = "dense"\nunits = 3\nactivation = "relu"'),
            layers(LAST),
        ),
        Code.MONITOR: Explanation(
            "Nothing of this name is reported in training, so the callback would never act.",
            '[[callbacks]]\ntype = "early_stopping"\nmonitor = "val_acuracy"\n'
            '[training]\nloss = "sparse_categorical_crossentropy"\nmetrics = ["accuracy"]',
            '[[callbacks]]\ntype = "early_stopping"\nmonitor = "val_accuracy"\n'
            '[training]\nloss = "sparse_categorical_crossentropy"\nmetrics = ["accuracy"]',
        ),
        Code.LEARNING_RATE: Explanation(
            "Two parts of the spec contradict each other about the learning rate: a schedule and a "
            "callback that both set it, so that one would undo what the other has done, or keys of "
            "the schedule that do not fit together.",
            '[schedule]\ntype = "exponential_decay"\ndecay_rate = 0.9\n'
            '[[callbacks]]\ntype = "reduce_lr_on_plateau"',
            '[schedule]\ntype = "exponential_decay"\ndecay_rate = 0.9',
        ),
        Code.DATA_MISMATCH: Explanation(
            "The network and the data do not fit each other: the shape of a sample, the number of "
            "classes, or the kind of target.",
            "[input]\nshape = [784]\n"
            + layers('type = "dense"\nunits = 3\nactivation = "softmax"')
            + '[data]\nsource = "mnist_5k"\nvalidation_split = 0.2',
            "[input]\nshape = [784]\n"
            + layers('type = "dense"\nunits = 10\nactivation = "softmax"')
            + '[data]\nsource = "mnist_5k"\nvalidation_split = 0.2',
        ),
        Code.EXPECTATION: Explanation(
            "The network is no longer what [expect] says of it. Change the one or the other.",
            "[expect]\nparameters = 16",
            "[expect]\nparameters = 15",
        ),
        Code.OPTIMIZER: Explanation(
            "Keys of the optimizer exclude each other: one would undo what another has done.",
            '[optimizer]\ntype = "adam"\nclipnorm = 1.0\nclipvalue = 0.5',
            '[optimizer]\ntype = "adam"\nclipnorm = 1.0',
        ),
        Code.OUTPUT: Explanation(
            "A callback would write outside of the folder of the run, over a file that something "
            "else writes, or under a name that cannot be made.",
            '[[callbacks]]\ntype = "csv_logger"\nfilename = "../log.csv"',
            '[[callbacks]]\ntype = "csv_logger"\nfilename = "log.csv"',
        ),
        Code.DATA: Explanation(
            "The data themselves are not as the spec says. That is found when they are read, not "
            "by `samenet validate`, which opens only specs.",
            "$ printf 'a,b,c,kind\\n1,2,3,0\\n' > table.csv; samenet train net.toml -b torch",
            "$ printf 'a,b,c,d,kind\\n'  > table.csv; for n in 0 1 2 0 1 2 0 1 2; do "
            "echo 1,2,3,$n,$n; done >> table.csv; samenet train net.toml -b torch",
        ),
        Code.MEMORY: Explanation(
            "The weights and outputs of the network need more memory than is free, so training "
            "would be killed. It is counted before anything is built.",
            "$ samenet build net.toml -b torch --set 'layers[0].units=2000000000'",
            "$ samenet build net.toml -b torch --set 'layers[0].units=200'",
        ),
        **ADVICE,
    }
)
"""The explanation of each code."""
