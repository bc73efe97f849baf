"""Which runs of an IsoFLOP study share a budget."""

import numpy as np
from numpy.typing import NDArray

from scaling_core._check import Array, Numbers, columns


def by_budget(C: Array, budgets: Numbers | None, rtol: float) -> tuple[Array, NDArray[np.intp]]:
    """The budgets in rising order, and for each run the place of its own among them."""
    reach = np.log1p(rtol) * (1 + 1e-9)  # a C that is exactly rtol off belongs
    if budgets is not None:
        labels = np.unique(columns(budgets=budgets)[0])
        distance = np.abs(np.log(C[:, None] / labels))
        member = distance.argmin(axis=1)
        far = distance.min(axis=1) > reach
        if far.any():
            i = int(far.argmax())
            raise ValueError(
                f"C[{i}] must be within a factor {1 + rtol:g} of one of the budgets, "
                f"got {float(C[i])!r}"
            )
        missing = sorted(set(range(labels.size)) - set(member.tolist()))
        if missing:
            raise ValueError(f"budgets must have runs, got none at {labels[missing[0]]:.4g} FLOP")
        return labels, member
    order = np.argsort(C)
    member = np.empty(C.size, dtype=np.intp)
    member[order] = np.r_[0, np.cumsum(np.diff(np.log(C[order])) > reach)]
    groups = [C[member == i] for i in range(member.max() + 1)]
    for group in groups:
        if np.log(group.max() / group.min()) > 2 * reach:
            raise ValueError(
                f"C from {group.min():.4g} to {group.max():.4g} FLOP is one chain of runs within a "
                f"factor {1 + rtol:g} of each other: give budgets, or a smaller rtol"
            )
    return np.array([g.min() * np.exp(np.log(g / g.min()).mean()) for g in groups]), member
