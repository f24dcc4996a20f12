"""Approximant: a network that stands for a target, with its report.

Rooms are imported where they are used, so that `import approximant` is quick.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from approximant.arrays import Array, Mask
from approximant.calculus import Calculus
from approximant.certificate import Certificate
from approximant.domain import Box
from approximant.errors import SettingError, short
from approximant.model import Model
from approximant.networks import Network
from approximant.points import read_points
from approximant.progress import Progress
from approximant.report import Report
from approximant.settings import option

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from approximant.export import Exported
    from approximant.targets import FunctionTarget, TableTarget

DRAWN = 40_000  # points at which one picture may evaluate the target
DRAWING_SECONDS = 2.0  # that these evaluations may take


class Approximant(Calculus):
    """A network that stands for a target on a domain, with the report of how well it does.

    A certificate in the report that speaks of other weights is dropped with a CertificateWarning.

    Args:
        model: the network with its domain and scaling.
        report: what was measured, and what was proved.
        target: what was approximated, evaluated at will; None after loading a file.
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
        self.target = target
        self._card = card
        self.report: Report = report.about(model.fingerprint(self.formulas or ()))

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

    @property
    def formulas(self) -> tuple[str, ...] | None:
        """The formula texts that it approximates, one per output; None where it is no formula."""
        if self.target is not None:
            return self.target.texts if self.target.kind == "formula" else None
        stored = (self._card or {}).get("formulas")
        return tuple(stored) if stored else None

    def certify(
        self, *, seconds: float = 120.0, progress: Callable[[Progress], object] | None = None
    ) -> Certificate:
        """Prove a bound on |target - network| over the whole domain, and keep it in the report.

        Formulas of at most three inputs can be proved; for others the certificate has
        `proved=False` and its `claim` says what random points tell.

        Args:
            seconds: how long the proof may take; then what was proved by then is returned.
            progress: called with a Progress at most ten times a second.

        Raises:
            CertificateError: the target is not at hand: a file keeps formulas, no other targets.
        """
        from approximant.contract import certify

        seconds = option(seconds, float, "seconds", above=0.0)
        progress = option(progress, Callable | None, "progress")
        target = self.target or self.formulas
        certificate = certify(self.model, self.report, target, seconds=seconds, progress=progress)
        self.report = dataclasses.replace(self.report, certificate=certificate)
        return certificate

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a model file that `load` reads, whole or not at all.

        Raises:
            ModelFileError: the file cannot be written.
        """
        from approximant.store import save_model

        save_model(option(path, Path, "path"), self.model, self._full_card())

    def as_bytes(self) -> bytes:
        """Return the content of the model file that `save` writes.

        Raises:
            ModelFileError: the model holds a number that is not finite.
        """
        from approximant.store import model_bytes

        return model_bytes(self.model, self._full_card())

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
            SettingError: an option of another type, or beyond its limits.
            ExportError: nothing was written, and the message says why.
        """
        from approximant.export import export_model

        return export_model(
            self.model, self._full_card(), path, policy=policy, dtype=dtype, tol=tol, name=name
        )

    def pictures(self) -> dict[str, Figure]:
        """Return the figures that show how well the network fits, by name."""
        from approximant.draw import pictures

        model, report, target = self.model, self.report, self.target
        if target is None:
            return pictures(model, report)
        if target.kind == "table":
            return pictures(model, report, rows=target.fit, fresh=target.verify)
        limit = target.affordable(DRAWN, DRAWING_SECONDS)
        outside = bool(report.outside)
        return pictures(model, report, target.measure_outside, outside=outside, limit=limit)

    def write(
        self, folder: str | os.PathLike[str], pictures: dict[str, Figure] | None = None
    ) -> None:
        """Write `model.safetensors`, `report.json`, `report.html` and the pictures into a folder.

        Args:
            folder: made where missing.
            pictures: others than those of `pictures`.

        Raises:
            SettingError: the pictures are no figures by name.
            ModelFileError: the folder or a file cannot be written.
        """
        import json

        from approximant.draw import png
        from approximant.page import report_page
        from approximant.store import make_folder, write_atomically

        place = make_folder(option(folder, Path, "folder"))
        self.save(place / "model.safetensors")
        text = json.dumps(self.report.as_dict(), indent=1)
        write_atomically(place / "report.json", text.encode())
        figures = self.pictures() if pictures is None else _figures(pictures)
        images = {name: png(figure) for name, figure in figures.items()}
        for name, image in images.items():
            write_atomically(place / f"{name}.png", image)
        page = report_page(self.model, self.report, images)
        write_atomically(place / "report.html", page.encode())

    def __repr__(self) -> str:
        met = {True: ", met", False: ", not met", None: ""}[self.report.met]
        error = np.max(np.atleast_1d(self.report.max_error))
        return f"<Approximant {self.network} of {self.report.target}: error {error:.2g}{met}>"

    def _full_card(self) -> dict[str, Any]:
        self.report = self.report.about(self.model.fingerprint(self.formulas or ()))
        card = {"report": self.report.as_dict(), "seed": self.report.seed}
        if self._card is not None:
            return {**self._card, **card}
        if self.target is not None and self.target.kind == "table":
            card["fingerprint"] = self.target.fingerprint
        elif self.target is not None and self.target.texts is not None:
            card["formulas"] = list(self.target.texts)
        return card


def _figures(pictures: Any) -> dict[str, Figure]:
    drawn = isinstance(pictures, Mapping) and all(isinstance(name, str) for name in pictures)
    if not drawn or not all(hasattr(figure, "savefig") for figure in pictures.values()):
        raise SettingError(
            f"pictures must be figures by name, as `pictures()` gives them; got {short(pictures)}."
        )
    return dict(pictures)
