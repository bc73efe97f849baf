"""The laws of Kaplan et al. 2020: no irreducible loss, N without embeddings, WebText2.

https://arxiv.org/abs/2001.08361 . The paper counts compute in PF-days; here every C is in FLOP.
"""

from dataclasses import dataclass
from typing import Literal

from scaling_core._check import Array, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.allocation import Answer
from scaling_core.chinchilla import stretched_budget
from scaling_core.kaplan_joint import KaplanJointLaw, KaplanStepLaw, check_fields
from scaling_core.provenance import Provenance
from scaling_core.units import PF_DAY


@dataclass(frozen=True, eq=False)
class KaplanAllocation(Answer):
    """What Kaplan's Table 6 gives for a budget: floats, or arrays of one shape.

    N      # parameters without embeddings
    D      # tokens, counted at the critical batch: 6 N D is 1.8 times C_min, not C_min
    batch  # tokens per step
    steps  # optimiser steps at very large batch
    C_min  # least FLOP that reach the loss, with a batch far below the critical one
    loss   # nats per token of WebText2

    >>> from scaling_core import KAPLAN_2020
    >>> KAPLAN_2020.optimum(1e21).steps
    5811.6
    """

    N: Floats
    D: Floats
    batch: Floats
    steps: Floats
    C_min: Floats
    loss: Floats


@dataclass(frozen=True, eq=False)
class EarlyStop(Answer):
    """Ratios between two ways to reach one loss (Eqs. B.12 to B.14): parameters, steps, compute.

    >>> from scaling_core import KAPLAN_2020
    >>> KAPLAN_2020.early_stop(0.10, 0.02).steps
    0.133
    """

    N: Floats
    steps: Floats
    C: Floats


