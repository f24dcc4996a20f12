"""Losses: what each is called and how its terms are added up; `_loss_terms.py` computes them.

Every loss is `share * sum of term(residual)` over rows and outputs, where the residual is the
network's value minus the target's and the share depends on the numbers of rows and outputs.
"""

from __future__ import annotations

from dataclasses import dataclass

from approximant.settings import unknown


@dataclass(frozen=True)
class Loss:
    """One loss.

    Args:
        name: what people write.
        code: tells the compiled terms which one it is.
        formula: for people, r standing for the residual.
        over_rows: whether the terms are averaged over the rows, or else summed.
        over_outputs: likewise for the outputs.
        uses_delta: whether the setting `delta` matters.
    """

    name: str
    code: int
    formula: str
    over_rows: bool = True
    over_outputs: bool = True
    uses_delta: bool = False

    def share(self, rows: int, outputs: int) -> float:
        """Return what the sum of the terms is multiplied by."""
        return 1.0 / ((rows if self.over_rows else 1) * (outputs if self.over_outputs else 1))


LOSSES: dict[str, Loss] = {
    loss.name: loss
    for loss in (
        Loss("mse", 0, "mean of r^2"),
        Loss("sse", 0, "sum of r^2", over_rows=False, over_outputs=False),
        Loss("half_squares", 1, "r^2 / 2, summed over outputs, mean over rows", over_outputs=False),
        Loss("mae", 2, "mean of |r|"),
        Loss(
            "huber",
            3,
            "mean of r^2 / 2 where |r| <= delta, of delta (|r| - delta / 2) beyond",
            uses_delta=True,
        ),
        Loss("log_cosh", 4, "mean of log(cosh(r))"),
    )
}


def read_loss(name: str) -> Loss:
    """Return the loss of this name.

    Raises:
        SettingError: there is none; the nearest name is suggested.
    """
    if name not in LOSSES:
        raise unknown("loss", str(name), LOSSES)
    return LOSSES[name]
