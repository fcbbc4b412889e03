"""The jobs of samenet as functions; the command line calls the same ones.

What only some jobs need (Jinja, NumPy, a framework) is imported by these.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from samenet import document
from samenet.advice import advise as advised
from samenet.diagnostics import Diagnostic, SpecError, by_place
from samenet.document import Document
from samenet.expansion import assembled
from samenet.graph.expand import expand
from samenet.graph.resolve import resolve
from samenet.lowering import Backend, Fidelity
from samenet.named import ONLY
from samenet.reading import Valid, valid
from samenet.spec.model import Spec

if TYPE_CHECKING:
    from samenet.ablation.result import Ablation
    from samenet.compiler import Program
    from samenet.diagrams import Format as DiagramFormat
    from samenet.difference.compare import Difference
    from samenet.graph.ir import ResolvedGraph
    from samenet.runtime import Precision
    from samenet.search.result import Sweep
    from samenet.spec.studies import Design
    from samenet.training.evaluation import Results, Trained
    from samenet.training.progress import Progress
    from samenet.training.run import Arrays, Run, Values
    from samenet.verification.drift_report import DriftReport
    from samenet.verification.report import Report

Source = str | Path | Mapping[str, Any] | Document | Spec
"""A spec: the path of its file (TOML, or JSON by the suffix), its tree, what
`samenet.document.parse` made of a text that is in no file, or a loaded one."""


def load(source: Source, overrides: Sequence[str] = ()) -> Spec:
    """Read a spec and check everything that can be checked without a framework.

    Args:
        source: the path of a file, the tree of a spec as dictionaries and lists, a document, or a
            loaded spec, which is returned as it is.
        overrides: changes, each `path=value` as for `--set`: `"optimizer.learning_rate=0.01"`,
            `"layers[2].units=64"`, `"variables.width=32"`; not for a loaded spec.

    Returns:
        The immutable spec, every default filled in.

    Raises:
        SpecError: with a located diagnostic for every mistake.
        ValueError: there are overrides for a loaded spec.
    """
    if isinstance(source, Spec):
        if overrides:
            raise ValueError("overrides change what is read; a loaded spec is read already")
        return source
    return _valid(source, overrides).spec


def _valid(source: str | Path | Mapping[str, Any] | Document, overrides: Sequence[str]) -> Valid:
    """A spec as for `load`, with its network."""
    written = read(source, overrides)
    found = valid(written)
    if found.spec.ablation is not None or found.spec.search is not None:
        from samenet.alternatives import refused

        mistakes = refused(written, found.spec)
        if mistakes:
            raise SpecError(mistakes)
    return found


def read(
    source: str | Path | Mapping[str, Any] | Document, overrides: Sequence[str] = ()
) -> Document:
    """What a spec says, with what it extends and with overrides; nothing else is filled in.

    Args:
        source: as for `load`, but not a loaded spec.
        overrides: as for `load`.

    Raises:
        SpecError: it cannot be read, or an override cannot be applied.
    """
    if isinstance(source, Mapping):
        parsed = document.from_mapping(source)
    else:
        parsed = source if isinstance(source, Document) else document.read(source)
    folder = None if parsed.file is None else Path(parsed.file).parent
    return assembled(parsed, overrides, folder=folder)


def validate(source: Source, overrides: Sequence[str] = ()) -> list[Diagnostic]:
    """All mistakes in a spec; an empty list means that it can be compiled.

    Args:
        source: as for `load`.
        overrides: as for `load`.
    """
    try:
        load(source, overrides)
    except SpecError as error:
        return list(error.diagnostics)
    return []


def advise(source: Source, overrides: Sequence[str] = ()) -> list[Diagnostic]:
    """What the field's guidelines say of a spec that is right; none of it changes the programs.

    Args:
        source: as for `load`. A loaded spec has no places, and comments in its file do not count.
        overrides: as for `load`.

    Returns:
        Warnings, in the order of their places, without what the spec asks to leave out; some have
        a `fix`.

    Raises:
        SpecError: the spec is invalid.
        ValueError: as for `load`.
    """
    if isinstance(source, Spec):
        spec = load(source, overrides)
        return by_place(advised(spec, resolve(expand(spec)), Document({})))
    return by_place(advised(*_valid(source, overrides)))


def compile(source: Source, backend: Backend, *, fidelity: Fidelity = "exact") -> Program:
    """The Keras or PyTorch program of a spec; no framework is needed.

    Args:
        source: as for `load`.
        backend: "keras" or "torch".
        fidelity: "exact", or "idiomatic" with the framework's own parts also where they mean
            something else than the spec; `exchanged` and the program's head say which and what.

    Returns:
        The program: `text` is its source, `write(path)` puts it into a file. The same spec gives
        the same text.

    Raises:
        SpecError: the spec is invalid.
        ValueError: there is no such backend or fidelity.
    """
    from samenet.compiler import compile_spec

    return compile_spec(load(source), backend, fidelity)


def render(
    source: Source, overrides: Sequence[str] = (), format: Literal["toml", "json"] = "toml"
) -> str:
    """The text of a spec with nothing left to be filled in, which is itself a spec.

    What it extends, variables, blocks and defaults are written out, and every key has a value. It
    says the same: its programs are the same, byte for byte. Paths of data stay as they are.

    Args:
        source: as for `load`.
        overrides: as for `load`.
        format: "toml" or "json".

    Raises:
        SpecError: the spec is invalid.
    """
    import json

    from samenet.spec.rendering import rendered
    from samenet.spec.toml import dumped

    tree = rendered(load(source, overrides))
    if format == "json":
        return json.dumps(tree, indent=2, ensure_ascii=False) + "\n"
    return dumped(tree)


def summary(source: Source) -> ResolvedGraph:
    """The layers of a spec with their output shapes and weights; no framework is needed.

    Args:
        source: as for `load`.

    Raises:
        SpecError: the spec is invalid.
    """
    from samenet.compiler import graph_of

    return graph_of(load(source))


def diff(old: Source, new: Source) -> Difference:
    """What a spec means otherwise than another; no framework is needed.

    Layout, variables, blocks, what they extend and defaults are filled in before; the names of the
    specs do not count.

    Args:
        old: as for `load`.
        new: as for `load`.

    Returns:
        The difference, false if there is none: `headline` says it in a few words, `added`,
        `removed` and `layers` tell of layers, `training` of keys, `weights` whether old weights
        fit. `samenet.difference.forms` prints it.

    Raises:
        SpecError: one of them is invalid; the mistakes of the other one are then not looked for.
    """
    from samenet.difference.compare import compare

    return compare(load(old), load(new))


def diagram(source: Source, format: DiagramFormat = "svg") -> str:
    """A picture of the network: its layers with output shapes and parameters, blocks as groups.

    No framework is needed. The same spec gives the same text.

    Args:
        source: as for `load`.
        format: "svg" (a picture that has light and dark colours), "mermaid" (text that GitHub
            draws) or "dot" (for Graphviz).

    Raises:
        SpecError: the spec is invalid.
        ValueError: there is no such format, or graphlay, which SVG needs, is not installed.
    """
    from samenet.diagrams import draw, written

    spec = load(source)
    return str(written(draw(summary(spec), spec.name), format))


def report(paths: str | Path | Sequence[str | Path]) -> str:
    """What came out, as one page of HTML that needs nothing beside it.

    Args:
        paths: one or several folders that `samenet train --output` has written, files
            `result.json` of an ablation or a sweep, or reports of `samenet verify --format json`.

    Raises:
        ReportError: a folder or file is none of these; a ValueError.
        OSError: a file cannot be read.
    """
    from samenet.reports import page

    given = [paths] if isinstance(paths, str | Path) else paths
    return page([Path(path) for path in given])


def build(source: Source, backend: Backend, *, device: str = "auto") -> Any:
    """The live model with its initial weights, which are the same in every framework.

    Args:
        source: as for `load`.
        backend: "keras" or "torch".
        device: where its weights are: "auto", "cpu", "cuda", "cuda:1", "mps" (PyTorch alone).

    Returns:
        A compiled `keras.Model`, or a `torch.nn.Module` in training mode whose forward returns
        the scores before a final softmax or sigmoid and whose `predict` applies it. Inputs have
        the spec's shape with the batch in front, in the framework's default float type, or in
        float64 where that is the spec's `precision`.

    Raises:
        SpecError: the spec is invalid, or the network needs more memory than is free.
        FrameworkError: the framework is not installed, or has no such device.
    """
    from samenet.graph.memory import available, check_memory, demand
    from samenet.runtime import build_model, execute, kept_float_type, require_packages

    spec = load(source)
    require_packages(spec, backend)
    check_memory(demand(summary(spec)), available())
    module = execute(compile(spec, backend))
    with kept_float_type(backend):
        return build_model(module, backend, device)


def train(
    source: Source,
    backend: Backend,
    data: Arrays | None = None,
    validation_data: Arrays | None = None,
    *,
    epochs: int | None = None,
    progress: Progress | None = None,
    checkpoint: str | Path | None = None,
    device: str = "auto",
) -> Run:
    """Build the model and train it as the spec says.

    Args:
        source: as for `load`.
        backend: "keras" or "torch".
        data: inputs (N, *input shape) and targets, in place of the spec's data; targets are
            classes (N,) for a loss on classes, else of the output's shape. Where the spec's data
            name a `sample_weight`, also a weight for each sample, (N,).
        validation_data: likewise, in place of a part split off.
        epochs: passes over the data, in place of the spec's.
        progress: is told of epochs and batches; see `samenet.training.progress`.
        checkpoint: a folder that keeps the state of the training after each epoch. What it holds
            already goes on from there, bit by bit as if nothing had been between, to the same
            number of `epochs` or a larger one.
        device: where to compute: "auto" (a GPU for CUDA if the framework finds one), "cpu",
            "cuda", "cuda:1", "mps" (PyTorch alone).

    Returns:
        The trained model, the history of each epoch, and how long it took.

    Raises:
        SpecError: the spec is invalid, the data do not fit it, or memory does not suffice.
        FrameworkError: the framework is not installed, or has no such device.
        OSError: another run writes into the folder, or it cannot be written.
        ValueError: a callback writes files, and no folder is given.
    """
    from samenet.graph.memory import available, check_memory, demand
    from samenet.training.lock import held
    from samenet.training.run import train_program

    spec = load(source)
    folder = None if checkpoint is None else Path(checkpoint)
    size, state_size = spec.training.batch_size, spec.optimizer.state_size
    check_memory(demand(summary(spec), batch_size=size, state_size=state_size), available())
    with held([folder] if folder else []):
        return train_program(
            spec,
            backend,
            data,
            validation_data,
            epochs=epochs,
            progress=progress,
            checkpoint=folder,
            device=device,
        )


def evaluate(
    source: Source,
    backend: Backend | None = None,
    *,
    weights: str | Path | None = None,
    data: Arrays | str | Path | None = None,
) -> Results:
    """The loss and the metrics of trained weights, as the validation of an epoch reports them.

    Args:
        source: the folder of a run, or a spec as for `load`.
        backend: "keras" or "torch"; by default the one that trained the run.
        weights: the safetensors file of a run; not needed with its folder.
        data: inputs and targets, or a file like that of the spec; by default the spec's own samples
            for validation and for the test.

    Returns:
        By the name of the samples (`validation`, `test`, `data`) each loss and metric by its name.

    Raises:
        SpecError: the spec is invalid, or data or weights do not fit it.
        FrameworkError: the framework is not installed.
        OSError: a file cannot be read.
        ValueError: there are no weights, or nothing says which framework is meant.
    """
    from samenet.training.evaluation import evaluated

    return evaluated(_restored(source, backend, weights), data)


def predict(
    source: Source,
    data: Values | str | Path | None = None,
    backend: Backend | None = None,
    *,
    weights: str | Path | None = None,
) -> Values:
    """What a network with trained weights gives for inputs.

    Args:
        source: as for `evaluate`.
        data: inputs (N, *input shape), or a file like that of the spec, in which targets may be
            missing; by default all samples of an embedded data set.
        backend: as for `evaluate`.
        weights: as for `evaluate`.

    Returns:
        An array (N, *output shape), or one for each of several outputs by name; probabilities where
        the network ends in a softmax or a sigmoid.

    Raises:
        as `evaluate`.
    """
    from samenet.training.evaluation import predicted

    found = predicted(_restored(source, backend, weights), data)
    return found.get(ONLY, found)


def _restored(source: Source, backend: Backend | None, weights: str | Path | None) -> Trained:
    """The one trained network that a source stands for."""
    from samenet.training.evaluation import restored
    from samenet.training.saved import saved

    found = [item for item in saved(source, weights) if backend in (None, item.backend)]
    found = found or saved(source, weights)[:1]
    chosen = backend or found[0].backend
    if chosen is None or len(found) > 1:
        raise ValueError("say with `backend` in which framework: keras or torch")
    return restored(found[0], chosen)


def verify(
    source: Source,
    *,
    steps: int = 10,
    precision: Precision = "float64",
    batch_size: int | None = None,
    program: str | Path | None = None,
) -> Report:
    """Build, run and train the programs of a spec, and compare them number by number.

    Args:
        source: as for `load`.
        steps: how many steps of the optimizer are compared, at least 2.
        precision: "float64" or "float32", what the frameworks compute in.
        batch_size: of the compared batches; by default the spec's, at most 64.
        program: the file of a compiled program, perhaps edited, that is compared with the one that
            the spec compiles to; it is executed. Without, Keras is compared with PyTorch.

    Returns:
        What was compared, the largest differences, and whether they are within tolerance.

    Raises:
        SpecError: the spec is invalid, the data do not fit it, or memory does not suffice.
        FrameworkError: a framework is not installed.
        OSError: the program cannot be read.
        ValueError: `steps` is below 2, or the program is none.
    """
    from samenet.verification import verify as compare

    return compare(
        load(source),
        steps=steps,
        precision=precision,
        batch_size=batch_size,
        program=None if program is None else Path(program),
    )


def drift(
    source: Source,
    *,
    steps: int = 10,
    precision: Precision = "float64",
    batch_size: int | None = None,
) -> DriftReport:
    """Measure how far the frameworks' own parts drift from the exact programs.

    Each part that an idiomatic program has otherwise (see `compile`) is exchanged alone, then all
    together; the program is trained and compared with the exact one of the same framework, from
    the same weights and batches.

    Args:
        source: as for `load`.
        steps: how many steps of the optimizer are taken, in two epochs, at least 2.
        precision: "float64" or "float32", what the programs compute in.
        batch_size: of the steps; by default the spec's, at most 64.

    Returns:
        For each part what it differs in, and how far it leads before any step, after one and
        after all.

    Raises:
        SpecError: the spec is invalid, the data do not fit it, or memory does not suffice.
        FrameworkError: a framework in whose program something is exchanged is not installed.
        ValueError: `steps` is below 2.
    """
    from samenet.verification.drift import drift as measure

    return measure(load(source), steps=steps, precision=precision, batch_size=batch_size)


def ablate(
    source: Source,
    *backends: Backend,
    design: Design | None = None,
    seeds: int | None = None,
    epochs: int | None = None,
    only: Sequence[str] = (),
    output: str | Path | None = None,
    storage: str | None = None,
    jobs: int = 1,
    force: bool = False,
) -> Ablation:
    """Train variants of a spec, with and without its techniques, and say what each of them buys.

    Args:
        source: as for `load`; its table `[ablation]` says what these arguments leave open.
        backends: "keras", "torch" or both; without any, "torch".
        design: "ladder", "one-at-a-time", "leave-one-out" or "factorial".
        seeds: how often each variant is trained, at least 1; a verdict needs 3.
        epochs: passes over the data, in place of the spec's.
        only: the keys of the techniques that are looked at, all by default.
        output: a folder for the trainings and `result.json`. What it holds already goes on.
        storage: a storage URL of Optuna, in place of a journal in the folder.
        jobs: how many processes work. More than one need `if __name__ == "__main__":` around the
            call, as for `multiprocessing`.
        force: remove what the folder or the storage holds of the study.

    Returns:
        What came out; `data` is what `result.json` holds.

    Raises:
        SpecError: the spec or a variant is invalid, or the data do not fit.
        FrameworkError: a framework, Optuna or SciPy is not installed.
        OSError: the folder or the storage cannot be used, or holds something else.
        ValueError: there is nothing to compare, or an argument does not fit the spec.
    """
    from samenet.ablation.study import Options, ablated, asked

    spec, written = load(source), _written(source)
    options = Options(
        backends=backends or ("torch",),
        design=design,
        seeds=seeds,
        epochs=epochs,
        only=tuple(only),
        output=None if output is None else Path(output),
        storage=storage,
        jobs=jobs,
        force=force,
    )
    return ablated(asked(written, spec, options), options)


def sweep(
    source: Source,
    backend: Backend = "torch",
    *,
    trials: int | None = None,
    epochs: int | None = None,
    output: str | Path | None = None,
    storage: str | None = None,
    jobs: int = 1,
    force: bool = False,
) -> Sweep:
    """Search the best values for the paths in a spec's table `[search.space]`.

    Args:
        source: as for `load`, but not a loaded spec: paths lead to what is written.
        backend: "keras" or "torch".
        trials: how many trainings there are, in place of the spec's; a grid has its own number.
        epochs: passes over the data, in place of the spec's.
        output: a folder for the trials, `result.json` and `best.net.toml`. What it holds goes on.
        storage: a storage URL of Optuna, in place of a journal in the folder.
        jobs: as for `ablate`.
        force: remove what the folder or the storage holds of the study.

    Returns:
        What came out: `data` is what `result.json` holds, `best` the text of the best spec.

    Raises:
        SpecError: the spec is invalid, or the data do not fit.
        FrameworkError: a framework, Optuna or SciPy is not installed.
        OSError: the folder or the storage cannot be used, or holds something else.
        ValueError: the spec does not say what to search, or its grid is too large.
    """
    from samenet.search.study import Options, swept, task

    if isinstance(source, Spec):
        raise ValueError("a search changes what is written; hand over the file or its tree")
    found = task(read(source), backend, trials=trials, epochs=epochs)
    folder = None if output is None else Path(output)
    return swept(found, Options(folder, storage, jobs, force))


def _written(source: Source) -> Document:
    """What a spec says; of a loaded one, what it would say with nothing left to be filled in."""
    from samenet.spec.rendering import rendered

    return read(rendered(source) if isinstance(source, Spec) else source)
