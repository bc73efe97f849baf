"""Damped Newton for many Huber fits of the additive law at once, with the exact Hessian.

Each row is one fit: a start of the point fit, or a resample of the bootstrap. In the centred
logarithms of `_centred.py`, with T1 = exp(a - alpha x), T2 = exp(b - beta z), S = E + T1 + T2 and
residuals r = y - ln S, a row minimises

    F = sum w rho(r)        rho(r) = r^2/2 for |r| <= delta, delta (|r| - delta/2) beyond

With psi = rho'(r) = clip(r, -delta, delta), and gradients with respect to (E, a, alpha, b, beta):

    grad F = -sum h grad S                                   h = w psi / S
    Hess F = sum q grad S grad S^T - sum h Hess S            q = w (1[|r| <= delta] + psi) / S^2

grad S = (1, T1 (1, -x), T2 (1, -z)), and Hess S has the blocks T1 [1, -x; -x, x^2] and
T2 [1, -z; -z, z^2]. So every sum over the runs is a product of a (rows, runs) array with a thin
(runs, 2 or 4) one: these, two exp and one log per run are all the work.
"""

from dataclasses import dataclass
from itertools import cycle

import numpy as np
import numpy.typing as npt

from scaling_core._centred import Centred
from scaling_core._check import Array
from scaling_core._surface import quiet

CELLS = 2**17  # rows x runs of one buffer: 1 MB, so that the work stays in the cache
STEPS = 200
CONVERGED = 1e-10  # the fall of F that a Newton step promises, over F
PATIENCE = 12  # steps without progress: F has no digits left to fall by
DAMPING, LEAST_DAMPING, AFTER_FAILURE = 1e-4, 1e-8, 0.03
LONGEST = 2.0  # of one step, in any coordinate
ROUNDING = 1e-30  # F of a run whose residual is as small as the rounding of its logarithm
NOISE = 1e-13  # of F, from adding up its terms
NARROWER, LOOSE = 3.0, 1e-4  # of one delta after another, and the tolerance before the last


