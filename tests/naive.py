"""What the closed forms replace, written the plain way: the yardstick of the speed tests."""

import numpy as np

from scaling_core import ChinchillaLaw


def sweep_optimum(law: ChinchillaLaw, budgets, points: int = 128):
    """N with the least loss among `points` sizes, one budget at a time, and its D."""
    best = []
    for C in budgets:
        N = np.geomspace(1e6, 1e14, points)
        D = C / (6 * N)
        loss = law.E + law.A / N**law.alpha + law.B / D**law.beta
        least = np.argmin(loss)
        best.append((N[least], D[least]))
    return np.array(best)
