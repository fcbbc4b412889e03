"""The measured drift of each part is that of its law, or of a run written by hand."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import samenet
from samenet.cli import main
from samenet.compiler import compile_spec, graph_of
from samenet.verification.drift import Measurement
from samenet.verification.drift_report import TOGETHER, Drift, DriftReport
from samenet.verification.samples import samples
from samenet.verification.subjects import Subject, Training
from tests.specs import ROOT
from tests.verification.parts import DENSE, NORMALIZED, PARTS, sequence, spec

EMPTY = Drift("", "torch", "", "", "")


class Measured:
    """A measurement and, of the program with exchanged parts, what it is made of."""

    def __init__(self, tree: dict[str, Any], steps: int, size: int) -> None:
        self.spec = samenet.load(tree)
        self.graph = graph_of(self.spec)
        self.measurement = Measurement(self.spec, self.graph, "torch", steps, size)
        self.subject: Subject = self.measurement.subject(
            compile_spec(self.spec, "torch", "idiomatic")
        )
        self.subject.set_weights(self.measurement.initial)
        _, self.own = self.measurement.course(self.subject)

    @property
    def exact(self) -> Training:
        return self.measurement.exact

    @property
    def initial(self) -> dict[str, np.ndarray]:
        return self.measurement.initial

    def batches(self, epochs: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """What the program reads, epoch after epoch."""
        module, size = self.subject.module, self.measurement.size
        data = samples(self.spec, self.graph, module, self.measurement.count)
        for epoch in range(epochs):
            order = module.epoch_order(module.SEED, epoch, len(data.x))
            for start in range(0, len(order), size):
                batch = order[start : start + size]
                yield data.x[batch], data.y[batch]


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("size", [4, 7])
def test_the_moving_variance_takes_in_n_over_n_less_1(size):
    found = Measured(spec(NORMALIZED, DENSE), steps=4, size=size)
    name = "dense_batch_normalization/moving_variance"
    before = 0.99 * found.initial[name]
    own, exact = (run.weights[0][name] - before for run in (found.own, found.exact))
    np.testing.assert_allclose(own / exact, size / (size - 1), rtol=1e-11)
    others = found.exact.weights[0].keys() - {name}
    for other in others:
        np.testing.assert_array_equal(found.own.weights[0][other], found.exact.weights[0][other])


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("kind", "decay"), [("adam", 0.0), ("adam", 0.1), ("adamw", 0.1)])
def test_adam_is_the_one_that_is_written_by_hand(kind, decay):
    """Both programs, and so the drift: the steps are taken by hand from the same gradients."""
    torch = pytest.importorskip("torch")
    rate, epsilon, betas = 0.01, 1e-3, (0.9, 0.999)
    # Keras' betas have 32 bits where it corrects the bias.
    rounded = [float(np.float32(beta)) for beta in betas]
    options: dict[str, Any] = {"type": kind, "learning_rate": rate, "epsilon": epsilon}
    options |= {"weight_decay": decay} if decay else {}
    found = Measured(spec(optimizer=options), steps=10, size=8)
    names = ("dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias")

    def trained(native: bool) -> list[np.ndarray]:
        w = [torch.tensor(found.initial[n], requires_grad=True) for n in names]
        native_class = torch.optim.Adam if kind == "adam" else torch.optim.AdamW
        optimizer = native_class(w, lr=rate, betas=betas, eps=epsilon, weight_decay=decay)
        m, v = ([torch.zeros_like(p) for p in w] for _ in range(2))
        for t, (x, y) in enumerate(found.batches(2), start=1):
            hidden = torch.tanh(torch.tensor(x) @ w[0] + w[1])
            loss = torch.nn.functional.cross_entropy(hidden @ w[2] + w[3], torch.tensor(y))
            gradients = torch.autograd.grad(loss, w)
            if native:
                for p, g in zip(w, gradients, strict=True):
                    p.grad = g
                optimizer.step()
                continue
            corrected = rate * (1 - rounded[1] ** t) ** 0.5 / (1 - rounded[0] ** t)
            for i, g in enumerate(gradients):
                m[i] = betas[0] * m[i] + (1 - betas[0]) * g
                v[i] = betas[1] * v[i] + (1 - betas[1]) * g**2
                with torch.no_grad():
                    w[i] *= 1 - rate * float(np.float32(decay))
                    w[i] -= corrected * m[i] / (v[i].sqrt() + epsilon)
        return [p.detach().numpy() for p in w]

    for run, native in ((found.own, True), (found.exact, False)):
        for name, expected in zip(names, trained(native), strict=True):
            np.testing.assert_allclose(run.weights[-1][name], expected, atol=1e-13)


@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize("kind", ["lstm", "simple_rnn"])
def test_two_biases_move_twice_as_far(kind):
    found = Measured(sequence({"type": kind, "units": 4}), steps=2, size=8)
    name = f"{kind}/{kind}_cell/bias"
    moved = found.exact.weights[0][name] - found.initial[name]
    assert np.abs(moved).max() > 1e-4
    subject = found.measurement.subject(compile_spec(found.spec, "torch", "idiomatic"))
    subject.set_weights(found.initial)
    data = samples(found.spec, found.graph, subject.module, found.measurement.count)
    course = subject.train(data, None, epochs=1, size=8)
    assert len(course.rates) == 1
    module = subject.model.get_submodule(kind)
    both = module.bias_ih_l0 + module.bias_hh_l0
    np.testing.assert_allclose(
        both.detach().numpy() - found.initial[name], 2 * moved, rtol=1e-9, atol=1e-15
    )


@pytest.mark.usefixtures("float64")
def test_weights_of_classes_divide_by_their_sum():
    torch = pytest.importorskip("torch")
    tree, _ = PARTS["torch", "class_weight"]
    checked = samenet.load(tree)
    programs = [compile_spec(checked, "torch", f) for f in ("exact", "idiomatic")]
    modules = [samenet.runtime.execute(program) for program in programs]
    random = np.random.default_rng(0)
    scores = torch.tensor(random.normal(size=(7, 3)))
    classes = torch.tensor([0, 1, 1, 2, 0, 1, 2])
    factors = torch.tensor([1.0, 3.0, 1.0], dtype=torch.float64)
    exact, own = (m.measure(scores, classes, factors[classes])["loss"] for m in modules)
    native = torch.nn.functional.cross_entropy(scores, classes, weight=factors)
    np.testing.assert_allclose(float(own), float(native), rtol=1e-14)
    np.testing.assert_allclose(float(own / exact), 7 / float(factors[classes].sum()), rtol=1e-14)


@pytest.mark.usefixtures("float64")
def test_the_exact_program_does_not_drift_from_itself():
    found = Measured(spec(NORMALIZED, {"type": "dropout", "rate": 0.5}, DENSE), steps=4, size=8)
    row = found.measurement.measured(EMPTY, compile_spec(found.spec, "torch"))
    assert [distance.difference for distance in row.largest] == [0.0, 0.0, 0.0]
    assert len(row.first) == 4  # weights, statistics, predictions, learning rate


@pytest.mark.parametrize(("patience", "mode"), [(1, "min"), (3, "max")])
def test_the_plateau_is_one_epoch_longer(patience, mode):
    callback = {"type": "reduce_lr_on_plateau", "patience": patience, "mode": mode}
    report = samenet.drift(
        spec(callbacks=[{**callback, "monitor": "loss"}, {"type": "terminate_on_nan"}]), steps=2
    )
    (row,) = report.rows
    assert row.decisions == (
        f"where values stand still the rate is cut after epoch {patience + 2}, "
        f"not after epoch {patience + 1}"
    )


ROUNDED = {"leaky_relu", "ignore_class", "poisson", "global_clipnorm"}
"""Parts that hardly differ in the case of the table."""


@pytest.mark.parametrize(("backend", "part"), PARTS)
def test_every_part_drifts_as_far_as_it_is_known_to(backend, part):
    report = samenet.drift(PARTS[backend, part][0], steps=6)
    found = next(row for row in report.rows if (row.backend, row.part) == (backend, part))
    assert not found.failure
    assert found.drifts("float64") == (part not in ROUNDED)
    largest = max(distance.difference for distance in found.largest)
    if part in ROUNDED:
        assert largest < 1e-7
    elif part != "reduce_lr_on_plateau":
        assert not largest < 1e-7  # NaN drifts


def test_each_part_alone_and_all_together():
    tree = spec(NORMALIZED, DENSE, optimizer={"type": "adam", "epsilon": 1e-3})
    report = samenet.drift(tree, steps=4)
    assert [row.part for row in report.rows] == ["batch_normalization", "adam", TOGETHER]
    alone = {row.part: {d.what: d for d in row.last} for row in report.rows}
    assert alone["batch_normalization"]["weights"].difference == 0.0
    assert alone["batch_normalization"]["statistics"].difference > 1e-3
    assert alone["adam"]["weights"].difference > 1e-5
    together = alone[TOGETHER]
    assert together["weights"].difference == alone["adam"]["weights"].difference
    assert together["statistics"].difference > 1e-3
    assert report.verdict.startswith("2 parts drift; after 4 steps all together by ")
    assert report.same["torch"] == ("dense", "activation", "sparse_categorical_crossentropy")
    assert report.notes == (
        "Keras: nothing is exchanged, its own parts stand in the exact program already",
    )


def test_what_has_no_other_form_is_named():
    callbacks = [{"type": "early_stopping", "monitor": "loss", "patience": 9}]
    optimizer = {"type": "lion", "clipnorm": 1.0}
    report = samenet.drift(spec(optimizer=optimizer, callbacks=callbacks), steps=2)
    assert [row.part for row in report.rows] == ["clipnorm"]
    assert set(report.kept["torch"]) == {"Lion", "EarlyStopping"}
    assert report.kept["torch"]["Lion"].startswith("Steps of one size")


def test_a_part_that_refuses_a_batch_says_so():
    report = samenet.drift(spec(NORMALIZED, DENSE), steps=2, batch_size=1)
    (row,) = report.rows
    assert row.failure.startswith("ValueError: Expected more than 1 value per channel")
    assert row.drifts("float64")
    assert report.verdict == "1 part drifts"


def test_nothing_is_measured_where_nothing_is_exchanged():
    report = samenet.drift(spec())
    assert report.rows == ()
    assert report.verdict == "no part of the frameworks' own drifts here"
    assert len(report.notes) == 2


def test_too_few_steps():
    with pytest.raises(ValueError, match="steps must be at least 2, found 1"):
        samenet.drift(spec(), steps=1)


# The command


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.net.json"
    path.write_text(json.dumps(spec(NORMALIZED, DENSE, optimizer={"type": "adam"})))
    return path


def run(*arguments: str | Path) -> Any:
    result = CliRunner().invoke(main, [*map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def test_the_command_says_what_the_function_says(file):
    command = ("verify", file, "--fidelity", "idiomatic", "--steps", "4")
    report: DriftReport = samenet.drift(json.loads(file.read_text()), steps=4)
    result = run(*command, "--format", "json")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["kind"] == "drift"
    assert [row["part"] for row in found["rows"]] == [row.part for row in report.rows]
    for told, row in zip(found["rows"], report.rows, strict=True):
        assert told["drifts"] is True
        for key in ("start", "first", "last"):
            values = [(d["what"], d["difference"]) for d in told[key]]
            assert values == [(d.what, d.difference) for d in getattr(row, key)]
    text = run(*command).stdout
    assert "adam, torch.optim.Adam: epsilon is added" in text
    assert f"{report.verdict}." in text
    table = run(*command, "--format", "markdown").stdout
    assert table.count("| PyTorch | ") == 3


def test_drift_is_no_failure_and_rounding_is_no_drift(tmp_path):
    file = tmp_path / "a.net.json"
    file.write_text(json.dumps(PARTS["torch", "leaky_relu"][0]))
    result = run("verify", file, "--fidelity", "idiomatic")
    assert result.exit_code == 0
    assert "no drift beyond rounding: leaky_relu (nn.LeakyReLU, F.leaky_relu), " in result.stdout
    assert "no part of the frameworks' own drifts here." in result.stdout


def test_an_edited_program_is_compared_with_the_exact_one_alone(file, tmp_path):
    program = tmp_path / "a.py"
    program.write_text("import torch\n")
    result = run("verify", file, "--fidelity", "idiomatic", "--program", program)
    assert result.exit_code == 2
    assert "leave --program out" in " ".join(result.stderr.split())


def test_an_idiomatic_program_is_checked_like_another(file, tmp_path):
    program = tmp_path / "a.py"
    compiled = ("compile", file, "-b", "torch", "-o", program)
    assert run(*compiled, "--fidelity", "idiomatic").exit_code == 0
    assert run(*compiled, "--fidelity", "idiomatic", "--check").exit_code == 0
    assert run(*compiled, "--check").exit_code == 1


@pytest.mark.slow
def test_the_drift_of_a_real_spec():
    """The figures of docs/fidelity.md."""
    report = samenet.drift(ROOT / "specs" / "complete.net.toml", steps=10)
    rows = {row.part: row for row in report.rows}
    assert list(rows) == ["batch_normalization", "adam", "reduce_lr_on_plateau", TOGETHER]
    assert rows["batch_normalization"].largest[2].difference == pytest.approx(4.7e-3, rel=0.1)
    assert rows["adam"].largest[2].difference == pytest.approx(6.8e-3, rel=0.2)
    assert "cut after epoch 7, not after epoch 6" in rows["reduce_lr_on_plateau"].decisions
