"""approximant show: what a model file says about itself."""

from __future__ import annotations

import click

from approximant.cli._printing import field, json_text, print_report


@click.command(short_help="Print the stored report.")
@click.argument("model", metavar="MODEL")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
def show(model: str, as_json: bool) -> int:
    """Print the report that is stored in the file MODEL.

    \b
    approximant show wave/model.safetensors
    """
    from approximant.approximant import load

    loaded = load(model)
    if as_json:
        click.echo(json_text(loaded.report.as_dict()))
        return 0
    print_report(loaded.report)
    ends = loaded.domain.intervals().items()
    domain = ", ".join(f"{name} = {low:.6g} to {high:.6g}" for name, (low, high) in ends)
    click.echo(field("domain", domain))
    click.echo(field("outside", f"the policy is {loaded.model.outside!r}"))
    return 0
