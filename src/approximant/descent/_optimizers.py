"""Optimizers: their settings and defaults; the arithmetic of one step is in `_updates.py`.

Where libraries define a method differently, ours is the one named in the class. The difference is
mostly where epsilon stands, and whether a momentum remembers gradients or steps: ours remembers
steps (Sutskever et al. 2013, Keras), so a changed rate acts on new gradients only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from approximant.arrays import Vector
from approximant.settings import checked, read_member, setting

SCALARS = 3  # running products that an update keeps beside its slots


@dataclass(frozen=True)
class Optimizer:
    """What all optimizers have in common.

    `name` is what people write; one that is `full_batch` looks at all rows for every step.
    """

    name: ClassVar[str]
    full_batch: ClassVar[bool] = False

    def __post_init__(self) -> None:
        checked(self, f"{type(self).__name__}.")


@dataclass(frozen=True)
class GradientOptimizer(Optimizer):
    """An optimizer that moves the weights after every batch.

    `code` tells the compiled loop which arithmetic to use, `slots` how many arrays of the size of
    the weights the method keeps, `numbers` its constants in the order that `_updates.py` expects.
    """

    code: ClassVar[int]

    rate: float = setting(0.01, "learning rate", above=0)

    @property
    def slots(self) -> int:
        """Number of moment arrays."""
        raise NotImplementedError

    def numbers(self) -> tuple[float, ...]:
        """Return the constants of the method, the learning rate left out."""
        raise NotImplementedError

    def start(self, parameters: int, dtype: Any = np.float64) -> tuple[Any, Vector]:
        """Return slots (k, p) and scalars (SCALARS,) as they are before the first step."""
        return np.zeros((self.slots, parameters), dtype), np.ones(SCALARS)


@dataclass(frozen=True)
class SGD(GradientOptimizer):
    """Plain gradient descent, with momentum if wanted.

    v = momentum * v - rate * g and w = w + v, or with Nesterov w = w + momentum * v - rate * g
    (Sutskever et al. 2013). Defaults as in Keras; PyTorch agrees while the rate is constant.
    """

    name: ClassVar[str] = "sgd"
    code: ClassVar[int] = 0

    momentum: float = setting(0.0, "share of the last step that is repeated", least=0, below=1)
    nesterov: bool = setting(False, "look ahead along the momentum before taking the gradient")

    @property
    def slots(self) -> int:
        return int(self.momentum > 0)

    def numbers(self) -> tuple[float, ...]:
        return self.momentum, float(self.nesterov)


@dataclass(frozen=True)
class RMSprop(GradientOptimizer):
    """Steps divided by the running root mean square of the gradient (Hinton 2012).

    v = rho * v + (1 - rho) * g^2 and w = w - rate * g / sqrt(v + epsilon): epsilon inside the
    root, defaults as in Keras. Centered subtracts the squared running mean from v (Graves 2013).
    """

    name: ClassVar[str] = "rmsprop"
    code: ClassVar[int] = 1

    rate: float = setting(0.001, "learning rate", above=0)
    rho: float = setting(0.9, "how long squared gradients are remembered", least=0, below=1)
    momentum: float = setting(0.0, "share of the last step that is repeated", least=0, below=1)
    epsilon: float = setting(1e-7, "keeps the divisor above zero, inside the root", above=0)
    centered: bool = setting(False, "divide by the spread of the gradient, not its size")

    @property
    def slots(self) -> int:
        return 3 if self.momentum > 0 or self.centered else 1

    def numbers(self) -> tuple[float, ...]:
        return self.rho, self.momentum, self.epsilon, float(self.centered)


@dataclass(frozen=True)
class Adam(GradientOptimizer):
    """Running mean of the gradient over its running root mean square (Kingma and Ba 2015).

    Algorithm 1 of the paper with its defaults, as in PyTorch and optax: both moments corrected for
    their start at zero, epsilon beside the corrected root (Keras: beside the uncorrected one).
    """

    name: ClassVar[str] = "adam"
    code: ClassVar[int] = 2

    rate: float = setting(0.001, "learning rate", above=0)
    beta1: float = setting(0.9, "how long gradients are remembered", least=0, below=1)
    beta2: float = setting(0.999, "how long squared gradients are remembered", least=0, below=1)
    epsilon: float = setting(1e-8, "keeps the divisor above zero", above=0)

    @property
    def slots(self) -> int:
        return 2

    def numbers(self) -> tuple[float, ...]:
        return self.beta1, self.beta2, self.epsilon, 0.0


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam, with all weights and biases shrunk by rate * decay before each step.

    Decoupled weight decay (Loshchilov and Hutter 2019), default as in PyTorch.
    """

    name: ClassVar[str] = "adamw"

    decay: float = setting(0.01, "weight decay, times the rate, at each step", least=0)

    def numbers(self) -> tuple[float, ...]:
        return self.beta1, self.beta2, self.epsilon, self.decay


