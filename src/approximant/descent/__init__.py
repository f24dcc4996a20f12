"""Descent: all weights improved step by step."""

from approximant.descent._initialise import (
    INITIALISERS,
    Initialisation,
    initial_network,
    read_initialisation,
)
from approximant.descent._loop import Epoch, descend, reached_epoch
from approximant.descent._losses import LOSSES, Loss, read_loss
from approximant.descent._optimizers import (
    LBFGS,
    OPTIMIZERS,
    SGD,
    Adagrad,
    Adam,
    AdamW,
    GradientOptimizer,
    LevenbergMarquardt,
    Nadam,
    Optimizer,
    RMSprop,
    read_optimizer,
)
from approximant.descent._schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    OneCycle,
    Schedule,
    StepDecay,
    read_schedule,
)
from approximant.descent._settings import DescentSettings
from approximant.descent._state import State

__all__ = [
    "INITIALISERS",
    "LBFGS",
    "LOSSES",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Constant",
    "Cosine",
    "DescentSettings",
    "Epoch",
    "Exponential",
    "GradientOptimizer",
    "Initialisation",
    "LevenbergMarquardt",
    "Loss",
    "Nadam",
    "OneCycle",
    "Optimizer",
    "RMSprop",
    "Schedule",
    "State",
    "StepDecay",
    "descend",
    "initial_network",
    "read_initialisation",
    "read_loss",
    "read_optimizer",
    "read_schedule",
    "reached_epoch",
]
