"""The additive law of Hoffmann et al. 2022 and all that follows from it in closed form.

L(N, D) = E + A N^-alpha + B D^-beta with C = kappa N D, https://arxiv.org/abs/2203.15556
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from scaling_core._check import Array, Floats, Numbers, broadcast, check, result
from scaling_core._serving_optimum import LifetimeAllocation, serving_optimum
from scaling_core._surface import LossSurface, quiet
from scaling_core.allocation import Allocation


@dataclass(frozen=True, eq=False)
class ChinchillaLaw(LossSurface):
    """Loss as an irreducible part plus a term for the model and one for the data (Hoffmann Eq. 2).

    E                      # irreducible loss, nats per token, >= 0
    A, alpha               # parameter term: A in nats parameters^alpha, both > 0
    B, beta                # token term: B in nats tokens^beta, both > 0
    flops_per_param_token  # kappa in C = kappa N D
    counts                 # what N counts: "total" or "non-embedding"
    source                 # a Provenance; None for a law of your own

    The five numbers may be arrays of one shape: then the law is many laws at once, and every
    answer has the shape law.shape + (shape of the arguments).
    Loss is in nats per token, N in parameters, D in tokens, C in FLOP everywhere.
    ValueError and TypeError name the argument and the value.

    >>> law = ChinchillaLaw(E=1.8172, A=482.01, B=2085.43, alpha=0.3478, beta=0.3658)
    >>> law.loss(70e9, 1.4e12)
    1.974
    """

    @property
    def a(self) -> Floats:
        """Exponent of the optimal size, N* ~ C^a: a = beta / (alpha + beta) (Hoffmann Eq. 4).

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.a
        0.5126
        """
        _, _, _, alpha, beta = self._spread(0)
        return result(beta / (alpha + beta))

    @property
    def b(self) -> Floats:
        """Exponent of the optimal tokens, D* ~ C^b: b = alpha / (alpha + beta) = 1 - a.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.b
        0.4874
        """
        _, _, _, alpha, beta = self._spread(0)
        return result(alpha / (alpha + beta))

    @property
    @quiet
    def G(self) -> Floats:
        """The G of N* = G (C/kappa)^a, D* = (C/kappa)^b / G (Hoffmann Eq. 4).

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.G
        0.1196
        """
        return result(_G(*self._spread(0)))

    @property
    def gamma(self) -> Floats:
        """Exponent of the reducible loss along the frontier: alpha beta / (alpha + beta).

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.gamma
        0.1783
        """
        return result(_gamma(*self._spread(0)))

    @property
    @quiet
    def K(self) -> Floats:
        """The K of the frontier L*(C) = E + K C^-gamma, in nats FLOP^gamma.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.K
        2708.5
        """
        return result(self._K(0))

    @quiet
    def optimum(self, C: Numbers) -> Allocation:
        """The size and tokens with the least loss that C FLOP of training can buy.

        Closed form; the terms balance there: alpha A N^-alpha = beta B D^-beta (Hoffmann Eq. 4).

        >>> from scaling_core import BESIROGLU_2024, human
        >>> best = BESIROGLU_2024.optimum(1e23)
        >>> print(human(best.N), human(best.D))
        29.4B 566B
        """
        C = check("C", C)
        E, *_, alpha, beta = fields = self._spread(C.ndim)
        kappa = self.flops_per_param_token
        log_C = np.log(C)  # one logarithm serves both powers: half the time of a million budgets
        N = _G(*fields) * np.exp((log_C - np.log(kappa)) * (beta / (alpha + beta)))
        D = C / (kappa * N)
        loss = E + self._K(C.ndim) * np.exp(-_gamma(*fields) * log_C)
        budget = np.broadcast_to(C, np.shape(N))
        return Allocation(result(N), result(D), result(budget), result(loss))

    @quiet
    def frontier_loss(self, C: Numbers) -> Floats:
        """The least loss that C FLOP of training can reach: E + K C^-gamma, nats per token.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.frontier_loss([1e19, 1e23])
        array([2.927, 2.032])
        """
        C = check("C", C)
        E, *_ = fields = self._spread(C.ndim)
        return result(E + self._K(C.ndim) * np.exp(-_gamma(*fields) * np.log(C)))

    @quiet
    def frontier_slope(self, C: Numbers) -> Floats:
        """What a straight line in log loss against log C would call the exponent at C.

        -d ln L* / d ln C = gamma (L* - E) / L*: it falls towards 0 as the loss nears E.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.frontier_slope([1e17, 1e20, 1e25])
        array([0.1036, 0.0514, 0.0088])
        """
        C = check("C", C)
        E, *_ = fields = self._spread(C.ndim)
        gamma = _gamma(*fields)
        return result(gamma / (1 + E / (self._K(C.ndim) * C**-gamma)))

    @quiet
    def compute_for(self, loss: Numbers) -> Floats:
        """The least training FLOP that reach a loss; inf for a loss of E or below.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.compute_for([2.0, 1.8])
        array([2.475e+23,       inf])
        """
        loss = check("loss", loss)
        E, *_ = fields = self._spread(loss.ndim)
        excess = np.maximum(loss - E, 0)  # 0 ** (negative) is the inf that is promised
        return result((excess / self._K(loss.ndim)) ** (-1 / _gamma(*fields)))

    @quiet
    def optimal_tokens(self, N: Numbers) -> Floats:
        """Tokens D at the budget for which N parameters are the optimal size.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> human(BESIROGLU_2024.optimal_tokens(70e9))
        '1.29T'
        """
        N = check("N", N)
        _, _, _, alpha, beta = fields = self._spread(N.ndim)
        G = _G(*fields)
        return result((N / G) ** (alpha / beta) / G)

    @quiet
    def optimal_params(self, D: Numbers) -> Floats:
        """Parameters N at the budget for which D tokens are the optimal amount.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> human(BESIROGLU_2024.optimal_params(1.4e12))
        '76.3B'
        """
        D = check("D", D)
        _, _, _, alpha, beta = fields = self._spread(D.ndim)
        G = _G(*fields)
        return result(G * (G * D) ** (beta / alpha))

    @quiet
    def waste(self, N: Numbers, D: Numbers) -> Floats:
        """Compute spent over the least compute that reaches the same loss: 1 at the optimum.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.waste(8e9, 15e12)  # a nominal 8B model on 15T tokens
        5.51
        """
        N, D = broadcast(N=check("N", N), D=check("D", D))
        _, _, _, alpha, beta = fields = self._spread(N.ndim)
        a, b = beta / (alpha + beta), alpha / (alpha + beta)
        k = N**b / (_G(*fields) * D**a)  # N over the optimal N of this budget
        return result(_wrong_size(k, alpha, beta))

    @quiet
    def size_penalty(self, k: Numbers, fixed: Literal["compute", "loss"] = "compute") -> Floats:
        """Factor of wasted compute for a model k times the optimal size; the budget cancels.

        fixed="compute": N = k N*, D = D*/k; over the compute that reaches this (worse) loss.
        fixed="loss": N = k N*, more tokens until the loss is that of the optimum; inf where k is
        so small that it never is. This one is Kaplan's Eq. B.16 with (alpha, beta) as exponents.

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.size_penalty([0.1, 0.5, 1, 2, 10])
        array([5.42, 1.18, 1.  , 1.19, 5.65])
        >>> BESIROGLU_2024.size_penalty(0.5, fixed="loss")
        1.26
        """
        k = check("k", k)
        _, _, _, alpha, beta = self._spread(k.ndim)
        if fixed == "compute":
            return result(_wrong_size(k, alpha, beta))
        if fixed == "loss":
            return result(stretched_budget(k, alpha, beta))
        raise ValueError(f'fixed must be "compute" or "loss", got {fixed!r}')

    @quiet
    def isoflop(self, C: Numbers, N: Numbers) -> Floats:
        """Loss of models of N parameters that share one budget, D = C / (kappa N).

        >>> from scaling_core import BESIROGLU_2024
        >>> BESIROGLU_2024.isoflop(1e21, [1e9, 3e9, 9e9])
        array([2.338, 2.306, 2.349])
        """
        C, N = broadcast(C=check("C", C), N=check("N", N))
        E, A, B, alpha, beta = self._spread(N.ndim)
        D = C / (self.flops_per_param_token * N)
        return result(E + A * N**-alpha + B * D**-beta)

    def inference_optimum(
        self,
        D_inf: Numbers,
        *,
        loss: Numbers | None = None,
        total: Numbers | None = None,
        price_ratio: Numbers = 1.0,
    ) -> LifetimeAllocation:
        """The size and tokens that are cheapest to train and then to serve (Sardana et al. 2024).

        D_inf        # tokens served over the model's life, read and written, >= 0
        loss         # fix the quality and spend least, or
        total        # fix all spending (FLOP at the price of training) and lose least
        price_ratio  # dollars per served FLOP over dollars per training FLOP, >= 0; 1 is assumed

        Arguments broadcast. A served token costs kappa/3 FLOP per parameter, a forward pass.
        D_inf = 0 gives the optimum of training alone; the more is served, the smaller the model
        and the longer its training: `waste(N, D)` says by what factor that training is dearer.
        Where the size is given (by a GPU's memory, say), `tokens_for(N, loss)` says the rest.
        Sardana et al. warn that laws fitted at usual ratios D/N overrate such long training.
        ValueError for a loss of E or below, which no model reaches.

        >>> from scaling_core import BESIROGLU_2024, human
        >>> best = BESIROGLU_2024.inference_optimum(10e12, total=1e24)
        >>> print(human(best.N), human(best.D))
        25.1B 3.29T
        >>> best.loss, best.saving, BESIROGLU_2024.waste(best.N, best.D)
        (1.9885, 0.327, 1.396)
        """
        return serving_optimum(self, D_inf, loss, total, price_ratio)

    def _K(self, ndim: int) -> Array:
        _, A, _, alpha, beta = fields = self._spread(ndim)
        kappa_power = self.flops_per_param_token ** _gamma(*fields)
        return A * _G(*fields) ** -alpha * (1 + alpha / beta) * kappa_power


@quiet
def stretched_budget(k: Array, alpha: Array | float, beta: Array | float) -> Array:
    """Compute at equal loss for k times the optimal size, in units of the optimum's."""
    bracket = 1 - beta / alpha * np.expm1(-alpha * np.log(k))  # expm1: exact near k = 1
    return k * np.maximum(bracket, 0) ** (-1 / beta)


def _wrong_size(k: Array, alpha: Array, beta: Array) -> Array:
    mean = (beta * k**-alpha + alpha * k**beta) / (alpha + beta)
    return mean ** ((alpha + beta) / (alpha * beta))


def _G(E: Array, A: Array, B: Array, alpha: Array, beta: Array) -> Array:
    return (alpha * A / (beta * B)) ** (1 / (alpha + beta))


def _gamma(E: Array, A: Array, B: Array, alpha: Array, beta: Array) -> Array:
    return alpha * beta / (alpha + beta)
