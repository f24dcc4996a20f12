"""approximant export: a network as source code or in another format."""

from __future__ import annotations

import click

from approximant.cli._printing import field, json_text


@click.command(short_help="Write a network as C, Python, JavaScript, ONNX, ...")
@click.argument("model", metavar="MODEL")
@click.argument("out", metavar="OUT")
@click.option(
    "--outside",
    metavar="nan|clip|error|none",
    help="What the file does outside the domain; by default what was chosen when it was fitted.",
)
@click.option(
    "--dtype",
    metavar="float64|float32",
    default="float64",
    show_default=True,
    help="Numbers of the file; float32, for .h and .onnx, solves for the output weights again.",
)
@click.option(
    "--tol",
    type=float,
    help="Refuse to write a file whose error is more than this share of the largest |target|.",
)
@click.option("--name", help="Name of the functions in the file; that of the file by default.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, nothing else.")
def export(
    model: str,
    out: str,
    outside: str | None,
    dtype: str,
    tol: float | None,
    name: str | None,
    as_json: bool,
) -> int:
    """Write the network in the file MODEL to the file OUT, in the format of its suffix.

    .h C99 header, .py Python without libraries, .npy.py Python with NumPy, .js JavaScript, .onnx,
    .pt.safetensors for PyTorch, .keras.safetensors for Keras, .json, .tex, .csv. Every file holds
    the scaling, the guard of the domain and the stated error, and is compared with the network
    before it is written.

    \b
    approximant export wave/model.safetensors wave.h
    approximant export wave/model.safetensors wave.onnx --dtype float32 --tol 1e-5
    """
    from approximant.approximant import load

    done = load(model).export(out, policy=outside, dtype=dtype, tol=tol, name=name)
    if as_json:
        click.echo(json_text(done.as_dict()))
        return 0
    for label, text in done.facts():
        click.echo(field(label, text))
    if done.usage:
        click.echo(f"\n{done.usage}", nl=not done.usage.endswith("\n"))
    return 0
