"""What is checked before anything is written: each problem is one sentence with its remedy."""

from __future__ import annotations

import importlib.util
import os
import re
import unicodedata
from pathlib import Path

from approximant.atomic import checked_target
from approximant.errors import ExportError, ModelFileError
from approximant.export._format import Format
from approximant.export._formats import FORMATS
from approximant.export._subject import POLICY_OF
from approximant.model import Model

IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def format_of(path: str | os.PathLike[str]) -> Format:
    """Return the format that the suffix of a path asks for; `.npy.py` is another than `.py`.

    Raises:
        ExportError: no format has this suffix.
    """
    name = Path(path).name.lower()
    fitting = [suffix for suffix in FORMATS if name.endswith(suffix)]
    if not fitting:
        known = "; ".join(f"{suffix} ({entry.summary})" for suffix, entry in FORMATS.items())
        raise ExportError(
            f"No format belongs to the name {Path(path).name!r}; it must end in one of: {known}."
        )
    return FORMATS[max(fitting, key=len)]


def check_path(path: str | os.PathLike[str]) -> None:
    """Check that the file could be written.

    Raises:
        ExportError: its folder does not exist, or it is a folder itself.
    """
    try:
        checked_target(path)
    except ModelFileError as error:
        raise ExportError(str(error)) from error


def checked_name(name: str | None, path: str | os.PathLike[str], form: Format) -> str:
    """Return the name for what the file holds: the one given, or the name of the file.

    Raises:
        ExportError: functions are to be named by it, and it is no C identifier; or it cannot be
            printed.
    """
    stem = Path(path).name[: -len(form.suffix)]
    found = stem if name is None else name
    if form.needs_identifier and not IDENTIFIER.fullmatch(found):
        near = _identifier(found)
        raise ExportError(
            f"{found!r} is no C identifier, and the functions in a {form.suffix} file are named "
            f"after it; give another name: name={near!r}, or --name {near} on the command line."
        )
    if not found.isprintable():
        raise ExportError(f"The name {found!r} cannot be printed; give another: name='model'.")
    return found or "model"


def _identifier(name: str) -> str:
    """Return a C identifier that reads like a name, "model" if nothing of it can stay."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    letters = (c for c in plain if not unicodedata.combining(c))
    return re.sub(r"\W", "_", "".join(letters), flags=re.ASCII).lstrip("0123456789") or "model"


def checked_policy(policy: str | None, model: Model, form: Format) -> str:
    """Return the policy for points outside; by default that of the model, "warn" becoming "nan".

    Raises:
        ExportError: the format is a document, which has none.
    """
    if not form.guarded:
        if policy not in (None, "none"):
            raise ExportError(
                f"A {form.suffix} file states the domain, but cannot guard it; leave out the "
                f"policy {policy!r}."
            )
        return "none"
    return POLICY_OF[model.outside] if policy is None else policy


def check_dtype(dtype: str, form: Format) -> None:
    """Check that a format can be written for an arithmetic.

    Raises:
        ExportError: it cannot.
    """
    if dtype not in form.dtypes:
        able = [suffix for suffix, other in FORMATS.items() if dtype in other.dtypes]
        raise ExportError(
            f"A {form.suffix} file is written for {' or '.join(form.dtypes)}, not for {dtype!r}; "
            f"{dtype} can be had as {', '.join(able)}."
        )


def check_extra(form: Format) -> None:
    """Check that what a format is written with is installed.

    Raises:
        ExportError: it is not; the message has the command that installs it.
    """
    if form.extra is None:
        return
    module, extra = form.extra
    if importlib.util.find_spec(module) is None:
        raise ExportError(
            f"A {form.suffix} file is written with the package {module}, which is not installed; "
            f'run: pip install "approximant[{extra}]"'
        )
