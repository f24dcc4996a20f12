"""approximant fit: a function goes in, a network with its report comes out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from approximant.cli._printing import field, json_text, print_report
from approximant.cli._progress import shown_progress

MET, NOT_MET, INTERRUPTED = 0, 1, 130
TABLES = (".csv", ".tsv", ".txt", ".dat", ".parquet", ".pq")
_NAMED = re.compile(r"\s*([^\W\d]\w*)\s*=(?!=)(.*)", re.DOTALL)
_FUNCTION = re.compile(r"[\w./-]+:[\w.]+")


class _FormulaCommand(click.Command):
    """A command to which `-x^2` is a formula, while `--tlo` is still a mistyped option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        rest = super().parse_args(ctx, args)
        for text in ctx.params.get("targets", ()):
            if text.startswith("--"):
                known = [name for option in self.params for name in option.opts]
                raise click.NoSuchOption(
                    text.split("=")[0], possibilities=_near(text, known), ctx=ctx
                )
        return rest


def _near(text: str, known: list[str]) -> list[str]:
    import difflib

    return difflib.get_close_matches(text.split("=")[0], known)


@click.command(
    cls=_FormulaCommand,
    short_help="Find a network for a formula, a table or a function.",
    context_settings={"ignore_unknown_options": True},
)
@click.argument("targets", metavar="TARGET...", nargs=-1, required=True)
@click.option(
    "--on",
    multiple=True,
    metavar="NAME=LOW:HIGH",
    help="Interval of an input, such as x=0:2*pi; one for each input. A table has them.",
)
@click.option(
    "--tol",
    default=1e-8,
    show_default=True,
    help="Largest error, relative to the largest |target|.",
)
@click.option(
    "--atol",
    default=0.0,
    show_default=True,
    help="Largest error in the target's unit, added to the relative one.",
)
@click.option(
    "--network",
    metavar="TEXT",
    help="Exactly this network, such as '1-128-1 sigmoid'; found by itself otherwise.",
)
@click.option("--max-neurons", default=2048, show_default=True, help="Most hidden neurons.")
@click.option("--max-evaluations", type=int, help="Most evaluations of the target.")
@click.option("--seconds", default=30.0, show_default=True, help="Time after which to stop.")
@click.option(
    "--effort",
    default="normal",
    show_default=True,
    metavar="normal|small",
    help="'small' spends many more solves on fewer neurons.",
)
@click.option(
    "--certify", is_flag=True, help="Prove the error of a formula; it is met only if the proof is."
)
@click.option("--seed", default=0, show_default=True, help="Seed of all random choices.")
@click.option(
    "--outside",
    default="warn",
    show_default=True,
    metavar="POLICY",
    help="What the network does outside its domain: warn, raise, nan, clip or allow.",
)
@click.option(
    "--measure-outside/--no-measure-outside",
    default=None,
    help="Whether to evaluate the target outside its domain; by default only formulas are.",
)
@click.option("--inputs", metavar="A,B", help="Input columns of a table, or names of the inputs.")
@click.option("--outputs", metavar="Y", help="Output columns of a table, or names of the outputs.")
@click.option(
    "--missing",
    type=click.Choice(["error", "drop"]),
    default="error",
    show_default=True,
    help="What to do with rows of a table that have missing cells.",
)
@click.option("--out", metavar="FOLDER", help="Folder for the model file, the report, pictures.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON, nothing else.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")  # fmt: skip
def fit(
    targets: tuple[str, ...],
    on: tuple[str, ...],
    inputs: str | None,
    outputs: str | None,
    missing: str,
    out: str | None,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> int:
    """Find the smallest network that approximates TARGET to the tolerance.

    TARGET is a formula in quotes, the path of a table (.csv, .parquet), or module:function. More
    formulas make more outputs; name=formula names one.

    \b
    approximant fit "sin(x)/x" --on x=1:10 --tol 1e-10 --out wave
    approximant fit "s=sin(t)" "c=cos(t)" --on t=0:2*pi
    approximant fit measured.csv --inputs speed,angle --outputs drag --out drag
    approximant fit wing:drag --on speed=0:80 --on angle=-5:15 --tol 1e-4
    """
    from approximant.approximant import approximate
    from approximant.store import check_folder

    if out is not None:
        check_folder(out)  # before a long search whose result would have nowhere to go
    target, names = _target(targets, inputs, outputs, missing)
    if names is not None and not on:
        raise click.UsageError("Say where to approximate: --on x=0:1, for every input.")
    with shown_progress(not quiet) as progress:
        found = approximate(
            target, list(on) or None, **(names or {}), **settings, progress=progress
        )
    if out is not None:
        found.write(out)
    if as_json:
        click.echo(json_text({**found.report.as_dict(), "files": _files(out)}))
    elif not quiet:
        print_report(found.report)
        click.echo(f"\n{_next(found.domain.intervals(), out)}")
    if found.report.interrupted:
        return INTERRUPTED
    return MET if found.report.met else NOT_MET


def _target(
    targets: tuple[str, ...], inputs: str | None, outputs: str | None, missing: str
) -> tuple[Any, dict[str, Any] | None]:
    """Return the target, and the names to be given with it; a table has its own."""
    from approximant.targets import Table, import_callable

    for text in targets:
        table = _is_table(text)
        if table or _FUNCTION.fullmatch(text):
            if len(targets) > 1:
                raise click.UsageError(f"Several targets are formulas, but {text!r} is none.")
        if table:
            return Table.read(Path(text), inputs=inputs, outputs=outputs, missing=missing), None
        if _FUNCTION.fullmatch(text):
            return import_callable(text), _names(inputs, outputs)
    return _formulas(targets), _names(inputs, outputs)


def _is_table(text: str) -> bool:
    if Path(text).suffix.lower() in TABLES:
        return True
    try:
        return ("." in text or "/" in text) and Path(text).exists()
    except (OSError, ValueError):  # a long formula is no path
        return False


def _formulas(texts: tuple[str, ...]) -> str | list[str] | dict[str, str]:
    named = [_NAMED.fullmatch(text) for text in texts]
    if not any(named):
        return texts[0] if len(texts) == 1 else list(texts)
    formulas: dict[str, str] = {}
    for text, match in zip(texts, named, strict=True):
        if match is None:
            raise click.UsageError(f"Name all formulas or none; {text!r} has no name.")
        if match[1] in formulas:
            raise click.UsageError(f"Two formulas are named {match[1]!r}; name each differently.")
        formulas[match[1]] = match[2].strip()
    return formulas


def _names(inputs: str | None, outputs: str | None) -> dict[str, Any]:
    chosen = {"inputs": inputs, "outputs": outputs}
    return {
        side: [name.strip() for name in text.split(",")]
        for side, text in chosen.items()
        if text is not None
    }


def _files(out: str | None) -> dict[str, Any]:
    if out is None:
        return {}
    folder = Path(out)
    return {
        "model": str(folder / "model.safetensors"),
        "report": str(folder / "report.json"),
        "page": str(folder / "report.html"),
        "pictures": sorted(str(path) for path in folder.glob("*.png")),
    }


def _next(intervals: dict[str, tuple[float, float]], out: str | None) -> str:
    if out is None:
        return field("next", "nothing was written; --out FOLDER keeps the network and its report")
    point = ",".join(
        f"{name}={low + 0.5 * (high - low):.6g}" for name, (low, high) in intervals.items()
    )
    model = Path(out) / "model.safetensors"
    names = ", ".join(sorted(path.name for path in Path(out).iterdir()))
    return "\n".join(
        [
            field("wrote", f"{out}: {names}"),
            field("next", f"look at {Path(out) / 'report.html'}"),
            field("", f"approximant predict {model} --at {point}"),
        ]
    )