class Objective:
    """F, its gradient and its Hessian at many points phi at once; reuses its buffers."""

    def __init__(self, centred: Centred) -> None:
        x, z, one = centred.x, centred.z, np.ones_like(centred.x)
        self.centred = centred
        self.rows = max(1, CELLS // x.size)  # of one call
        self._buffers = np.empty((9, self.rows, x.size))
        self._X, self._Z = np.stack([one, -x], 1), np.stack([one, -z], 1)
        self._XX = np.stack([one, -x, -x, x * x], 1)
        self._ZZ = np.stack([one, -z, -z, z * z], 1)
        self._XZ = np.stack([one, -z, -x, x * z], 1)

    def __call__(self, phi: Array, w: Array, delta: float) -> tuple[Array, Array, Array]:
        """F, gradient, Hessian of shapes (rows,), (rows, free), (rows, free, free).

        phi has shape (rows, free) and w (rows, runs); one of them may have one row for all.
        """
        T1, T2, S, r, psi, q, t, *_ = self._buffers[:, : len(phi)]
        theta = self.centred.theta(phi)
        np.exp(np.matmul(theta[:, 1:3], self._X.T, out=T1), out=T1)
        np.exp(np.matmul(theta[:, 3:], self._Z.T, out=T2), out=T2)
        np.add(T1, T2, out=S)
        S += theta[:, :1]
        np.subtract(self.centred.y, np.log(S, out=r), out=r)
        np.clip(r, -delta, delta, out=psi)

        np.multiply(psi, -0.5, out=t)  # rho = psi (r - psi/2) on both sides of delta
        t += r
        t *= psi
        F = np.vecdot(t, w)

        np.equal(r, psi, out=q)  # 1 inside delta, 0 beyond
        q += psi
        # with the weights: T1, T2, S, psi and q are still needed, r and t are not
        _, _, _, h1, _, _, h, qw, q1 = self._buffers[:, : len(F)]
        np.divide(w, S, out=h)
        np.multiply(q, h, out=qw)
        qw /= S
        h *= psi

        g, H = np.empty((len(F), 5)), np.empty((len(F), 5, 5))
        g[:, 0], H[:, 0, 0] = h.sum(axis=1), qw.sum(axis=1)
        np.multiply(h, T1, out=h1)
        np.multiply(qw, T1, out=q1)
        h2, q2 = np.multiply(h, T2, out=h), np.multiply(qw, T2, out=qw)
        g[:, 1:3], g[:, 3:] = h1 @ self._X, h2 @ self._Z
        H[:, 0, 1:3], H[:, 0, 3:] = q1 @ self._X, q2 @ self._Z
        q12 = np.multiply(q1, T2, out=self._buffers[4, : len(F)])  # psi is used up by now
        H[:, 1:3, 3:] = (q12 @ self._XZ).reshape(-1, 2, 2)
        for q_T, T, h_T, block, products in (
            (q1, T1, h1, slice(1, 3), self._XX),
            (q2, T2, h2, slice(3, 5), self._ZZ),
        ):
            q_T *= T
            q_T -= h_T
            H[:, block, block] = (q_T @ products).reshape(-1, 2, 2)
        H[:, 1:, 0] = H[:, 0, 1:]
        H[:, 3:, 1:3] = H[:, 1:3, 3:].transpose(0, 2, 1)
        if len(self.centred.free) < len(H[0]):
            basis = self.centred.basis
            g, H = g @ basis, basis.T @ H @ basis
        return F, -g, H


@dataclass
class Minima:
    """Where each row ended: phi (rows, free), F, converged and steps (rows,)."""

    phi: Array
    F: Array
    converged: npt.NDArray[np.bool_]
    steps: npt.NDArray[np.int64]


@dataclass
class _Rows:
    """The rows still on their way; the first axis of every array is theirs."""

    index: npt.NDArray[np.int64]
    phi: Array
    F: Array
    g: Array
    H: Array
    metric: Array
    damping: Array
    idle: npt.NDArray[np.int64]

    def only(self, mask: npt.NDArray[np.bool_]) -> "_Rows":
        return _Rows(*(array[mask] for array in vars(self).values()))


def ladder(delta: float, widest: float) -> list[float]:
    """Deltas from about `widest` down to delta, or delta alone.

    With delta far below the size of the residuals F is nearly a sum of absolute values, full of
    kinks; the minimum for a larger delta leads to its minimum.
    """
    rungs = int(np.log(max(1, widest / delta)) / np.log(NARROWER))
    return [delta * NARROWER**k for k in range(rungs, -1, -1)]


@quiet  # a trial may overflow: its F is inf or nan, and it is refused
def minimise(
    objective: Objective,
    phi: Array,
    w: Array,
    deltas: list[float],
    tolerance: float,
    most: int = STEPS,
) -> Minima:
    """The minimum downhill of each row of phi, for one delta after the other.

    phi has shape (rows, free) and w (rows, runs); one of them may have one row for all.
    A row ends when a Newton step promises less than tolerance x F, or after `most` steps.
    """
    size, ends = max(len(phi), len(w)), []
    for first in range(0, size, objective.rows):
        chunk = slice(first, first + objective.rows)
        here, weights = phi if len(phi) == 1 else phi[chunk], w if len(w) == 1 else w[chunk]
        metric = _metric(objective.centred, phi[0], weights, max(len(here), len(weights)))
        steps = np.zeros(len(metric), int)
        for delta in deltas:
            enough = tolerance if delta == deltas[-1] else LOOSE
            end = _descend(objective, delta, here, weights, metric, enough, most)
            here, steps = end.phi, steps + end.steps
        ends.append((end.phi, end.F, end.converged, steps))
    return Minima(*(np.concatenate(column) for column in zip(*ends, strict=True)))


def _descend(
    objective: Objective,
    delta: float,
    phi: Array,
    w: Array,
    metric: Array,
    tolerance: float,
    most: int,
) -> Minima:
    """Newton steps, each damped until F falls."""
    size = len(metric)
    found = Minima(
        np.empty((size, phi.shape[1])),
        np.empty(size),
        np.zeros(size, bool),
        np.zeros(size, int),
    )
    rows = _Rows(
        np.arange(size),
        np.broadcast_to(phi, found.phi.shape).copy(),
        *objective(phi, w, delta),
        metric,
        np.full(size, DAMPING),
        np.zeros(size, int),
    )
    spares, count = cycle(np.empty((2, *w.shape))), 0
    while True:
        trial, promise = _step(rows, objective.centred)
        least = ROUNDING * w.sum(axis=1)
        near = promise <= tolerance * rows.F + least
        stop = near | (rows.idle >= PATIENCE) | (count == most)
        ended = rows.index[stop]
        last = np.where(near[:, None], trial, rows.phi)  # a step so small is safe, and improves phi
        found.phi[ended], found.F[ended], found.steps[ended] = last[stop], rows.F[stop], count
        found.converged[ended] = (promise <= CONVERGED * rows.F + least)[stop]
        if stop.all():
            return found
        if stop.any():
            rows, trial = rows.only(~stop), trial[~stop]
            if len(w) > 1:
                w = np.compress(~stop, w, axis=0, out=next(spares)[: len(trial)])
        F, g, H = objective(trial, w, delta)
        better = F <= rows.F * (1 + NOISE)
        rows.idle = np.where(F < rows.F * (1 - NOISE), 0, rows.idle + 1)
        rows.damping = np.where(
            better,
            np.maximum(rows.damping / 3, LEAST_DAMPING),
            np.maximum(rows.damping * 10, AFTER_FAILURE),
        )
        for old, new in ((rows.phi, trial), (rows.F, F), (rows.g, g), (rows.H, H)):
            old[better] = new[better]
        count += 1


def _metric(centred: Centred, phi: Array, w: Array, rows: int) -> Array:
    """J^T w J of each row, with J = d ln S / d phi: the Hessian if all residuals were small.

    Damping in these units measures a step by how far it moves the fitted losses. A little more on
    the diagonal keeps it positive where a row determines nothing.
    """
    S, gradient = centred.gradient(centred.theta(phi))
    J = gradient / S[:, None]
    J[:, centred.follow] -= np.exp(phi[centred.follow]) * J[:, :1]  # at the same level: see _step
    metric = np.stack([(w * column) @ J for column in J.T], axis=1)
    diagonal = np.einsum("bii->bi", metric)
    diagonal += 1e-6 * diagonal + 1e-12 * diagonal.max(axis=1, keepdims=True)
    return np.broadcast_to(metric, (rows, *metric.shape[1:]))


def _step(rows: _Rows, centred: Centred) -> tuple[Array, Array]:
    """The next points to try, and the fall of F each promises (twice, and as if undamped).

    Bounds are kept: a step ends where it meets one, and what only wants out is held there.
    The step is solved for with the level at the centre, E + e^a + e^b, in place of E: a term with
    a small exponent is nearly a constant, and E would have to follow every change of its height.
    """
    phi, low, high, follow = rows.phi, centred.low, centred.high, centred.follow
    held = ((phi <= low) & (rows.g >= 0)) | ((phi >= high) & (rows.g <= 0))
    g, H = np.where(held, 0, rows.g), rows.H.copy()
    share_of_E = np.where(held[:, :1] | held[:, follow], 0, -np.exp(phi[:, follow]))
    H[:, :, follow] += H[:, :, :1] * share_of_E[:, None, :]
    H[:, follow, :] += H[:, :1, :] * share_of_E[:, :, None]
    bend = share_of_E * g[:, :1]
    np.einsum("bii->bi", H)[:, follow] += bend
    g[:, follow] += bend
    step = _solve(H + rows.damping[:, None, None] * rows.metric, g, held)
    slope = np.vecdot(g, step)
    while (uphill := slope > 0).any():  # the Hessian curves downwards there: damp more
        rows.damping[uphill] = np.maximum(rows.damping[uphill] * 10, AFTER_FAILURE)
        system = H[uphill] + rows.damping[uphill, None, None] * rows.metric[uphill]
        step[uphill] = _solve(system, g[uphill], held[uphill])
        slope = np.vecdot(g, step)
    step *= LONGEST / np.maximum(np.abs(step).max(axis=1, keepdims=True), LONGEST)

    straight = step.copy()
    straight[:, 0] += np.vecdot(share_of_E, step[:, follow])
    bound = np.where(straight < 0, low, high)
    room = (bound - phi) / straight
    room[~(room > 0)] = np.inf  # at its bound, or not moving: nan
    part = np.minimum(1, room.min(axis=1, keepdims=True))
    trial = phi + part * step
    trial[:, 0] += np.vecdot(share_of_E, np.expm1(part * step[:, follow]))
    trial = np.where(room <= part, bound, np.minimum(np.maximum(trial, low), high))
    return trial, -slope * (1 + rows.damping)


def _solve(system: Array, g: Array, held: npt.NDArray[np.bool_]) -> Array:
    if held.any():
        system = np.where(held[:, :, None] | held[:, None, :], np.eye(g.shape[1]), system)
    return -np.linalg.solve(system, g[..., None])[..., 0]
