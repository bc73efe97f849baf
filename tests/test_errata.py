"""Each wrong or imprecise claim that the book corrects with a number, as the run that refutes it.

One function per erratum, named `test_errata_ERnn`; its docstring says what is often claimed and
why it fails.
"""

import numpy as np
import pytest

from scaling_core import (
    BESIROGLU_2024,
    HENIGHAN_2020,
    HOFFMANN_2022,
    HOFFMANN_2022_PRINTED,
    KAPLAN_2020,
    OffsetPowerLaw,
    PowerLaw,
    fit_power_law,
    twelve_points,
)

CHINCHILLA_SETS = (HOFFMANN_2022_PRINTED, HOFFMANN_2022, BESIROGLU_2024)


def test_errata_ER14():
    """Drawn: loss 2 to 0.5 nats from 1e17 to 1e23 FLOP; twice Kaplan's slope, below all floors."""
    drawn = fit_power_law([1e17, 1e23], [2.0, 0.5]).law
    assert -drawn.p == pytest.approx(0.100, abs=5e-4)
    assert -drawn.p / KAPLAN_2020.alpha_C_min == pytest.approx(2, abs=0.01)
    np.testing.assert_allclose(KAPLAN_2020.loss_C_min([1e17, 1e23]), [3.73, 1.87], atol=0.005)
    assert all(drawn(1e23) < law.E for law in CHINCHILLA_SETS)


def test_errata_ER15():
    """Drawn: a plateau on log-log axes beside "no plateaus"; only a law with a floor levels off."""
    N = np.logspace(6, 13, 8)
    pure, bent = PowerLaw(9.449, -0.0624), OffsetPowerLaw(2.105, 26.57, 0.1876)
    assert np.ptp(np.diff(np.log(pure(N)))) < 1e-12  # equal steps: a straight line
    falls = -np.diff(np.log(bent(N)))
    assert np.all(np.diff(falls) < 0)
    assert bent(1e30) == pytest.approx(2.105, abs=1e-3)
    assert pure(1e30) < 0.15
    N, L = twelve_points()
    smaller, larger = fit_power_law(N[:6], L[:6]).law, fit_power_law(N[6:], L[6:]).law
    assert (-smaller.p, -larger.p) == pytest.approx((0.079, 0.048), abs=5e-4)


def test_errata_ER16():
    """Said: exponents agree across architectures and modalities; they differ sixfold.

    Even for one kind of data the number depends on the form fitted and on the range.
    """
    alphas = {name: row.value for name, row in HENIGHAN_2020["alpha_N"].items()}
    assert max(alphas.values()) / min(alphas.values()) > 6
    assert HOFFMANN_2022.alpha / KAPLAN_2020.alpha_N > 4  # with and without a floor, text both
    N = np.geomspace(1e8, 1e9, 11)
    ray = fit_power_law(N, BESIROGLU_2024.loss(N, 20 * N)).law
    assert -ray.p == pytest.approx(0.133, abs=5e-4)
    assert BESIROGLU_2024.frontier_slope(1e20) == pytest.approx(0.05, abs=0.002)
    sizes = HENIGHAN_2020["exponent of N*(C)"]  # what nearly agrees
    assert (sizes["smallest"].value, sizes["largest"].value) == (0.64, 0.75)


def test_errata_ER58():
    """Said: L ~ C^-0.05, a law of nature; it is the frontier's local slope near 1e20 FLOP."""
    slope = BESIROGLU_2024.frontier_slope([1e19, 1e20, 1e21, 1e23, 1e25])
    np.testing.assert_allclose(slope, [0.068, 0.051, 0.038, 0.019, 0.009], atol=5e-4)
    for law, expected in zip(CHINCHILLA_SETS, (20.31, 20.18, 20.09), strict=True):
        C = law.compute_for(law.E / (1 - 0.05 / law.gamma))
        assert law.frontier_slope(C) == pytest.approx(0.05, rel=1e-9)
        assert np.log10(C) == pytest.approx(expected, abs=0.005)


def test_errata_ER59():
    """Said: doubling gains a fixed fraction; only a pure law, or the reducible part, does so."""
    C = np.array([1e21, 1e23, 1e25])
    kaplan = 1 - KAPLAN_2020.loss_C_min(2 * C) / KAPLAN_2020.loss_C_min(C)
    np.testing.assert_allclose(kaplan, 0.0341, atol=5e-5)
    assert 1 - KAPLAN_2020.loss_N(2e9) / KAPLAN_2020.loss_N(1e9) == pytest.approx(0.0513, abs=5e-5)
    law = BESIROGLU_2024
    gain = 1 - law.frontier_loss(2 * C) / law.frontier_loss(C)
    np.testing.assert_allclose(gain, [0.0246, 0.0123, 0.0057], atol=5e-5)
    for law, share in ((BESIROGLU_2024, 0.116), (HOFFMANN_2022_PRINTED, 0.101)):
        reducible = law.frontier_loss(np.stack([C, 2 * C])) - law.E
        np.testing.assert_allclose(1 - reducible[1] / reducible[0], share, atol=5e-4)
