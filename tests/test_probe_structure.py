"""The probe for many inputs: what enters the target, and how."""

import numpy as np
import pytest

from approximant.arrays import Points, Values
from approximant.probe import probe_structure
from approximant.structure import Structure

TOLERANCE = np.array([1e-8])


def structure_of(function, dimension: int) -> Structure:  # type: ignore[no-untyped-def]
    def evaluate(t: Points) -> Values:
        return np.asarray(function(*t.T))[:, None]

    return probe_structure(evaluate, dimension, TOLERANCE)


def groups(structure: Structure) -> list[tuple[int, ...]]:
    return [term.inputs for term in structure.terms]


def test_linear_inputs_need_no_term_and_unused_inputs_are_named() -> None:
    found = structure_of(lambda x, y, z: 0.5 * x - 0.2 * z, 3)
    assert found.terms == () and found.unused == (1,)


def test_additive_parts_are_separated() -> None:
    found = structure_of(lambda a, b, c, d: np.sin(a) + b * c + 0.1 * d, 4)
    assert groups(found) == [(0,), (1, 2)]


def test_chain_of_pairs_is_split_into_its_pairs() -> None:
    found = structure_of(lambda a, b, c: np.exp(a * b) / 4 + np.sin(b * c), 3)
    assert groups(found) == [(0, 1), (1, 2)]


def test_three_inputs_that_interact_in_pairs_only_are_split() -> None:
    found = structure_of(lambda a, b, c: (a**3 * b - 2 * b * c**2 + a * c) / 4, 3)
    assert groups(found) == [(0, 1), (0, 2), (1, 2)]


def test_true_interaction_of_three_stays_together() -> None:
    assert groups(structure_of(lambda a, b, c: a * b * c, 3)) == [(0, 1, 2)]


def test_ridge_is_found_with_its_direction() -> None:
    weights = np.array([0.3, -0.2, 0.5, 0.1])
    found = structure_of(lambda *t: np.tanh(weights @ np.array(t)), 4)
    (term,) = found.terms
    assert term.rank == 1
    direction = term.basis[0] * np.sign(term.basis[0, 0])
    assert direction == pytest.approx(weights / np.abs(weights).sum(), abs=1e-9)


def test_differences_of_inputs_are_sparse_directions() -> None:
    found = structure_of(lambda a, b, c, d: 1 / (2 + (a - b) ** 2 + (c - d) ** 2), 4)
    (term,) = found.terms
    assert term.rank == 2
    assert sorted(np.count_nonzero(np.abs(term.basis) > 1e-9, axis=1)) == [2, 2]


def test_small_interaction_above_the_tolerance_is_not_missed() -> None:
    found = structure_of(lambda a, b: np.sin(a) + np.cos(b) + 1e-6 * a * b, 2)
    assert groups(found) == [(0, 1)]


def test_several_outputs_share_one_structure() -> None:
    def evaluate(t: Points) -> Values:
        return np.stack([t[:, 0] ** 2, t[:, 1] * t[:, 2]], axis=1)

    found = probe_structure(evaluate, 3, np.array([1e-8, 1e-8]))
    assert groups(found) == [(0,), (1, 2)]
