"""Starts of a fit by variable projection: with the exponents given, E, A and B enter linearly.

On a grid of exponents all these small least-squares problems are solved at once; their sums over
the runs are one matrix product. This is what makes a fit global without random starts.
"""

import numpy as np

from scaling_core._centred import Centred
from scaling_core._check import Array
from scaling_core._surface import quiet

GRID = np.geomspace(0.02, 1.5, 24)  # exponents; 12 to 48 of them end at the same fit
BEST, APART = 4, 6  # starts: the best points of the grid, and every sixth exponent
BLOCK = 2**15  # runs at a time: bounds the memory
TINY = 1e-3  # of the mean loss: where a term starts that least squares wants negative
RIDGE = 1e-12  # relative: equal columns (alpha = p beta on a ray) have no unique solution


@quiet
def starts(centred: Centred) -> Array:
    """Points phi to start from, best first, shape (at most 20, free).

    The points of the grid with the least relative residuals, and some all over the grid: gross
    outliers and a term hidden in the noise can put the best fit far from the least squares.
    """
    theta, normal, right = _grid(centred)
    free = np.array([name in centred.free for name in ("E", "A", "B")])
    c = np.stack([theta[:, 0], np.exp(theta[:, 1]), np.exp(theta[:, 3])], axis=1)
    c = _least_squares(normal, right, c, free)
    if free[0]:
        floorless = np.where([True, False, False], 0, c)
        floorless = _least_squares(normal, right, floorless, free & [False, True, True])
        c = np.where(c[:, :1] < 0, floorless, c)
    c[:, 1:] = np.where(free[1:], np.maximum(c[:, 1:], TINY), c[:, 1:])
    rss = np.einsum("gi,gij,gj->g", c, normal, c) - 2 * np.vecdot(c, right)
    theta[:, 0], theta[:, 1], theta[:, 3] = c[:, 0], np.log(c[:, 1]), np.log(c[:, 2])
    best = theta[np.argsort(rss)]
    exponents = best[BEST:, [2, 4]]
    apart = np.isin(exponents, GRID[1::APART]) | ~np.isin(exponents, GRID)  # or fixed
    return centred.phi(np.concatenate([best[:BEST], best[BEST:][apart.all(axis=1)]]))


def _grid(centred: Centred) -> tuple[Array, Array, Array]:
    """Points theta, and the normal matrix and right side of (E, e^a, e^b) at each of them."""
    alpha = GRID if "alpha" in centred.free else centred.origin[2:3]
    beta = GRID if centred.tie or "beta" in centred.free else centred.origin[4:]
    gram = np.zeros((alpha.size + beta.size + 2,) * 2)
    for first in range(0, centred.x.size, BLOCK):
        block = slice(first, first + BLOCK)
        x, z, loss = centred.x[block], centred.z[block], np.exp(centred.y[block])
        powers = np.exp(-np.outer(alpha, x)), np.exp(-np.outer(beta, z))
        columns = np.vstack([np.ones_like(x), *powers, loss])
        gram += (columns * (centred.w[block] / loss**2)) @ columns.T

    i, j = (index.ravel() for index in np.indices((alpha.size, beta.size)))
    if centred.tie:
        i, j = i[i == j], j[i == j]
    phi = np.zeros((i.size, len(centred.free)))
    for name, values in (("alpha", alpha[i]), ("beta", beta[j])):
        if name in centred.free:
            phi[:, centred.free.index(name)] = values
    rows = np.stack([np.zeros_like(i), 1 + i, 1 + alpha.size + j], axis=1)
    return centred.theta(phi), gram[rows[:, :, None], rows[:, None, :]], gram[rows, -1]


def _least_squares(normal: Array, right: Array, c: Array, free: np.ndarray) -> Array:
    """The coefficients c, the free columns solved for and the others as given."""
    if not free.any():
        return c
    system = normal[:, free][:, :, free]
    diagonal = np.einsum("gii->gi", system)
    diagonal *= 1 + RIDGE
    known = (normal[:, free][:, :, ~free] @ c[:, ~free, None])[..., 0]
    answer = c.copy()
    answer[:, free] = np.linalg.solve(system, (right[:, free] - known)[..., None])[..., 0]
    return answer
