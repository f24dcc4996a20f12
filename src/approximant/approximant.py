"""The nouns people hold: `approximate` and `load` return an Approximant.

Rooms are imported where they are used, so that `import approximant` is quick.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from approximant.arrays import Array, Mask
from approximant.calculus import Calculus
from approximant.domain import Box
from approximant.errors import ModelFileError
from approximant.model import Model
from approximant.networks import Network, NetworkSpec
from approximant.points import read_points
from approximant.progress import Progress, Watch
from approximant.report import Report

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from approximant.export import Exported
    from approximant.targets import FunctionTarget, TableTarget

DRAWN = 40_000  # points at which one picture may evaluate the target
DRAWING_SECONDS = 2.0  # that these evaluations may take


def approximate(
    target: Any,
    domain: Any = None,
    *,
    inputs: Sequence[str] | None = None,
    outputs: Sequence[str] | None = None,
    tol: float = 1e-8,
    atol: float = 0.0,
    network: str | NetworkSpec | None = None,
    max_neurons: int = 2048,
    max_evaluations: int | None = None,
    seconds: float = 30.0,
    effort: str = "normal",
    seed: int = 0,
    outside: str = "warn",
    measure_outside: bool | None = None,
    progress: Callable[[Progress], object] | None = None,
) -> Approximant:
    """Return the smallest network found that approximates a target to the accuracy asked for.

    Whether it does is measured on fresh points and stated in the report; if the tolerance cannot be
    met, the best network is returned and the report says why. Ctrl-C returns the best so far.

    Args:
        target: a formula text, a Formula, several of them as a list or `{"name": text}`; a callable
            of d columns, or of one array (n, d); a pair of arrays (X, y), a data frame, or a Table.
        domain: one interval per input, `{"x": (0, 1)}`; for tables the box of the rows by default.
        inputs: names of the inputs, for data frames the columns that are inputs.
        outputs: names of the outputs, or columns.
        tol: largest error allowed, as a share of the largest absolute value of the target.
        atol: largest error allowed in the target's unit, added to it.
        network: a shape to use as it is, such as "1-128-1 sigmoid".
        max_neurons: most hidden neurons.
        max_evaluations: most evaluations of the target, a hard limit.
        seconds: after this time the search ends with the best so far.
        effort: "normal", or "small" to spend `seconds` on fewer neurons.
        seed: of every random choice.
        outside: what a call does with points outside the domain: "warn", "raise", "nan", "clip" or
            "allow".
        measure_outside: whether the target may be evaluated outside the domain, to report how the
            error grows there; by default formulas are, callables are not.
        progress: called with a Progress at most ten times a second.

    Raises:
        FormulaError, DomainError, TargetError, TableError, SettingError: as their names say.
    """
    from approximant.contract import Request, fulfil, read_network
    from approximant.solving import single_threaded
    from approximant.targets import read_target

    request = Request(
        tol=tol,
        atol=atol,
        network=read_network(network),
        max_neurons=max_neurons,
        seconds=seconds,
        effort=effort,
        seed=seed,
        outside=outside,
        measure_outside=measure_outside,
    )
    with single_threaded():
        watch = Watch(seconds, progress)
        known = read_target(
            target,
            domain,
            inputs=inputs,
            outputs=outputs,
            max_evaluations=max_evaluations,
            watch=watch,
            seed=seed,
        )
        model, report = fulfil(known, request, watch)
    return Approximant(model, report, known)


def load(path: str | os.PathLike[str]) -> Approximant:
    """Return the approximant saved in a file, bit for bit; executes nothing.

    Raises:
        ModelFileError: the file is missing, damaged, foreign, or of a newer version.
    """
    from approximant.store import load_model

    model, card = load_model(path)
    try:
        report = Report.from_dict(card["report"])
    except (KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"{path}: its report cannot be read ({error}).") from error
    return Approximant(model, report, None, card)


class Approximant(Calculus):
    """A network that stands for a target on a domain, with the report of how well it does.

    Args:
        model: the network with its domain and scaling.
        report: what was measured.
        target: what was approximated; None after loading a file.
        card: the card of the file it was loaded from.
    """

    def __init__(
        self,
        model: Model,
        report: Report,
        target: FunctionTarget | TableTarget | None,
        card: dict[str, Any] | None = None,
    ) -> None:
        self.model = model
        self.report = report
        self._target = target
        self._card = card

    @property
    def network(self) -> Network:
        """The network; its inputs and outputs are scaled as `model` says."""
        return self.model.network

    @property
    def domain(self) -> Box:
        """The box in which the report's claims hold."""
        return self.model.domain

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of the outputs."""
        return self.model.outputs

    def __call__(self, points: ArrayLike | None = None, /, **inputs: ArrayLike) -> Any:
        """Return the values at points, or at inputs given by name.

        Args:
            points: a number or (n,) for one input, (d,) for one point of several, or (n, d).
            inputs: one array per input, broadcast against each other.

        Returns:
            A number for one point, (n,), or with m outputs (m,), (n, m).

        Raises:
            DomainError: wrong shape or names, or points outside and the policy is "raise".
        """
        x, shape = read_points(self.domain.names, points, inputs)
        values = self.model(x)
        if len(self.outputs) == 1:
            values = values[:, 0]
        values = values.reshape(shape + values.shape[1:])
        return values if values.ndim else float(values)

    def gradient(self, points: ArrayLike | None = None, /, **inputs: ArrayLike) -> Array:
        """Return the exact derivative of the network by its inputs.

        Returns:
            (n, d) for n points and one output, (n, m, d) for several; (d,) or (m, d) for a point.

        Raises:
            DomainError: as for a call.
        """
        x, shape = read_points(self.domain.names, points, inputs)
        gradient = self.model.guarded_gradient(x)
        if len(self.outputs) == 1:
            gradient = gradient[:, 0]
        return gradient.reshape(shape + gradient.shape[1:])

    def inside(self, points: ArrayLike) -> Mask:
        """Tell for each point, (n,) or (n, d), whether the report's claims hold there."""
        return self.model.inside(read_points(self.domain.names, points, {})[0])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file that `load` reads, whole or not at all.

        Raises:
            ModelFileError: the file cannot be written.
        """
        from approximant.store import save_model

        save_model(path, self.model, self._full_card())

    def export(
        self, path: str | os.PathLike[str], *, policy: str | None = None, dtype: str = "float64",
        tol: float | None = None, name: str | None = None,
    ) -> Exported:  # fmt: skip
        """Write C, Python, JavaScript, ONNX or another format, compared with this model beforehand.

        Args:
            path: its suffix chooses: .h .py .npy.py .js .onnx .pt.safetensors .keras.safetensors
                .json .tex .csv.
            policy: what the file does outside the domain: "nan", "clip", "error" or "none".
            dtype: "float64", or "float32" for .h and .onnx.
            tol: refuse a file whose error exceeds this share of the target's scale.
            name: of the functions in the file.

        Raises:
            ExportError: nothing was written, and the message says why.
        """
        from approximant.export import export_model

        return export_model(
            self.model, self._full_card(), path, policy=policy, dtype=dtype, tol=tol, name=name
        )

    def pictures(self) -> dict[str, Figure]:
        """Return the figures that show how well the network fits, by name."""
        from approximant.draw import pictures

        if self._target is not None and self._target.kind == "table":
            return pictures(
                self.model, self.report, rows=self._target.fit, fresh=self._target.verify
            )
        if self._target is None:
            return pictures(self.model, self.report)
        return pictures(
            self.model,
            self.report,
            self._target.measure_outside,
            outside=bool(self.report.outside),
            limit=_affordable(self._target),
        )

    def write(self, folder: str | os.PathLike[str]) -> None:
        """Write `model.safetensors`, `report.json`, `report.html` and the pictures into a folder.

        Raises:
            ModelFileError: the folder or a file cannot be written.
        """
        import json

        from approximant.draw import png
        from approximant.page import report_page
        from approximant.store import make_folder, write_atomically

        place = make_folder(folder)
        self.save(place / "model.safetensors")
        text = json.dumps(self.report.as_dict(), indent=1)
        write_atomically(place / "report.json", text.encode())
        images = {name: png(figure) for name, figure in self.pictures().items()}
        for name, image in images.items():
            write_atomically(place / f"{name}.png", image)
        page = report_page(self.model, self.report, images)
        write_atomically(place / "report.html", page.encode())

    def __repr__(self) -> str:
        met = "met" if self.report.met else "not met"
        error = np.max(np.atleast_1d(self.report.max_error))
        return f"<Approximant {self.network} of {self.report.target}: error {error:.2g}, {met}>"

    def _full_card(self) -> dict[str, Any]:
        card = {"report": self.report.as_dict(), "seed": self.report.seed}
        if self._card is not None:
            return {**self._card, **card}
        if self._target is not None and self._target.kind == "table":
            card["fingerprint"] = self._target.fingerprint
        elif self._target is not None and self._target.texts is not None:
            card["formulas"] = list(self._target.texts)
        return card


def _affordable(target: FunctionTarget) -> int:
    """Return at how many points one picture may evaluate the target."""
    each = target.seconds / max(target.evaluations, 1)
    limit = min(DRAWN, int(DRAWING_SECONDS / max(each, 1e-9)))
    return limit if target.remaining is None else min(limit, target.remaining // 4)
