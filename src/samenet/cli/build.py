"""`samenet build`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from samenet.cli.report import DEVICE, OVERRIDES, SPEC
from samenet.frameworks import import_frameworks
from samenet.lowering import BACKENDS, Backend

if TYPE_CHECKING:
    from samenet.graph.ir import ResolvedGraph


@click.command()
@click.argument("spec", type=SPEC)
@click.option(
    "-b",
    "--backend",
    type=click.Choice(BACKENDS),
    help="Build it in this framework too, and count the live model's parameters.",
)
@DEVICE
@OVERRIDES
def build(spec: Path, backend: Backend | None, device: str, overrides: tuple[str, ...]) -> None:
    """Show the layers of SPEC with their output shapes and parameters."""
    from samenet import api

    loaded = api.load(spec, overrides)
    graph = api.summary(loaded)
    print_table(graph, f"{loaded.name}: {len(graph.nodes)} layers")
    if backend is not None:
        from samenet import runtime

        import_frameworks([backend])
        model = api.build(loaded, backend, device=device)
        live = [runtime.parameters(model, backend, trainable=flag) for flag in (True, False)]
        click.echo(f"built in {backend}: {live[0]:,} trainable + {live[1]:,} not")


def print_table(graph: ResolvedGraph, title: str) -> None:
    """The summary table: layer, type, output shape, parameters, and the sums."""
    from rich.console import Console
    from rich.table import Table

    from samenet.graph.ir import shape_text
    from samenet.graph.memory import activation_bytes, shown

    table = Table(title=title, title_justify="left")
    table.add_column("layer")
    table.add_column("type")
    table.add_column("output shape")
    for name in ("parameters", "multiply-adds", "memory"):
        table.add_column(name, justify="right")
    for name, value in graph.inputs.items():
        table.add_row(name, "input", shape_text(value.shape), "0", "0", "")
    for node in graph.nodes:
        shapes = ", ".join(map(shape_text, node.output_shapes))
        numbers = (f"{node.parameters():,}", f"{node.multiply_adds:,}")
        table.add_row(node.name, node.kind, shapes, *numbers, shown(activation_bytes(node)))
    console = Console()
    # Where it is no terminal, nothing is cut.
    (console if console.is_terminal else Console(width=200)).print(table)
    trainable, fixed = graph.parameters(trainable=True), graph.parameters(trainable=False)
    click.echo(f"parameters: {trainable + fixed:,} = {trainable:,} trainable + {fixed:,} not")
    outputs = sum(map(activation_bytes, graph.nodes))
    click.echo(f"a sample: {graph.multiply_adds:,} multiply-adds, outputs of {shown(outputs)}")
