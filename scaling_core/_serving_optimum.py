"""Training plus serving: the allocation that is cheapest over a model's whole life.

Sardana et al. 2024, https://arxiv.org/abs/2401.00448 : minimise kappa N D + rho kappa/3 N D_inf,
where a forward pass is a third of a training step and rho is the price ratio. With
delta = rho D_inf / 3 the terms of the optimum balance as

    alpha A N^-alpha = (1 + m) beta B D^-beta,    m = delta / D,

so m is the extra price of a parameter: each one is paid for again at every served token.
Measured from the optimum of training alone (N0, D0), with s = delta / D0 and z = ln m,

    ln D/D0 = c ln(1 + k m),    alpha ln N/N0 = beta ln D/D0 - ln(1 + m),
    z + c ln(1 + k e^z) = ln s,

where (c, k) is (1/beta, a) for a fixed loss, ((1 - alpha)/(alpha + beta), 1) for a fixed budget.
The left side of the last line rises with a slope that only rises (or only falls, for c < 0): one
root, and Newton's steps approach it from one side, from any start.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from scaling_core._check import Array, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.allocation import Answer

if TYPE_CHECKING:
    from scaling_core.chinchilla import ChinchillaLaw

_STEPS = 10  # of Newton: 9 reach the last digit for exponents from 0.01 to 10


@dataclass(frozen=True, eq=False)
class LifetimeAllocation(Answer):
    """The cheapest way to train a model and serve it: floats, or arrays of one shape.

    N          # parameters
    D          # training tokens
    C          # training FLOP
    loss       # nats per token
    inference  # FLOP of serving
    total      # C + price_ratio * inference: all cost, in FLOP at the price of training
    saving     # share of the total saved against the optimum of training alone, at this loss

    >>> from scaling_core import BESIROGLU_2024, human
    >>> best = BESIROGLU_2024.inference_optimum(10e12, loss=2.0)
    >>> print(human(best.N), human(best.D), human(best.C), human(best.inference))
    20B 3.01T 3.61e+23 4e+23
    """

    N: Floats
    D: Floats
    C: Floats
    loss: Floats
    inference: Floats
    total: Floats
    saving: Floats

    @property
    def ratio(self) -> Floats:
        """Training tokens per parameter, D/N: far above 20 for a model that serves a lot.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.inference_optimum([0, 10e12], loss=2.0).ratio
        array([ 18.8, 150.4])
        """
        return result(np.divide(self.D, self.N))

    @property
    def flops(self) -> Floats:
        """FLOP of training and serving together, whatever they cost: C + inference.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.inference_optimum(10e12, loss=2.0).flops
        7.62e23
        """
        return result(np.add(self.C, self.inference))

    @property
    @quiet
    def saved(self) -> Floats:
        """What the optimum of training alone would cost more, in FLOP at the price of training.

        >>> from scaling_core import SARDANA_2024_BASE as law
        >>> quality = law.loss(13e9, law.optimal_tokens(13e9))
        >>> law.inference_optimum(2e12, loss=quality).saved  # Sardana et al. print 1.7e22
        1.69e22
        """
        saving = np.asarray(self.saving)
        return result(saving / (1 - saving) * self.total)


@quiet
def serving_optimum(
    law: ChinchillaLaw,
    D_inf: Numbers,
    loss: Numbers | None,
    total: Numbers | None,
    price_ratio: Numbers,
) -> LifetimeAllocation:
    """See `ChinchillaLaw.inference_optimum`."""
    served = check("D_inf", D_inf, "nonnegative")
    rho = check("price_ratio", price_ratio, "nonnegative")
    if loss is not None and total is not None:
        raise ValueError("give loss or total, not both: the other one is the answer")
    if total is not None:
        name, goal = "total", check("total", total)
    elif loss is not None:
        name, goal = "loss", check("loss", loss)
        _refuse_the_floor(law, goal)
    else:
        raise TypeError(
            "nothing to aim at: loss must be a real number, or total must be a real number"
        )
    served, goal, rho = broadcast(D_inf=served, **{name: goal}, price_ratio=rho)

    E, A, B, alpha, beta = law._spread(goal.ndim)
    a, b = beta / (alpha + beta), alpha / (alpha + beta)
    if total is None:  # the optimum of training alone splits loss - E as a : b
        N, D = (A / (a * (goal - E))) ** (1 / alpha), (B / (b * (goal - E))) ** (1 / beta)
        c, log_k = 1 / beta, np.log(a)
    else:
        alone = law.optimum(goal)
        N, D = np.asarray(alone.N), np.asarray(alone.D)
        c, log_k = (1 - alpha) / (alpha + beta), np.zeros_like(a)
    delta = rho * served / 3
    log_s = np.log(delta) - np.log(D)
    z = _newton(np.clip(log_s, -1e3, 1e3), c, log_k)  # ln 0 = -inf: m = 0, N and D stay

    price = _log_1p_exp(z)  # ln(1 + m)
    more = c * _log_1p_exp(z + log_k)
    D = D * np.exp(more)
    N = N * np.exp((beta * more - price) / alpha)
    kappa = law.flops_per_param_token
    inference = np.where(served > 0, kappa / 3 * N * served, 0)  # even for N = inf
    if total is None:
        reached, cost = goal, kappa * N * (D + delta)
    else:
        reached, cost = E + A * N**-alpha + B * D**-beta, goal
    fields = (N, D, kappa * N * D, reached, inference, cost, _saving(z, alpha, beta))
    return LifetimeAllocation(*map(result, np.broadcast_arrays(*fields)))


def _newton(log_s: Array, c: Array, log_k: Array) -> Array:
    """The z of z + c ln(1 + k e^z) = ln s: two nearly straight lines and a bend between them."""
    z = log_s
    for _ in range(_STEPS):
        bend = _log_1p_exp(z + log_k)
        z = z - (z + c * bend - log_s) / (1 + c * np.exp(z + log_k - bend))
    return z


def _log_1p_exp(x: Array) -> Array:
    """Logarithm of 1 + e^x, which does not overflow."""
    softplus: Array = np.logaddexp(0, x)
    return softplus


def _saving(z: Array, alpha: Array, beta: Array) -> Array:
    """1 - total / total of the optimum of training alone at the same loss: z says it all."""
    price = _log_1p_exp(z)
    bend = _log_1p_exp(z + np.log(beta / (alpha + beta)))
    tokens, params = bend / beta, (bend - price) / alpha  # ln D/D0, ln N/N0
    # (D + delta) / (D0 + delta) - 1 with delta = m D: (1 - D0/D) / (D0/D + m)
    dearer = -np.expm1(-tokens) / (np.exp(-tokens) + np.exp(z))
    saving: Array = np.maximum(-np.expm1(params + np.log1p(dearer)), 0)
    return saving


def _refuse_the_floor(law: ChinchillaLaw, loss: Array) -> None:
    E, *_ = law._spread(loss.ndim)
    out_of_reach = np.asarray(loss <= E)  # law.shape + loss.shape
    if out_of_reach.any():
        where = np.unravel_index(int(np.argmax(out_of_reach)), out_of_reach.shape)
        place = [int(i) for i in where[len(law.shape) :]]
        floor = float(np.broadcast_to(E, out_of_reach.shape)[where])
        raise ValueError(
            f"loss{place if place else ''} must be above E = {floor!r}, which no model reaches, "
            f"got {float(loss[tuple(place)])!r}"
        )
