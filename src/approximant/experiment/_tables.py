"""All settings as tables, printed from the groups that the reader checks files against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from approximant.descent import (
    INITIALISERS,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    DescentSettings,
    Initialisation,
)
from approximant.designs import MEANINGS, Design, Sampling
from approximant.experiment._measures import MEASURES
from approximant.experiment._sections import SCALING, SECTIONS, WORDS
from approximant.experiment._settings import (
    Band,
    CheckSettings,
    Comparison,
    NetworkSettings,
    Prediction,
    TargetSettings,
)
from approximant.learning import TrainingSettings
from approximant.networks import ACTIVATIONS
from approximant.scalings import SCALINGS
from approximant.settings import rows

Row: TypeAlias = tuple[str, str, str, str]
REQUIRED, OPTIONAL = "required", "-"
WORDLESS = (REQUIRED, OPTIONAL, "")
BAR = "\\|"  # within a cell
SHAPES = {
    "1-128-1 sigmoid": "widths from inputs to outputs, and the activation of the hidden layer",
    "2-24-12-1 relu": "one activation for all hidden layers; the output is linear",
    "2-20-10-1 relu,tanh": "one for each hidden layer",
    "1-128-1 tanh,tanh": "one for each layer, that of the output last",
    "1-8-1 6 tanh+2 sin": "neurons of several kinds in one layer",
    "1-128-1 tanh nobias": "layers without biases",
}
HEAD = """# Settings of an experiment

One TOML file describes an experiment. `approximant train FILE.toml` runs it,
`--set training.epochs=50` changes one setting, and the result has a complete `settings.toml` beside
it. This is a whole file; all that it leaves out has a default:

```toml
[target]
formula = "sin(x)"
domain = { x = [0, 6] }

[network]
shape = "1-16-1 tanh"

[training]
optimizer = { name = "adam", rate = 0.01 }
epochs = 200
```

This page is printed from the tables that the reader of such files checks them against;
`approximant train --settings` and `approximant sweep --settings` print the same. A dash stands
where a setting may be left out.
"""


@dataclass(frozen=True)
class SettingsTable:
    """One group of settings, for people.

    Args:
        name: the section or the key that holds the group, such as "[training]".
        about: what it is for, in one sentence.
        rows: name, default, limits, help.
    """

    name: str
    about: str
    rows: tuple[Row, ...]


def settings_tables() -> Iterator[SettingsTable]:
    """Yield every group of settings that an experiment file can hold, in the order of a file."""
    yield _meanings("at the top", "Texts for people.", WORDS)
    yield _table("[target]", TargetSettings)
    yield _table("[sampling]", Sampling, "How rows are drawn from a function; a table has its own.")
    yield _table("sampling.inputs.NAME", Design)
    yield _meanings("sampling.design, and kind", "The kinds of designs.", MEANINGS)
    training = {row[0]: row for row in rows(TrainingSettings)}
    yield SettingsTable(
        "[scaling]",
        "How columns are scaled before the training; the approximant undoes it.",
        tuple(_row(key, *training[name][1:]) for key, name in SCALING.items()),
    )
    yield _meanings("scaling.inputs and outputs", "The kinds of scalings.", SCALINGS)
    yield _table("[network]", NetworkSettings)
    yield _meanings("network.shape", "How a network is written; these are examples.", SHAPES)
    formulas = {name: activation.formula for name, activation in ACTIVATIONS.items()}
    yield _meanings("network.shape, activations", "z is the input of the neuron.", formulas)
    yield _table("network.init", Initialisation, "The law of the first weights.")
    yield _meanings("network.init, name", "The laws; biases start at 0 unless said.", INITIALISERS)
    descent = {row[0]: row for row in rows(DescentSettings)}
    every = training | descent
    yield SettingsTable(
        "[training]",
        "How the weights move.",
        tuple(_row(*every[name]) for name in SECTIONS["training"]),
    )
    for name, optimizer in OPTIMIZERS.items():
        yield _table(f'training.optimizer, name = "{name}"', optimizer)
    for name, schedule in SCHEDULES.items():
        yield _table(f'training.schedule, name = "{name}"', schedule)
    yield _meanings(
        "training.loss",
        "What is made small; r is the network's value minus the target's.",
        {loss.name: loss.formula for loss in LOSSES.values()},
    )
    yield _table("[checks]", CheckSettings)
    yield _table("checks.predict, each", Prediction)
    yield _table("checks.bands, each", Band)
    yield _meanings(
        "checks.bands, what",
        "What a band can be about.",
        {name: measure.help for name, measure in MEASURES.items()},
    )
    yield _table("checks.approximate", Comparison)


def settings_page(more: Iterable[SettingsTable] = ()) -> str:
    """Return the tables as a page of Markdown, and after them those of sections read elsewhere."""
    lines = [HEAD]
    for table in (*settings_tables(), *more):
        lines += [f"## {table.name}", "", table.about, ""]
        lines += [*_markdown(table), ""] if table.rows else []
    return "\n".join(lines).rstrip() + "\n"


def _markdown(table: SettingsTable) -> Iterator[str]:
    """Yield the lines of a table, without columns in which nothing stands."""
    names = ("name", "default", "limits", "what it is")
    kept = [k for k in range(4) if any(row[k] for row in table.rows)]
    yield f"| {' | '.join(names[k] for k in kept)} |"
    yield f"|{'---|' * len(kept)}"
    for row in table.rows:
        marked = [f"`{row[0]}`", f"`{row[1]}`" if row[1] not in WORDLESS else row[1], *row[2:]]
        yield f"| {' | '.join(marked[k].replace('|', BAR) for k in kept)} |"


def _row(name: str, default: str, limits: str, text: str) -> Row:
    """Return a row in which what must be given and what may be left out can be told apart."""
    if not default:
        return name, REQUIRED, limits, text
    optional = default == "()" or (default == "none" and "none" not in limits)
    return name, OPTIONAL if optional else default, limits, text


def _table(name: str, kind: type[Any], about: str = "") -> SettingsTable:
    first = (kind.__doc__ or "").strip().splitlines()[0]
    return SettingsTable(name, about or first, tuple(_row(*row) for row in rows(kind)))


def _meanings(name: str, about: str, meanings: Mapping[str, str]) -> SettingsTable:
    """Return a table of names with what they mean."""
    return SettingsTable(name, about, tuple((n, "", "", text) for n, text in meanings.items()))