@dataclass(frozen=True)
class Nadam(Adam):
    """Adam that looks ahead along its momentum (Dozat 2016).

    The momentum of step t is beta1 * (1 - 0.96^(t * warmup) / 2), with warmup = 1 and the other
    defaults as in Keras; PyTorch has warmup = 0.004. epsilon stands beside the corrected root.
    """

    name: ClassVar[str] = "nadam"
    code: ClassVar[int] = 3

    epsilon: float = setting(1e-7, "keeps the divisor above zero", above=0)
    warmup: float = setting(1.0, "how fast the momentum rises from half of beta1", least=0)

    def numbers(self) -> tuple[float, ...]:
        return self.beta1, self.beta2, self.epsilon, 0.96**self.warmup


@dataclass(frozen=True)
class Adagrad(GradientOptimizer):
    """Steps divided by the root of the sum of all squared gradients (Duchi et al. 2011).

    w = w - rate * g / sqrt(sum + epsilon), the sum started at `initial`: definition and defaults
    as in Keras and, but for the rate, optax.
    """

    name: ClassVar[str] = "adagrad"
    code: ClassVar[int] = 4

    rate: float = setting(0.001, "learning rate", above=0)
    initial: float = setting(0.1, "what the sum of squared gradients starts at", least=0)
    epsilon: float = setting(1e-7, "keeps the divisor above zero, inside the root", above=0)

    @property
    def slots(self) -> int:
        return 1

    def numbers(self) -> tuple[float, ...]:
        return (self.epsilon,)

    def start(self, parameters: int, dtype: Any = np.float64) -> tuple[Any, Vector]:
        slots, scalars = super().start(parameters, dtype)
        return slots + slots.dtype.type(self.initial), scalars


@dataclass(frozen=True)
class LBFGS(Optimizer):
    """Limited-memory quasi-Newton on all rows (Liu and Nocedal 1989), by SciPy's L-BFGS-B.

    An epoch is one iteration. It ends by itself when no step lowers the loss any more.
    Defaults as in SciPy.
    """

    name: ClassVar[str] = "lbfgs"
    full_batch: ClassVar[bool] = True

    memory: int = setting(10, "steps remembered for the curvature", least=1, most=1000)
    line_search: int = setting(20, "most evaluations along one direction", least=1, most=1000)


@dataclass(frozen=True)
class LevenbergMarquardt(Optimizer):
    """Damped Gauss-Newton on all rows (Levenberg 1944, Marquardt 1963); an epoch is one try."""

    name: ClassVar[str] = "levenberg_marquardt"
    full_batch: ClassVar[bool] = True


OPTIMIZERS: dict[str, type[Optimizer]] = {
    kind.name: kind
    for kind in (SGD, RMSprop, Adam, AdamW, Nadam, Adagrad, LBFGS, LevenbergMarquardt)
}


def read_optimizer(value: str | Mapping[str, Any] | Optimizer) -> Optimizer:
    """Return the optimizer that a name, a mapping such as {"name": "sgd", "rate": 0.1}, or itself
    describes.

    Raises:
        SettingError: an unknown optimizer or setting, or a value beyond its limits.
    """
    return read_member(OPTIMIZERS, Optimizer, value, "optimizer")
