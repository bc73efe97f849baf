"""Which pilots to run before a large one, and what their noise would leave open.

A design is judged on a law that is believed, before anything is trained: by linear algebra here,
by simulated experiments in `pilots.py`. Both say what the noise of runs does; neither says
anything about a law whose form is wrong.
"""

from dataclasses import dataclass

import numpy as np

from scaling_core._check import Array, Numbers, check_count, check_scalar, columns
from scaling_core._surface import quiet
from scaling_core.allocation import Answer
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.compute import training_flops


@dataclass(frozen=True, eq=False)
class DesignPrecision(Answer):
    """Standard deviations that the noise of the runs leaves, were the law linear around the truth.

    condition  # of the Jacobian of the losses in (E, ln A, alpha, ln B, beta), columns scaled to
               # length 1: 200 is good, at 1e7 the runs cannot tell the two terms apart
    a_sd       # of the exponent a = beta / (alpha + beta)
    log_N_sd   # of ln N* at the budget of the target: 0.1 is ten percent of N*
    loss_sd    # of the loss predicted for the target, nats per token

    All inf where the runs leave a constant open. For Gaussian noise no unbiased fit has less
    (Cramer-Rao); a Huber fit has more.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> design_grid([1e7, 1e8, 1e9], [4, 20, 100]).precision(law, 0.01, 70e9, 1.4e12).a_sd
    0.0102
    """

    condition: float
    a_sd: float
    log_N_sd: float
    loss_sd: float


@dataclass(frozen=True, eq=False)
class PilotDesign(Answer):
    """Runs of N parameters on D tokens each, that are to be made: two columns of one length.

    >>> design = PilotDesign(N=[1e8, 1e8, 1e9], D=[2e9, 8e9, 2e10])
    >>> len(design), design.flops
    (3, 1.26e20)
    """

    N: Array
    D: Array

    def __post_init__(self) -> None:
        for name, column in zip("ND", columns(N=self.N, D=self.D), strict=True):
            object.__setattr__(self, name, column.copy())
        super().__post_init__()

    def __len__(self) -> int:
        return self.N.size

    @property
    def flops(self) -> float:
        """Training compute of all the runs, 6ND summed, in FLOP.

        >>> PilotDesign(N=[1e8, 1e9], D=[2e9, 2e10]).flops
        1.212e20
        """
        return float(np.sum(training_flops(self.N, self.D)))

    @quiet
    def precision(
        self, law: ChinchillaLaw, noise: float, N: float, D: float, *, relative: bool = False
    ) -> DesignPrecision:
        """What the runs say about the law's exponent and about one larger run, N on D tokens.

        noise  # standard deviation of one run's loss, nats per token, > 0; with relative=True
               # that of its logarithm, so that 0.01 is one percent

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> ray = PilotDesign(N=[1e7, 5e7, 1e8, 5e8, 1e9], D=[2e8, 1e9, 2e9, 1e10, 2e10])
        >>> on_ray = ray.precision(law, 0.01, 70e9, 1.4e12)  # D = 20 N throughout
        >>> on_ray.condition, on_ray.a_sd, on_ray.loss_sd
        (5.7e7, 67.8, 0.708)
        """
        law, noise = _one_law(law), check_scalar("noise", noise)
        target = [np.array([check_scalar(name, x)]) for name, x in (("N", N), ("D", D))]
        jacobian = _gradient(law, self.N, self.D)
        if relative:
            jacobian /= np.reshape(law.loss(self.N, self.D), (-1, 1))
        length = np.linalg.norm(jacobian, axis=0)
        _, sizes, directions = np.linalg.svd(jacobian / length, full_matrices=False)
        if len(self) < 5 or sizes[-1] < 1e-13:  # the columns have length 1
            return DesignPrecision(np.inf, np.inf, np.inf, np.inf)
        _, _, _, alpha, beta = law._spread(0)
        best = law.optimum(law.flops_per_param_token * N * D)
        log_N, log_D = np.log(best.N), np.log(best.D)
        a = np.array([0, 0, -beta, 0, alpha]) / (alpha + beta) ** 2
        size = np.array([0, 1, 1 / alpha - log_N, -1, log_D - 1 / beta]) / (alpha + beta)
        wanted = np.stack([a, size, _gradient(law, *target)[0]]) / length
        sd = noise * np.linalg.norm(wanted @ directions.T / sizes, axis=1)
        return DesignPrecision(float(sizes[0] / sizes[-1]), *map(float, sd))

    def simulate(
        self, law: ChinchillaLaw, noise: float, n: int, seed: int = 0, *, relative: bool = False
    ) -> Array:
        """Losses of n experiments, shape (n, runs): the law's plus Gaussian noise.

        noise as in `precision`. The same seed gives the same losses.

        >>> from scaling_core import BESIROGLU_2024 as law
        >>> design_grid([1e8, 1e9], [20]).simulate(law, noise=0.01, n=1000).std(axis=0)
        array([0.01, 0.01])
        """
        law, noise = _one_law(law), check_scalar("noise", noise)
        n, seed = check_count("n", n), check_count("seed", seed, least=0)
        exact = np.asarray(law.loss(self.N, self.D))
        scatter = noise * np.random.default_rng(seed).standard_normal((n, len(self)))
        losses = np.asarray(exact * np.exp(scatter) if relative else exact + scatter)
        if losses.min() <= 0:
            raise ValueError(f"noise must leave every loss positive, got {noise!r} nats")
        return losses


