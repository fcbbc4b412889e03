"""`samenet explain`."""

from __future__ import annotations

import textwrap

import click

from samenet.diagnostics import Code, nearest


@click.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Say what CODE (SN104, or out-of-range) means and why, with examples; else list all codes."""
    from samenet.diagnostics.explanations import EXPLANATIONS, find

    if code is None:
        click.echo("".join(f"{item.number}  {item.title}\n" for item in Code), nl=False)
        return
    found = find(code)
    if found is None:
        known = [word for item in Code for word in (item.number, item.title)]
        hint = nearest(code, known) or "`samenet explain` lists all codes"
        raise click.BadParameter(f"there is no code {code!r}; {hint}", param_hint="CODE")
    explanation = EXPLANATIONS[found]
    click.echo(f"{found.number} {found.title}\n\n{textwrap.fill(explanation.why, 80)}\n")
    for title, example in (("Wrong:", explanation.bad), ("Right:", explanation.good)):
        click.echo(f"{title}\n\n{textwrap.indent(example.strip(), '    ')}\n")
    for source in explanation.sources:
        click.echo(f"Source: {source}")
