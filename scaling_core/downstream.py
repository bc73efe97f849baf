"""From loss to scores on tasks: links to error and accuracy, and a toy of emergence.

Links take the loss that a law gives, `link(law.loss(N, D))`: Gadre et al. 2024
(https://arxiv.org/abs/2403.08540), Bhagia et al. 2024 (https://arxiv.org/abs/2412.04403).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Domain, Floats, Numbers, broadcast, check, result
from scaling_core._estimated import fields_of
from scaling_core._surface import quiet
from scaling_core.provenance import Estimate, Provenance


@dataclass(frozen=True, eq=False)
class ErrorFromLoss(BatchedLaw):
    """Error averaged over many tasks, as a function of the loss: eps - k exp(-gamma L) (Gadre).

    k, gamma  # > 0; gamma in 1/nats
    eps       # > 0; error of a useless model, as a fraction
    source    # a Provenance; None for constants of your own

    Nothing keeps it in [0, 1]: far below the fitted losses it turns negative; see `clipped`.
    Holds for averages; single tasks are predicted far worse. GADRE_2024_ERRORS take the loss on C4,
    whatever the model was trained on. The three numbers may be arrays of one shape: then it is many
    links, whose axes come first.

    >>> from scaling_core import GADRE_2024_ERRORS, GADRE_2024_RPJ
    >>> link = ErrorFromLoss.from_estimates(GADRE_2024_ERRORS["RedPajama, all tasks"])
    >>> link(GADRE_2024_RPJ.loss(1.4e9, [28e9, 900e9]))  # from N and D to an error in one line
    array([0.649, 0.621])
    """

    k: Floats
    gamma: Floats
    eps: Floats
    source: Provenance | None = None

    _domains: ClassVar[dict[str, Domain]] = {
        "k": "positive",
        "gamma": "positive",
        "eps": "positive",
    }

    @classmethod
    def from_estimates(cls, estimates: Mapping[str, Estimate]) -> Self:
        """The link whose k, gamma and eps stand in a table of published estimates.

        ValueError if one of them is missing.

        >>> from scaling_core import GADRE_2024_ERRORS
        >>> ErrorFromLoss.from_estimates(GADRE_2024_ERRORS["C4, all tasks"]).eps
        0.759
        """
        return cls(**fields_of(estimates, *cls._domains))

    @quiet
    def __call__(self, loss: Numbers) -> Floats:
        """Error at a loss > 0, not clipped; an infinite loss gives eps.

        >>> ErrorFromLoss(k=1.3, gamma=0.9, eps=0.76)([0.5, 2.5, float("inf")])
        array([-0.0689 ,  0.623,  0.76 ])
        """
        loss = check("loss", loss, "positive or inf")
        k, gamma, eps = self._spread(loss.ndim)
        return result(eps - k * np.exp(-gamma * loss))

    def clipped(self, loss: Numbers) -> Floats:
        """Error at a loss > 0, moved into [0, 1].

        >>> ErrorFromLoss(k=1.3, gamma=0.9, eps=0.76).clipped([0.5, 2.5])
        array([0.   , 0.623])
        """
        return result(np.minimum(np.maximum(self(loss), 0), 1))

    @quiet
    def inverse(self, error: Numbers) -> Floats:
        """Loss at which the error is reached; inf for eps and above, which any loss stays below.

        0 or less for eps - k and below: no loss is that low.

        >>> ErrorFromLoss(k=1.3, gamma=0.9, eps=0.76).inverse([0.5, 0.8])
        array([1.788, inf])
        """
        error = check("error", error, "real")
        k, gamma, eps = self._spread(error.ndim)
        return result(np.log(k / np.maximum(eps - error, 0)) / gamma)


@dataclass(frozen=True, eq=False)
class AccuracyFromLoss(BatchedLaw):
    """Accuracy on one task as a sigmoid of the loss: a/(1 + exp(-k (L - L0))) + b (Bhagia).

    a   # a + b is the accuracy of a useless model, so a < 0 where accuracy falls with the loss
    k   # > 0; steepness, 1/unit of L
    L0  # the loss in the middle of the fall
    b   # accuracy of a perfect model

    Bhagia's L is the loss on the right answers, in bits per byte, itself E + A/N^alpha + B/D^beta.
    Constants differ for each task; none ship. The four numbers may be arrays of one shape: then it
    is many links, whose axes come first. Llama 3 used such a sigmoid too, after a first step, from
    compute to the loss on the right answers, whose form we could not verify.

    >>> from scaling_core import ChinchillaLaw
    >>> task = ChinchillaLaw(E=0.5, A=40, B=60, alpha=0.25, beta=0.25)  # made up, bits per byte
    >>> accuracy = AccuracyFromLoss(a=-0.75, k=6, L0=0.9, b=1)  # made up: four answers, 25 % guess
    >>> accuracy(task.loss([1e8, 1e9, 1e10], [2e9, 2e10, 2e11]))
    array([0.366, 0.642, 0.813])
    """

    a: Floats
    k: Floats
    L0: Floats
    b: Floats
    source: Provenance | None = None

    _domains: ClassVar[dict[str, Domain]] = {
        "a": "real",
        "k": "positive",
        "L0": "real",
        "b": "real",
    }

    @quiet
    def __call__(self, loss: Numbers) -> Floats:
        """Accuracy at a loss > 0; an infinite loss gives a + b.

        >>> AccuracyFromLoss(a=-0.75, k=6, L0=0.9, b=1)([0.6, 0.9, float("inf")])
        array([0.894, 0.625 , 0.25 ])
        """
        loss = check("loss", loss, "positive or inf")
        a, k, L0, b = self._spread(loss.ndim)
        x = k * (loss - L0)
        small = np.exp(-np.abs(x))  # never overflows
        return result(a * np.where(x < 0, small, 1) / (1 + small) + b)

    @quiet
    def inverse(self, accuracy: Numbers) -> Floats:
        """Loss at which the accuracy is reached.

        -inf where no loss is low enough (b and beyond), inf where any loss does (a + b and
        beyond). ValueError for a = 0, which is constant.

        >>> AccuracyFromLoss(a=-0.75, k=6, L0=0.9, b=1).inverse([0.25, 0.625, 1])
        array([ inf,  0.9, -inf])
        """
        accuracy = check("accuracy", accuracy, "real")
        a, k, L0, b = self._spread(accuracy.ndim)
        if not a.all():
            raise ValueError("a must not be 0 for an inverse: the accuracy is constant")
        share = np.minimum(np.maximum((accuracy - b) / a, 0), 1)
        return result(L0 + (np.log(share) - np.log1p(-share)) / k)


@dataclass(frozen=True, eq=False)
class StepAccuracy(BatchedLaw):
    """A toy of emergence: each step of an answer is right with p(N) = exp(-(N0/N)^g).

    N0  # > 0, parameters; p is 1/e there
    g   # > 0; ln p is a pure power law of N
    Numbers, or arrays of one shape (axes come first). A toy: nobody measured it.
    ln p has no step anywhere, yet p^n, the chance of n right steps in a row, rises late, and over
    the same stretch of log N for every n: only the place moves.

    >>> from scaling_core.scores import exact_match
    >>> law = StepAccuracy(N0=1.4e7, g=0.52)
    >>> p = law([1e7, 1e8, 1e9, 1e10])
    >>> p, exact_match(p, 5)
    (array([0.304, 0.698, 0.897, 0.968]), array([0.0026, 0.166, 0.581, 0.849]))
    """

    N0: Floats
    g: Floats
    source: Provenance | None = None

    _domains: ClassVar[dict[str, Domain]] = {"N0": "positive", "g": "positive"}

    @quiet
    def __call__(self, N: Numbers) -> Floats:
        """Chance that a step is right; N > 0 parameters, infinitely many give 1.

        >>> StepAccuracy(N0=1.4e7, g=0.52)([1.4e7, float("inf")])
        array([0.368, 1.   ])
        """
        return result(np.exp(self.log(N)))

    @quiet
    def log(self, N: Numbers) -> Floats:
        """Logarithm of p, minus the loss per step in nats; N > 0 parameters.

        >>> StepAccuracy(N0=1.4e7, g=0.52).log([1.4e7, 1.4e9])
        array([-1.    , -0.0912])
        """
        N = check("N", N, "positive or inf")
        N0, g = self._spread(N.ndim)
        return result(-((N0 / N) ** g))

    @quiet
    def inverse(self, score: Numbers, steps: Numbers = 1.0) -> Floats:
        """Parameters at which the chance that all `steps` steps are right is `score`.

        score in (0, 1), steps > 0; they broadcast.

        >>> law = StepAccuracy(N0=1.4e7, g=0.52)
        >>> at_90, at_1 = law.inverse(0.9, [1, 50]), law.inverse(0.01, [1, 50])
        >>> np.log10(at_90 / at_1)  # decades from 1 % to 90 %, for any number of steps
        array([3.15, 3.15])
        """
        score, steps = broadcast(
            score=check("score", score, "in (0, 1)"), steps=check("steps", steps)
        )
        N0, g = self._spread(score.ndim)
        return result(N0 * (steps / -np.log(score)) ** (1 / g))