def design_isoflop(
    law: ChinchillaLaw,
    budgets: Numbers,
    sizes: int = 7,
    width: float = 5.0,
    centre: float = 1.0,
) -> PilotDesign:
    """Valleys at several budgets: sizes in even ratios around the optimum that is expected.

    law      # where the optimum is expected
    budgets  # FLOP, one valley each
    sizes    # runs per budget, at least 3
    width    # the outermost sizes lie this factor, > 1, to either side of the middle one
    centre   # the middle size over the expected optimum, > 0: what if the expectation is wrong?

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> nine = [6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21]  # Hoffmann et al. 2022
    >>> design = design_isoflop(law, nine)
    >>> len(design), design.flops
    (63, 3.57e22)
    """
    law, (C,) = _one_law(law), columns(budgets=budgets)
    sizes = check_count("sizes", sizes, least=3)
    log_width = np.log(check_scalar("width", width))
    if log_width <= 0:
        raise ValueError(f"width must be above 1, got {width!r}")
    k = check_scalar("centre", centre) * np.exp(np.linspace(-log_width, log_width, sizes))
    N = np.multiply.outer(law.optimum(C).N, k)
    return PilotDesign(N.ravel(), (C[:, None] / (law.flops_per_param_token * N)).ravel())


def design_grid(N: Numbers, ratios: Numbers) -> PilotDesign:
    """Every size with every number of tokens per parameter; one ratio alone is a ray.

    >>> design = design_grid([1e7, 1e8, 1e9], [4, 20, 100])
    >>> len(design), design.flops
    (9, 7.52e20)
    """
    (N,), (ratios,) = columns(N=N), columns(ratios=ratios)
    return PilotDesign(np.repeat(N, ratios.size), np.multiply.outer(N, ratios).ravel())


def _one_law(law: ChinchillaLaw) -> ChinchillaLaw:
    if not isinstance(law, ChinchillaLaw):
        raise TypeError(f"law must be a ChinchillaLaw, got {law!r}")
    if law.shape:
        raise ValueError(f"law must be one law, got a batch of shape {law.shape}")
    return law


def _gradient(law: ChinchillaLaw, N: Array, D: Array) -> Array:
    """Derivatives of the loss with respect to E, ln A, alpha, ln B, beta, shape (runs, 5)."""
    _, A, B, alpha, beta = law._spread(1)
    model, data = A * N**-alpha, B * D**-beta
    one = np.ones_like(model)
    return np.stack([one, model, -model * np.log(N), data, -data * np.log(D)], axis=1)
