"""The additive law as an object: many laws at once, frozen fields, other ways to write it."""

import copy
import math
import pickle
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    MUENNIGHOFF_2023,
    ChinchillaLaw,
    Provenance,
)

NAMED = [BESIROGLU_2024, HOFFMANN_2022, HOFFMANN_2022_PRINTED, MUENNIGHOFF_2023]
named = pytest.mark.parametrize("law", NAMED, ids=["Besiroglu", "TeX", "printed", "Muennighoff"])


def many(seed=0, size=40):
    """One law with array fields: `size` laws scattered about Besiroglu's."""
    rng = np.random.default_rng(seed)
    scatter = rng.normal(1, 0.05, (5, size))
    law = BESIROGLU_2024
    return ChinchillaLaw(*([law.E, law.A, law.B, law.alpha, law.beta] * scatter.T).T)


# --- many laws at once ----------------------------------------------------------------------


def answers(law, C):
    """Every method at arguments of the shape of C, as a dict of plain arrays."""
    N, D, loss = C * 1e-12, C * 1e-10, 2 + 0 * C
    best = law.optimum(C)
    return {
        "loss": law.loss(N, D),
        "reducible": law.reducible(N, D),
        "N": best.N,
        "D": best.D,
        "C": best.C,
        "best": best.loss,
        "ratio": best.ratio,
        "frontier": law.frontier_loss(C),
        "slope": law.frontier_slope(C),
        "compute_for": law.compute_for(loss),
        "tokens_for": law.tokens_for(N, loss),
        "params_for": law.params_for(D, loss),
        "optimal_tokens": law.optimal_tokens(N),
        "optimal_params": law.optimal_params(D),
        "waste": law.waste(N, D),
        "compute": law.size_penalty(N * 1e-10),
        "stretched": law.size_penalty(N * 1e-10, fixed="loss"),
        "isoflop": law.isoflop(C, N),
    }


def test_laws_are_the_outer_axes_and_each_row_is_the_law_alone():
    batch, C = many(size=40), np.geomspace(1e19, 1e25, 6).reshape(2, 3)
    together = answers(batch, C)
    for name, value in together.items():
        assert value.shape == (40, 2, 3), name
    for i, law in enumerate(batch):
        for name, value in answers(law, C).items():
            assert together[name][i] == pytest.approx(value, rel=1e-14), name
    for name in ("a", "b", "G", "gamma", "K"):
        column = getattr(batch, name)
        assert column.shape == (40,), name
        assert column == pytest.approx([getattr(law, name) for law in batch], rel=1e-14)


def test_a_scalar_gives_a_python_float_and_the_value_it_has_inside_an_array():
    C = np.geomspace(1e19, 1e25, 4)
    inside = answers(BESIROGLU_2024, C)
    for i in range(4):
        for name, value in answers(BESIROGLU_2024, float(C[i])).items():
            assert type(value) is float, name
            assert value == pytest.approx(inside[name][i], rel=1e-15), name
    assert type(BESIROGLU_2024.a) is type(BESIROGLU_2024.G) is float


def test_a_batch_is_indexed_like_an_array():
    batch = many(size=5)
    assert batch.shape == (5,)
    assert len(batch) == 5
    assert batch[-1] == list(batch)[4]
    assert batch[1:3].shape == (2,)
    assert batch[batch.alpha > np.median(batch.alpha)].shape == (2,)
    assert batch[2].source is None
    assert type(batch[0].E) is float
    with pytest.raises(IndexError):
        batch[5]
    with pytest.raises(TypeError, match="single law"):
        BESIROGLU_2024[0]


def test_fields_broadcast_and_a_batch_of_one_is_the_law():
    law = ChinchillaLaw(1.8, [400.0], 2000, 0.35, [0.36])
    assert law.shape == (1,)
    single = ChinchillaLaw(1.8, 400, 2000, 0.35, 0.36)
    assert law[0] == single
    assert law.loss(1e9, 1e10).tolist() == [single.loss(1e9, 1e10)]
    with pytest.raises(ValueError, match="broadcast"):
        ChinchillaLaw(1.8, [400, 500], 2000, 0.35, [0.3, 0.4, 0.5])


# --- the object -----------------------------------------------------------------------------


def test_a_law_is_frozen_for_real():
    A = np.array([400.0, 500.0])
    law = ChinchillaLaw(1.8, A, 2000, 0.35, 0.36)
    A[0] = 1  # the law has its own copy
    assert law.A[0] == 400
    with pytest.raises(ValueError, match="read-only"):
        law.A[0] = 1
    with pytest.raises(FrozenInstanceError):
        law.alpha = 1
    A[1] = 2  # and leaves the caller's writable


def test_equal_laws_are_equal_hashable_and_their_text_builds_them_again():
    for law in (*NAMED, replace(BESIROGLU_2024, source=None)):
        assert eval(repr(law), {"ChinchillaLaw": ChinchillaLaw, "Provenance": Provenance}) == law
        assert pickle.loads(pickle.dumps(law)) == law == copy.deepcopy(law)
    assert many() == many()
    assert len({many(), many(), many(1), BESIROGLU_2024}) == 3
    assert replace(BESIROGLU_2024, E=1.8) != BESIROGLU_2024
    assert replace(BESIROGLU_2024, counts="non-embedding") != BESIROGLU_2024
    assert BESIROGLU_2024 != "a law"


def test_from_logs_and_from_gadre_are_other_ways_to_write_a_law():
    law = ChinchillaLaw.from_logs(math.log(400), math.log(2000), math.log(1.8), 0.3, 0.4)
    assert pytest.approx((400, 2000, 1.8), rel=1e-15) == (law.A, law.B, law.E)
    source = BESIROGLU_2024.source
    given_all = ChinchillaLaw.from_logs(1, 2, 0, 0.3, 0.4, counts="non-embedding", source=source)
    assert (given_all.counts, given_all.source) == ("non-embedding", source)

    A, b, alpha, E = 166.0, 366.0, 0.27, 1.8
    law = ChinchillaLaw.from_gadre(A, b, alpha, E, counts="non-embedding", source=source)
    N, D, eta = 1e9, 30e9, alpha / 2
    M, C = D / N, 6 * N * D
    a = A * 6**eta  # Gadre Eq. 4: L = E + (a M^eta + b M^-eta) C^-eta
    assert law.loss(N, D) == pytest.approx(E + (a * M**eta + b * M**-eta) * C**-eta, rel=1e-13)
    assert (law.counts, law.source) == ("non-embedding", source)


def test_decades_beyond_needs_a_published_range():
    law = HOFFMANN_2022
    assert law.decades_beyond([6e18, 1e20, 3e21]).tolist() == [0, 0, 0]
    assert law.decades_beyond([6e16, 3e25]) == pytest.approx([2, 4], rel=1e-12)
    assert math.isnan(replace(law, source=None).decades_beyond(1e23))
    assert np.isnan(MUENNIGHOFF_2023.decades_beyond([1e20, 1e23])).all()
