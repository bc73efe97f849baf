"""The solver: objective with its derivatives, the descent, bounds, and rows that share arrays."""

import math

import mpmath
import numpy as np
import pytest

from scaling_core import BESIROGLU_2024
from scaling_core import _newton as newton
from scaling_core._centred import FIELDS, Centred
from scaling_core._newton import Objective, ladder, minimise
from scaling_core._surface import quiet
from tests.bench import plain
from tests.bench.objective import Objective as Plain
from tests.bench.objective import theta_of
from tests.bench.runs import simulated

LAW = BESIROGLU_2024
FREEDOMS = {
    "all": ({}, False),
    "tie": ({}, True),
    "E": ({"E": 1.8}, False),
    "no floor": ({"E": 0.0}, False),
    "A": ({"A": 480.0}, False),
    "B, tied": ({"B": 1500.0}, True),
    "A and alpha": ({"A": 480.0, "alpha": 0.35}, False),
    "exponents": ({"alpha": 0.35, "beta": 0.36}, False),
}
free = pytest.mark.parametrize(("fixed", "tie"), FREEDOMS.values(), ids=FREEDOMS)


def problem(rows=60, seed=1, fixed=None, tie=False):
    runs = simulated(rows, seed)
    return runs, Centred.of(runs, np.ones(rows), fixed or {}, tie)


def near_the_law(centred, size=1, seed=0):
    """Points around Besiroglu's law, in the coordinates of the solver."""
    x, z, y = centred.shift
    a = math.log(LAW.A) - y - LAW.alpha * x
    b = math.log(LAW.B) - y - LAW.beta * z
    theta = np.array([[LAW.E * math.exp(-y), a, LAW.alpha, b, LAW.beta]])
    scatter = 0.03 * np.random.default_rng(seed).standard_normal((size, 5))
    return centred.phi(theta + scatter)


def counts(rows, runs, seed=0):
    """Resamples: how often each run was drawn."""
    rng = np.random.default_rng(seed)
    return rng.multinomial(runs, np.full(runs, 1 / runs), size=rows).astype(float)


# the objective


@free
@pytest.mark.parametrize("delta", [1e-3, 5e-3, 1.0])
def test_the_objective_is_the_plain_sum(fixed, tie, delta):
    (N, D, L), centred = problem(fixed=fixed, tie=tie)
    phi, w = near_the_law(centred, 3), counts(3, 60)
    F, _, _ = Objective(centred)(phi, w, delta)
    for i in range(3):
        law = {name: value[0] for name, value in centred.fields(phi[i : i + 1]).items()}
        total = 0.0
        for size, tokens, loss, weight in zip(N, D, L, w[i], strict=True):
            fitted = law["E"] + law["A"] / size ** law["alpha"] + law["B"] / tokens ** law["beta"]
            r = abs(math.log(loss / fitted))
            total += weight * (r * r / 2 if r <= delta else delta * (r - delta / 2))
        assert F[i] == pytest.approx(total, rel=1e-10)


def test_the_objective_agrees_with_40_digits():
    (N, D, L), centred = problem(20)
    phi = near_the_law(centred)
    F, _, _ = Objective(centred)(phi, np.ones((1, 20)), 1e-3)
    fields = {name: value[0] for name, value in centred.fields(phi).items()}
    with mpmath.workdps(40):
        E, A, alpha, B, beta = (mpmath.mpf(float(fields[name])) for name in FIELDS)
        total, delta = mpmath.mpf(0), mpmath.mpf("1e-3")
        for run in zip(N, D, L, strict=True):
            size, tokens, loss = map(mpmath.mpf, map(float, run))
            r = abs(mpmath.log(loss / (E + A * size**-alpha + B * tokens**-beta)))
            total += r * r / 2 if r <= delta else delta * (r - delta / 2)
    assert F[0] == pytest.approx(float(total), rel=1e-12)


@free
@pytest.mark.parametrize("delta", [1e-3, 1.0])
def test_gradient_and_hessian_are_the_derivatives(fixed, tie, delta):
    """Against central differences, at points where no residual is at a kink."""
    _, centred = problem(fixed=fixed, tie=tie)
    objective, phi, w, h = Objective(centred), near_the_law(centred, 2), counts(2, 60), 1e-6
    _, g, H = objective(phi, w, delta)
    for k in range(phi.shape[1]):
        step = h * (np.arange(phi.shape[1]) == k)
        above, g_above, _ = objective(phi + step, w, delta)
        below, g_below, _ = objective(phi - step, w, delta)
        scale = np.abs(g).max()
        assert g[:, k] == pytest.approx((above - below) / (2 * h), rel=1e-5, abs=1e-5 * scale)
        assert H[:, :, k] == pytest.approx(
            (g_above - g_below) / (2 * h), rel=1e-4, abs=1e-4 * np.abs(H).max()
        )
    assert pytest.approx(H.transpose(0, 2, 1), rel=1e-14) == H


