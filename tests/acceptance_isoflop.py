"""Acceptance cases of the IsoFLOP fit and the envelope: how far each misses the true optimum."""

import numpy as np
import pytest

from scaling_core import crossing_budget, fit_envelope, fit_isoflop, isoflop_bias
from tests.acceptance import answers, law_of


@answers(
    "isoflop_bias_hoffmann_2022_x2_7",
    "isoflop_bias_hoffmann_2022_x4_7",
    "isoflop_bias_besiroglu_2024_x10_7",
)
def isoflop_study(case):
    law, given = law_of(case), case["inputs"]
    k = np.geomspace(1 / given["width"], given["width"], given["points"])
    C = np.repeat(given["budgets"], k.size)
    N = law.optimum(C).N * np.tile(k, len(given["budgets"]))
    fit = fit_isoflop(C, N, law.isoflop(C, N))
    bias = fit.law(C) / law.optimum(C).N
    assert isoflop_bias(law.alpha, law.beta, k).exact == pytest.approx(case["value"]["bias"])
    return {"bias": bias, "exponent": fit.a}


@answers("envelope_crossing_hoffmann_2022_x2")
def envelope_crossing(case):
    """Curves of N and rN, dense about their crossing: straight lines are then the curves."""
    law, r = law_of(case), case["inputs"]["r"]
    curves = {}
    for N in case["inputs"]["N"]:
        C = crossing_budget(law, N, r) * np.exp(np.linspace(-1e-4, 1.1e-4, 22))
        curves |= {size: (C / (6 * size), law.isoflop(C, size)) for size in (N, r * N)}
    fit = fit_envelope(curves)
    found = [c.N / law.optimum(c.budget).N for c in fit.crossings]
    exact = crossing_budget(law, case["inputs"]["N"], r)
    assert [c.budget for c in fit.crossings] == pytest.approx(exact, rel=1e-9)
    return {"bias": np.array(found), "exponent": fit.a}
