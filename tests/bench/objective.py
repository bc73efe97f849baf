"""The objective of the fit, written apart from the library: it judges everybody's answer.

F = sum w rho(ln L - ln(e^e + e^(a - alpha x) + e^(b - beta z))) with rho Huber, x = ln N, z = ln D
and theta = (a, b, e, alpha, beta), as Hoffmann et al. 2022 write it. A sum, not a mean.
"""

from dataclasses import dataclass

import numpy as np

from scaling_core import ChinchillaLaw
from scaling_core._check import Array


@dataclass(frozen=True)
class Objective:
    """F, its gradient and Hessian for one set of runs and one set of weights."""

    x: Array
    z: Array
    y: Array
    w: Array
    delta: float

    @classmethod
    def of(cls, N: Array, D: Array, L: Array, delta: float, w: Array | None = None) -> "Objective":
        return cls(np.log(N), np.log(D), np.log(L), np.ones(len(N)) if w is None else w, delta)

    def __call__(self, theta: Array) -> float:
        return self.gradient(theta)[0]

    def gradient(self, theta: Array) -> tuple[float, Array]:
        (s1, s2, s0), r, psi = self._parts(theta)
        h = self.w * psi
        h1, h2 = h * s1, h * s2
        F = h @ r - h @ psi / 2  # rho = psi (r - psi/2) on both sides of delta
        return F, np.array([-h1.sum(), -h2.sum(), -(h @ s0), h1 @ self.x, h2 @ self.z])

    def hessian(self, theta: Array) -> Array:
        """Exact away from the kinks of rho."""
        (s1, s2, s0), r, psi = self._parts(theta)
        zero = np.zeros_like(s1)
        rows = np.array([s1, s2, s0, -s1 * self.x, -s2 * self.z])  # the gradient of ln S
        first = np.array([s1 * 0 + 1, zero, zero, -self.x, zero])
        second = np.array([zero, zero + 1, zero, zero, -self.z])
        floor = np.array([zero, zero, zero + 1, zero, zero])
        h = self.w * psi
        curved = sum((v * s * h) @ v.T for v, s in ((first, s1), (second, s2), (floor, s0)))
        return (rows * (self.w * (np.abs(r) <= self.delta) + h)) @ rows.T - curved

    def _parts(self, theta: Array) -> tuple[tuple[Array, Array, Array], Array, Array]:
        """Shares of the three terms in the law, residuals, and those cut at delta."""
        a, b, e, alpha, beta = theta
        first, second = a - alpha * self.x, b - beta * self.z
        top = np.maximum(np.maximum(first, second), e)  # no start may overflow
        first, second, floor = np.exp(first - top), np.exp(second - top), np.exp(e - top)
        total = first + second + floor
        r = self.y - top - np.log(total)
        psi = np.minimum(np.maximum(r, -self.delta), self.delta)
        return (first / total, second / total, floor / total), r, psi


def theta_of(law: ChinchillaLaw) -> Array:
    with np.errstate(divide="ignore"):  # E = 0 is e = -inf
        return np.array([*np.log([law.A, law.B, law.E]), law.alpha, law.beta])


def law_of(theta: Array) -> ChinchillaLaw:
    return ChinchillaLaw.from_logs(*theta)