def test_derivatives_are_those_of_an_independent_text():
    """The bench's objective has ln E in place of E: d/dE = (d/d ln E)/E, and so for the Hessian."""
    runs, centred = problem()
    phi, w = near_the_law(centred), counts(1, 60)
    F, g, H = Objective(centred)(phi, w, 2e-3)
    E, a, alpha, b, beta = phi[0]
    theirs = Plain(centred.x, centred.z, centred.y, w[0], 2e-3)
    theta = np.array([a, b, math.log(E), alpha, beta])
    F_plain, g_plain = theirs.gradient(theta)
    H_plain = theirs.hessian(theta)
    H_plain[2, 2] -= g_plain[2]
    scale, order = np.array([1, 1, 1 / E, 1, 1]), [2, 0, 3, 1, 4]
    assert F[0] == pytest.approx(F_plain, rel=1e-12)
    assert g[0] == pytest.approx((g_plain * scale)[order], rel=1e-10)
    assert H[0] == pytest.approx((H_plain * np.outer(scale, scale))[order][:, order], rel=1e-9)
    assert Plain.of(*runs, 2e-3, w[0])(theta_of(LAW)) > 0


def test_one_row_of_points_or_of_weights_stands_for_all():
    _, centred = problem()
    objective = Objective(centred)
    phi, w = near_the_law(centred, 4), counts(4, 60)
    for point, weights in ((phi[:1], w), (phi, w[:1])):
        together = objective(point, weights, 1e-3)
        for i in range(4):
            one = objective(
                point[[min(i, len(point) - 1)]], weights[[min(i, len(weights) - 1)]], 1e-3
            )
            for mine, theirs in zip(together, one, strict=True):
                assert mine[i] == pytest.approx(theirs[0], rel=1e-11, abs=1e-13)