@dataclass(frozen=True)
class KaplanLaw:
    """All laws of the paper in one object: Tables 5 and 6, Eq. 4.4, and the two joint laws.

    alpha_N, N_c; alpha_D, D_c          # loss from parameters, from tokens
    alpha_C, C_c_pf_days                # loss from compute at one fixed batch
    alpha_C_min, C_c_min_pf_days        # loss from the least compute
    alpha_B, B_star                     # critical batch, tokens
    alpha_S, S_c                        # steps
    p_N, N_e; p_D, D_e; p_B, B_e; p_S, S_e   # Table 6, powers of C_min in PF-days
    overfit_p, overfit_k                # tokens against overfitting (Eq. 4.4)
    joint, stepwise                     # L(N, D) and L(N, S_min)
    All > 0. Arguments: N parameters without embeddings, D tokens, C FLOP, loss nats per token.

    >>> from scaling_core import KAPLAN_2020
    >>> KAPLAN_2020.loss_N(2e9) / KAPLAN_2020.loss_N(1e9)  # doubling N (Sec. 1.1)
    0.9487
    """

    alpha_N: float
    N_c: float
    alpha_D: float
    D_c: float
    alpha_C: float
    C_c_pf_days: float
    alpha_C_min: float
    C_c_min_pf_days: float
    alpha_B: float
    B_star: float
    alpha_S: float
    S_c: float
    p_N: float
    N_e: float
    p_B: float
    B_e: float
    p_S: float
    S_e: float
    p_D: float
    D_e: float
    overfit_p: float
    overfit_k: float
    joint: KaplanJointLaw
    stepwise: KaplanStepLaw
    source: Provenance | None = None

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def alpha_C_predicted(self) -> float:
        """Exponent of loss in C_min that the other exponents imply (Eq. B.7; printed as 0.052).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.alpha_C_predicted
        0.05199
        """
        return 1 / (1 / self.alpha_S + 1 / self.alpha_B + 1 / self.alpha_N)

    @quiet
    def loss_N(self, N: Numbers) -> Floats:
        """Loss of a converged model of N parameters (Eq. 1.1); N may be inf.

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_N(1.5e9)
        2.304
        """
        return result((self.N_c / check("N", N, "positive or inf")) ** self.alpha_N)

    @quiet
    def loss_D(self, D: Numbers) -> Floats:
        """Loss of a large model stopped early on D tokens (Eq. 1.2); D may be inf.

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_D(22.9e9)  # all of WebText2
        2.091
        """
        return result((self.D_c / check("D", D, "positive or inf")) ** self.alpha_D)

    @quiet
    def loss_C_min(self, C: Numbers) -> Floats:
        """Loss of the best allocation of C FLOP at small batch (Eq. 1.3).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_C_min(1e23)
        1.868
        """
        return result((self.C_c_min_pf_days / _pf_days(C)) ** self.alpha_C_min)

    @quiet
    def loss_C(self, C: Numbers) -> Floats:
        """Loss of the best model size for C FLOP at one fixed batch of 2^19 tokens (Table 5).

        The naive trend: its 0.057 is not the exponent of `loss_C_min`.

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_C(1e23)
        1.722
        """
        return result((self.C_c_pf_days / _pf_days(C)) ** self.alpha_C)

    def loss_ND(self, N: Numbers, D: Numbers) -> Floats:
        """Loss of N parameters on D tokens (Eq. 1.5 with the constants of Table 2).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_ND(175e9, 300e9)  # the nominal shape of GPT-3
        1.661
        """
        return self.joint.loss(N, D)

    def loss_NS(self, N: Numbers, S_min: Numbers) -> Floats:
        """Loss of N parameters after S_min steps at large batch (Eq. 1.6, Table 3).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.loss_NS(1e9, 1e5)
        2.4005
        """
        return self.stepwise.loss(N, S_min)

    @quiet
    def critical_batch(self, L: Numbers) -> Floats:
        """Tokens per step beyond which a larger batch saves few steps, at loss L (Eq. 1.4).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.critical_batch([3.0, 2.0])
        array([1122570., 7740039.])
        """
        return result(self.B_star * check("L", L) ** (-1 / self.alpha_B))

    @quiet
    def optimum(self, C: Numbers, at: Literal["C_min", "C"] = "C_min") -> KaplanAllocation:
        """Table 6 for a budget: what to train, with which batch, for how many steps.

        at="C_min": C is the least compute, spent far below the critical batch.
        at="C": C is spent at the critical batch, which costs twice the least (Eq. 5.5); this
        reading gives the 4.68B parameters that Hoffmann et al. (App. D.4) ascribe to the paper.

        >>> from scaling_core import KAPLAN_2020, human
        >>> human(KAPLAN_2020.optimum(1e21).N), human(KAPLAN_2020.optimum(1e21, at="C").N)
        ('7.77B', '4.68B')
        """
        if at not in ("C_min", "C"):
            raise ValueError(f'at must be "C_min" or "C", got {at!r}')
        C_min = check("C", C) / (2 if at == "C" else 1)
        c = C_min / PF_DAY
        return KaplanAllocation(
            N=result(self.N_e * c**self.p_N),
            D=result(self.D_e * c**self.p_D),
            batch=result(self.B_e * c**self.p_B),
            steps=result(self.S_e * c**self.p_S),
            C_min=result(C_min),
            loss=self.loss_C_min(C_min),
        )

    def crossing(self) -> KaplanAllocation:
        """The budget at which the laws contradict each other (Sec. 6.3).

        Beyond it, L(C_min) promises less loss than L(D) allows on the tokens of Table 6.

        >>> from scaling_core import KAPLAN_2020
        >>> far = KAPLAN_2020.crossing()
        >>> far.C_min, far.N, far.loss
        (9.67e23, 1.174e12, 1.668)
        """
        data, compute = self.D_c / self.D_e, self.C_c_min_pf_days
        gap = self.alpha_C_min - self.p_D * self.alpha_D  # both sides are powers of c
        if gap == 0:
            raise ValueError("alpha_C_min equals p_D alpha_D: the two laws never cross")
        c = (compute**self.alpha_C_min / data**self.alpha_D) ** (1 / gap)
        return self.optimum(c * PF_DAY)

    def size_penalty(self, k: Numbers) -> Floats:
        """Compute at equal loss for k times the optimal size, over the optimum's (Eq. B.16).

        inf where k is so small that the loss is out of reach.

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.size_penalty([0.6, 1, 2.2])
        array([1.164, 1.   , 1.203])
        """
        return result(stretched_budget(check("k", k), self.alpha_N, self.alpha_S))

    @quiet
    def step_ratio(self, k: Numbers) -> Floats:
        """Steps at equal loss for k times the optimal size, over the optimum's (Eq. B.17).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.step_ratio(2.2)  # 45 % fewer steps
        0.547
        """
        k = check("k", k)
        return result(stretched_budget(k, self.alpha_N, self.alpha_S) / k)

    @quiet
    def early_stop(self, f: Numbers, f_prime: Numbers) -> EarlyStop:
        """Stopping a fraction f above the converged loss against f_prime above it, same loss.

        f, f_prime > 0 broadcast; 0.10 is Kaplan's optimum alpha_N / alpha_S (Eqs. B.5, B.12-14).

        >>> from scaling_core import KAPLAN_2020
        >>> early = KAPLAN_2020.early_stop(0.10, 0.02)
        >>> early.N, early.steps, early.C
        (2.70, 0.133, 0.359)
        """
        f, f_prime = broadcast(f=check("f", f), f_prime=check("f_prime", f_prime))
        N = ((1 + f) / (1 + f_prime)) ** (1 / self.alpha_N)
        steps = ((1 + 1 / f) / (1 + 1 / f_prime)) ** (1 / self.alpha_S)
        return EarlyStop(result(N), result(steps), result(N * steps))

    @quiet
    def overfit_tokens(self, N: Numbers) -> Floats:
        """Tokens that keep overfitting of N parameters within the noise of runs (Eq. 4.4).

        >>> from scaling_core import KAPLAN_2020
        >>> KAPLAN_2020.overfit_tokens(1e9)
        2.285e10
        """
        return result(self.overfit_k * check("N", N) ** self.overfit_p)


def _pf_days(C: Numbers) -> Array:
    return check("C", C) / PF_DAY
