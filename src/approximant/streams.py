"""Streams of random numbers: one for every purpose, all from one seed, none in common."""

from __future__ import annotations

from enum import Enum, unique
from hashlib import blake2b

import numpy as np


@unique
class Stream(Enum):
    """What random numbers are drawn for.

    The text is hashed together with the seed and with numbers that tell repetitions apart, so no
    two purposes, seeds or repetitions draw the same numbers, however the numbers are chosen. Every
    stream is drawn from at one place of the package.
    """

    PROBE_LINE = "where the pieces of a function of one input are looked for"
    PROBE_STRUCTURE = "pairs of points that show which inputs interact"
    TRIAL_EVALUATIONS = "points that show how long one evaluation takes"
    FIT_POINTS = "points that weights are fitted to"
    CHOICE_POINTS = "points that choose among networks"
    TERM = "the seed of one term of a sum"
    TERM_POINTS = "points of one term of a sum"
    HIDDEN_WEIGHTS = "hidden weights placed by rule"
    START = "the seed of one random start of a shape that was asked for"
    START_WEIGHTS = "weights of one random start of a shape that was asked for"
    DEEP_WEIGHTS = "first weights of a deep network"
    WIDER_LAYERS = "neurons added to the last layer of a deep network"
    EVIDENCE_WEIGHTS = "first weights of a network for rows with noise"
    KEPT_NEURONS = "neurons that a smaller network starts from"
    VERIFICATION = "fresh points that decide whether the tolerance is met"
    OUTSIDE_POINTS = "points outside the domain of an approximation"
    DESIGN = "the rows of a training"
    SCRAMBLING = "the scrambling of the rows of a training"
    NOISE = "the noise on the rows of a training"
    HELD_OUT = "the rows that a training holds out"
    FIRST_WEIGHTS = "the first weights of a training"
    ROW_ORDER = "the order of the rows in one epoch"
    TRAINING_CHECK = "fresh points that a trained network is measured on"
    TRAINING_OUTSIDE = "points outside the domain of a training"
    SWEEP_DRAWS = "the settings of a random sweep"
    SWEEP_SCRAMBLING = "the scrambling of the settings of a sweep"
    SWEEP_PROPOSALS = "the proposals of a guided sweep"
    STATISTICAL_POINTS = "points of a statistical certificate"
    PROOF_POINTS = "points that a proof is compared with while it is made"
    HOSTILE_POINTS = "points that attack a certificate"
    EXPORT_POINTS = "points that an exported file is compared at"
    EXPORT_ORDER = "the order of these points"
    EMPTY_SHARE = "points that measure how much of a box its rows leave empty"
    DOMAIN_POINTS = "points of a box that show whether a model knows it"
    LATTICE_SHIFTS = "shifts of a lattice that integrates"
    EXTREMUM_STARTS = "where a search for an extremum starts"

    def generator(self, seed: int, *numbers: int) -> np.random.Generator:
        """Return the generator of this stream.

        Args:
            seed: the seed of the whole task.
            numbers: tell repetitions within the stream apart.
        """
        return np.random.default_rng(self.seed(seed, *numbers))

    def seed(self, seed: int, *numbers: int) -> int:
        """Return 128 bits for what takes a seed instead of a generator."""
        text = repr((self.value, int(seed), *map(int, numbers)))
        return int.from_bytes(blake2b(text.encode(), digest_size=16).digest(), "little")

    def legacy(self, seed: int) -> np.random.RandomState:
        """Return NumPy's legacy generator for this stream."""
        return np.random.RandomState(np.random.MT19937(self.seed(seed)))


def numpy_legacy(seed: int) -> np.random.RandomState:
    """Return the generator that `numpy.random.seed(seed)` gives, which is no stream of a purpose.

    With `generator = "legacy"` rows and first weights are drawn from it, each from its start, as
    scripts draw them that seed NumPy once for either.
    """
    return np.random.RandomState(seed)