def test_answers_outlive_the_buffers():
    _, centred = problem()
    objective, w = Objective(centred), np.ones((1, 60))
    first = objective(near_the_law(centred, 2), w, 1e-3)
    kept = [array.copy() for array in first]
    objective(near_the_law(centred, 2, seed=1), w, 1e-3)
    for mine, theirs in zip(first, kept, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_buffers_hold_a_million_numbers_or_one_row():
    assert Objective(problem(240)[1]).rows == newton.CELLS // 240
    N, D, L = (np.tile(column, 700) for column in simulated(240))
    long = Objective(Centred.of((N, D, L), np.ones(N.size), {}, False))
    assert long.rows == 1
    assert long._buffers.shape == (9, 1, N.size)


# the descent


@free
def test_each_row_ends_where_its_gradient_vanishes(fixed, tie):
    _, centred = problem(fixed=fixed, tie=tie)
    objective, w = Objective(centred), counts(40, 60)
    ends = minimise(objective, near_the_law(centred), w, [5e-3], 1e-26)
    F, g, _ = objective(ends.phi, w, 5e-3)
    inside = (ends.phi > centred.low) & (ends.phi < centred.high)
    assert ends.converged.all()
    assert inside.mean() > 0.9
    assert pytest.approx(F, rel=1e-13) == ends.F
    assert np.all(np.abs(np.where(inside, g, 0)) <= 1e-9 * F[:, None])


def test_rows_do_not_see_each_other_and_the_callers_arrays_stay_as_they_were():
    _, centred = problem()
    objective, w = Objective(centred), counts(30, 60)
    phi = np.repeat(near_the_law(centred), 30, axis=0)
    before = phi.copy(), w.copy()
    together = minimise(objective, phi, w, ladder(1e-3, 5e-3), 1e-10)
    np.testing.assert_array_equal(phi, before[0])
    np.testing.assert_array_equal(w, before[1])
    for i in (0, 13, 29):
        alone = minimise(objective, phi[[i]], w[[i]], ladder(1e-3, 5e-3), 1e-10)
        assert together.F[i] == pytest.approx(alone.F[0], rel=1e-12)
        assert together.phi[i] == pytest.approx(alone.phi[0], rel=1e-11)
        assert together.steps[i] == alone.steps[0]


@pytest.mark.parametrize("cells", [60, 7 * 60, 2**17])
def test_the_size_of_the_chunks_does_not_matter(monkeypatch, cells):
    _, centred = problem()
    w = counts(20, 60)
    whole = minimise(Objective(centred), near_the_law(centred), w, [1e-3], 1e-10)
    monkeypatch.setattr(newton, "CELLS", cells)
    objective = Objective(centred)
    assert objective.rows == cells // 60
    parts = minimise(objective, near_the_law(centred), w, [1e-3], 1e-10)
    assert pytest.approx(whole.F, rel=1e-12) == parts.F
    assert parts.phi == pytest.approx(whole.phi, rel=1e-11)
    np.testing.assert_array_equal(parts.steps, whole.steps)
    starts = near_the_law(centred, 20)
    many = minimise(objective, starts, w[:1], [1e-3], 1e-10)
    assert pytest.approx(np.full(20, many.F[0]), rel=1e-9) == many.F


def test_the_plain_loop_ends_at_the_same_minima():
    """tests/bench/plain.py: one resample at a time, ln E for E, another damping."""
    runs, centred = problem(120)
    w = counts(25, 120)
    ends = minimise(Objective(centred), near_the_law(centred), w, [1e-3], 1e-10)
    F = Plain.of(*runs, 1e-3)
    for i, theta in enumerate(plain.bootstrap(F, theta_of(LAW), w)):
        assert ends.F[i] == pytest.approx(Plain.of(*runs, 1e-3, w[i])(theta), rel=1e-9)


def test_a_tolerance_is_the_promise_of_the_last_step():
    _, centred = problem()
    w = counts(50, 60)
    rough, fine = (
        minimise(Objective(centred), near_the_law(centred), w, [5e-3], tolerance)
        for tolerance in (1e-3, 1e-12)
    )
    excess = rough.F / fine.F - 1
    assert 1e-9 < excess.max() < 1e-3
    assert rough.steps.mean() < fine.steps.mean()
    assert fine.converged.all()
    assert not rough.converged.all()  # 1e-3 is no convergence


def test_steps_may_be_limited():
    _, centred = problem()
    ends = minimise(Objective(centred), near_the_law(centred), np.ones((1, 60)), [1e-3], 0, 2)
    assert ends.steps.tolist() == [2]
    assert ends.converged.tolist() == [False]
    none = minimise(Objective(centred), near_the_law(centred), np.ones((1, 60)), [1e-3], 0, 0)
    assert none.steps.tolist() == [0]
    np.testing.assert_array_equal(none.phi, near_the_law(centred))


def test_without_a_tolerance_rounding_ends_the_descent():
    _, centred = problem()
    ends = minimise(Objective(centred), near_the_law(centred), np.ones((1, 60)), [1e-3], -1)
    assert ends.converged.all()
    assert newton.PATIENCE < ends.steps[0] < newton.STEPS


def test_the_ladder_comes_down_to_delta_in_thirds():
    assert ladder(1e-3, 5e-4) == [1e-3]
    assert ladder(1e-3, 0) == [1e-3]
    assert ladder(1e-3, 2.9e-3) == [1e-3]
    assert ladder(1e-3, 0.0301) == pytest.approx([27e-3, 9e-3, 3e-3, 1e-3])
    assert ladder(1e-3, 0.0301)[-1] == 1e-3


@pytest.mark.parametrize("delta", [1e-4, 1e-5])
def test_a_delta_far_below_the_residuals_is_no_obstacle(delta):
    _, centred = problem(120)
    w = counts(200, 120)
    ends = minimise(Objective(centred), near_the_law(centred), w, ladder(delta, 2e-3), 1e-10)
    assert ends.converged.all()
    assert ends.steps.max() < newton.STEPS
    down = minimise(Objective(centred), ends.phi, w, [delta], 1e-10)
    assert pytest.approx(ends.F, rel=1e-9) == down.F


def test_exact_losses_end_with_exact_residuals():
    """F falls to 1e-31 per run: a test that divided by F would never end."""
    N, D, _ = simulated(60)
    centred = Centred.of((N, D, LAW.loss(N, D)), np.ones(60), {}, False)
    ends = minimise(Objective(centred), near_the_law(centred, 10), np.ones((1, 60)), [1e-3], 1e-20)
    assert ends.converged.all()
    assert ends.F.max() < 60 * newton.ROUNDING
    assert centred.fields(ends.phi)["alpha"] == pytest.approx(np.full(10, LAW.alpha), rel=1e-12)


# bounds


def test_a_floor_that_wants_to_be_negative_stops_at_zero():
    N, D, _ = simulated(120)
    pulled = LAW.loss(N, D) - 1.9  # E would be -0.08
    centred = Centred.of((N, D, pulled), np.ones(120), {}, False)
    ends = minimise(Objective(centred), near_the_law(centred, 5), np.ones((1, 120)), [1.0], 1e-20)
    assert ends.converged.all()
    assert ends.phi[:, 0].tolist() == [0] * 5
    assert pytest.approx(np.full(5, ends.F[0]), rel=1e-9) == ends.F
    _, g, _ = Objective(centred)(ends.phi, np.ones((1, 120)), 1.0)
    assert (g[:, 0] > 0).all()  # F would fall only below 0
    assert np.abs(g[:, 1:]).max() < 1e-9
    fixed = Centred.of((N, D, pulled), np.ones(120), {"E": 0.0}, False)
    known = minimise(Objective(fixed), near_the_law(fixed), np.ones((1, 120)), [1.0], 1e-20)
    assert known.F[0] == pytest.approx(ends.F[0], rel=1e-12)


def test_a_floor_of_zero_is_left_again_where_that_helps():
    _, centred = problem(120)
    start = near_the_law(centred, 3)
    start[:, 0] = 0
    ends = minimise(Objective(centred), start, np.ones((1, 120)), [5e-3], 1e-20)
    assert (ends.phi[:, 0] > 0.5).all()
    from_the_law = minimise(
        Objective(centred), near_the_law(centred), np.ones((1, 120)), [5e-3], 1e-20
    )
    assert pytest.approx(np.full(3, from_the_law.F[0]), rel=1e-9) == ends.F


def test_exponents_stay_inside_their_range():
    """Losses that only the smallest model misses: the exponent wants to be infinite."""
    N, D = np.repeat([1e8, 1.3e8, 1.7e8, 2.2e8], 5), np.tile(np.geomspace(2e9, 2e12, 5), 4)
    L = 1.8 + 2000 * D**-0.36 + 0.3 * (N == 1e8)
    centred = Centred.of((N, D, L), np.ones(20), {}, False)
    ends = minimise(Objective(centred), near_the_law(centred), np.ones((1, 20)), [1e-2], 1e-20)
    assert ends.converged.all()
    assert ends.phi[0, 2] == centred.high[2] == 10
    assert centred.at_end(ends.phi)[0].tolist() == [False, False, True, False, False]


def one_step(centred, phi, g, H, damping):
    """A step with the unit matrix as metric."""
    metric = np.eye(phi.shape[1])[None].repeat(len(phi), axis=0)
    rows = newton._Rows(
        *(np.arange(len(phi)), phi, np.ones(len(phi)), g, H, metric),
        *(damping, np.zeros(len(phi), int)),
    )
    return rows, *quiet(newton._step)(rows, centred)


def test_a_step_ends_at_the_first_bound_that_it_meets():
    _, centred = problem(fixed={"E": 1.8})
    phi = near_the_law(centred, 3)
    phi[:, 1] = 0.3
    g = np.zeros((3, 4))
    g[:, 1] = 0.6, 0.1, -0.5  # Newton: alpha falls, or rises, by these
    g[0, 0] = 1.2  # and a with it: the line is kept
    H = np.eye(4)[None].repeat(3, axis=0)
    _, trial, promise = one_step(centred, phi, g, H, np.zeros(3))
    assert trial[:, 1].tolist() == [0.001, pytest.approx(0.2), pytest.approx(0.8)]
    assert trial[0, 0] == pytest.approx(phi[0, 0] - 2 * 0.299)
    assert promise == pytest.approx([0.36 + 1.44, 0.01, 0.25])
    np.testing.assert_array_equal(trial[:, 2:], phi[:, 2:])


def test_a_coordinate_at_its_bound_is_held_only_while_it_wants_out():
    _, centred = problem(fixed={"E": 1.8})
    phi = near_the_law(centred, 4)
    phi[:, 1] = 0.001, 0.001, 10, 10
    g = np.full((4, 4), 0.1)
    g[:, 1] = 0.2, -0.2, -0.2, 0.2
    H = np.eye(4)[None].repeat(4, axis=0) + 0.05
    _, trial, promise = one_step(centred, phi, g, H, np.zeros(4))
    assert (trial[[0, 2], 1] == phi[[0, 2], 1]).all()
    assert trial[1, 1] > 0.1
    assert trial[3, 1] < 9.9
    three = np.linalg.solve(H[0][:3, :3], np.full(3, 0.1))  # the others, as if it were fixed
    assert (phi - trial)[0, [0, 2, 3]] == pytest.approx(three)
    assert promise[0] == pytest.approx(0.1 * three.sum())
    _, trial, promise = one_step(centred, phi[:1], g[:1] * [[0, 1, 0, 0]], H[:1], np.zeros(1))
    assert promise.tolist() == [0]
    np.testing.assert_array_equal(trial, phi[:1])


def test_a_longer_step_than_2_is_cut():
    _, centred = problem(fixed={"E": 1.8})
    phi = near_the_law(centred)
    g = np.array([[-8.0, 0, -4.0, 0]])
    _, trial, promise = one_step(centred, phi, g, np.eye(4)[None], np.ones(1))
    assert (trial - phi)[0] == pytest.approx([2, 0, 1, 0])  # damping 1 halves Newton's 8 and 4
    assert promise == pytest.approx([(8 * 4 + 4 * 2) * 2])
    _, trial, _ = one_step(centred, phi, g / 8, np.eye(4)[None], np.ones(1))
    assert (trial - phi)[0] == pytest.approx([0.5, 0, 0.25, 0])


def test_a_height_that_grows_is_taken_from_the_floor():
    """E + e^a + e^b, the level at the centre, is the coordinate: other steps leave it alone."""
    _, centred = problem()
    phi = near_the_law(centred)
    phi[:, 0] = 3.0
    heights = np.exp(phi[0, [1, 3]])
    turn = np.eye(5)
    turn[0, [1, 3]] = heights  # level = E + e^a + e^b
    g = np.array([[0, -0.5, 0, 0.25, 0]])
    _, trial, promise = one_step(centred, phi, g, (turn.T @ turn)[None], np.zeros(1))
    assert (trial - phi)[0, 1:] == pytest.approx([0.5, 0, -0.25, 0])
    rise = np.exp(trial[0, [1, 3]]).sum() - heights.sum()
    assert trial[0, 0] == pytest.approx(3 - rise, rel=1e-14)
    assert promise == pytest.approx([0.25 + 0.0625])
    bent = (turn.T @ turn)[None].copy()
    bent[0, 1, 1] += 0.2 * heights[0]  # what the bend of e^a adds where F falls with E
    g = np.array([[-0.2, -0.5 - 0.2 * heights[0], 0, 0.25 - 0.2 * heights[1], 0]])
    bent[0, 3, 3] += 0.2 * heights[1]
    _, trial, _ = one_step(centred, phi, g, bent, np.zeros(1))
    assert np.isfinite(trial).all()


def test_where_the_hessian_curves_down_the_step_is_damped_until_it_descends():
    _, centred = problem(fixed={"E": 1.8})
    phi = near_the_law(centred, 2)
    H, g = np.stack([np.diag([1, 1, 1, -1.0]), np.eye(4)]), np.array([[0, 0, 0, 1e-3]] * 2)
    rows, trial, promise = one_step(centred, phi, g, H, np.full(2, 1e-4))
    assert rows.damping == pytest.approx([3.0, 1e-4])  # 0.03, 0.3 and 3: above 1 it descends
    assert (trial - phi)[:, 3] == pytest.approx([-1e-3 / 2, -1e-3], rel=1e-3)
    assert promise[0] == pytest.approx(1e-6 / 2 * 4)
    rows, *_ = one_step(centred, phi, g, H, np.full(2, 0.2))
    assert rows.damping == pytest.approx([2, 0.2])


def test_one_run_alone_breaks_nothing():
    """A resample of copies of one run determines nothing: no error, no infinity."""
    _, centred = problem()
    w = np.zeros((2, 60))
    w[0, 7], w[1, :2] = 60, 30
    ends = minimise(Objective(centred), near_the_law(centred), w, [1e-3], 1e-10)
    assert np.isfinite(ends.phi).all()
    assert ends.F.max() < 1e-20
