"""What a model costs over its life: training once, then serving for years.

Training takes 6ND FLOP and a served token 2N (Kaplan et al. 2020, arXiv:2001.08361, sec. 2.1);
their sum is what Sardana et al. 2024 (arXiv:2401.00448) minimise. Prices are dollars per FLOP:
`price_per_flop` for training, `Server.price_per_flop` for serving.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.compute import inference_flops, training_flops
from scaling_core.cost import refuse


@dataclass(frozen=True, eq=False)
class Deployment(BatchedLaw):
    """A model in service: the tokens, FLOP and dollars of answering queries for a while.

    N                 # parameters (the active ones of a mixture of experts)
    queries_per_day   # >= 0
    tokens_per_query  # read and written together, >= 0
    days              # of service, >= 0

    All may be arrays of shapes that broadcast; a price may be one too and comes last in the shape.

    >>> year = Deployment(70e9, queries_per_day=1e8, tokens_per_query=500, days=365)
    >>> year.tokens, year.flops, year.cost(price_per_flop=1e-18)
    (1.825e13, 2.555e24, 2555000.0)
    """

    N: Floats
    queries_per_day: Floats
    tokens_per_query: Floats
    days: Floats

    _domains: ClassVar[Mapping[str, Domain]] = {
        "N": "positive",
        "queries_per_day": "nonnegative",
        "tokens_per_query": "nonnegative",
        "days": "nonnegative",
    }

    @property
    @quiet
    def tokens(self) -> Floats:
        """Tokens read and written over the lifetime.

        >>> Deployment(70e9, 1e8, 500, days=[365, 3 * 365]).tokens
        array([1.825e13, 5.475e13])
        """
        _, queries, tokens, days = self._spread(0)
        return result(queries * tokens * days)

    @property
    @quiet
    def flops(self) -> Floats:
        """FLOP of serving them: 2N each, whether read or written.

        >>> Deployment(N=[70e9, 7e9], queries_per_day=1e8, tokens_per_query=500, days=365).flops
        array([2.555e24, 2.555e23])
        """
        return result(np.multiply(inference_flops(self.N, 1), self.tokens))

    @quiet
    def cost(self, price_per_flop: Numbers) -> Floats:
        """Dollars at a price per FLOP (>= 0), which depends on the batch: `Server.price_per_flop`.

        >>> Deployment(70e9, 1e8, 500, days=365).cost([1e-18, 4.45e-18])
        array([ 2555000., 11369750.])
        """
        price = check("price_per_flop", price_per_flop, "nonnegative")
        return result(np.reshape(self.flops, self.shape + (1,) * price.ndim) * price)

    @quiet
    def cost_by_token(self, price_per_token: Numbers) -> Floats:
        """Dollars at a price per token (>= 0), read or written.

        >>> Deployment(70e9, 1e8, 500, days=365).cost_by_token(0.50 / 1e6)  # $.50 a million
        9125000.0
        """
        price = check("price_per_token", price_per_token, "nonnegative")
        return result(np.reshape(self.tokens, self.shape + (1,) * price.ndim) * price)


@quiet
def lifetime_cost(
    N: Numbers,
    D: Numbers,
    tokens: Numbers,
    price_per_training_flop: Numbers,
    price_per_inference_flop: Numbers,
) -> Floats:
    """Dollars for training a model on D tokens and then serving so many tokens: 6ND p + 2N T q.

    N, D > 0; tokens and both prices (dollars per FLOP) >= 0; they broadcast. An infinite D is
    what `tokens_for` says of a loss out of reach, and costs inf. To compare models, take those of
    one loss.

    >>> from scaling_core import BESIROGLU_2024 as law
    >>> N = [7e9, 34.5e9, 70e9]
    >>> D = law.tokens_for(N, law.loss(70e9, 1.4e12))  # 7B never reaches the loss of 70B/1.4T
    >>> lifetime_cost(N, D, 1e13, 1e-18, 1e-18)
    array([             inf, 1465632.59, 1988000.        ])
    """
    train, serve = price_per_training_flop, price_per_inference_flop
    N, D, tokens, train, serve = broadcast(
        N=check("N", N),
        D=check("D", D, "positive or inf"),
        tokens=check("tokens", tokens, "nonnegative"),
        price_per_training_flop=check("price_per_training_flop", train, "nonnegative"),
        price_per_inference_flop=check("price_per_inference_flop", serve, "nonnegative"),
    )
    spent = _training_flops(N, D)
    trained = np.where(np.isinf(spent), np.inf, spent * train)  # out of reach at any price
    return result(trained + inference_flops(N, tokens) * serve)


@quiet
def break_even_tokens(
    N_small: Numbers,
    D_small: Numbers,
    N_large: Numbers,
    D_large: Numbers,
    price_ratio: Numbers = 1.0,
) -> Floats:
    """Served tokens from which the smaller, longer-trained of two models is the cheaper one.

    3 (N_small D_small - N_large D_large) / (price_ratio (N_large - N_small)): the extra training
    over what each served token saves. 0 if the small one is no dearer to train, inf if it is
    never trained (D_small = inf: a loss out of reach) or serving is free. All > 0, N_small below
    N_large, they broadcast. price_ratio >= 0: dollars per inference FLOP over dollars per training
    FLOP (`Server.price_ratio`); its default 1 is assumed (2026). Both models should have one loss.

    >>> from scaling_core import BESIROGLU_2024 as law, human
    >>> D = law.tokens_for(34.5e9, law.loss(70e9, 1.4e12))
    >>> human(break_even_tokens(34.5e9, D, 70e9, 1.4e12))
    '2.64T'
    """
    N_small, D_small, N_large, D_large, ratio = broadcast(
        N_small=check("N_small", N_small),
        D_small=check("D_small", D_small, "positive or inf"),
        N_large=check("N_large", N_large),
        D_large=check("D_large", D_large),
        price_ratio=check("price_ratio", price_ratio, "nonnegative"),
    )
    refuse("N_small", N_small, N_small >= N_large, "below N_large", N_large)
    extra = _training_flops(N_small, D_small) - training_flops(N_large, D_large)
    saved = ratio * (inference_flops(N_large, 1) - np.asarray(inference_flops(N_small, 1)))
    return result(np.where(extra > 0, extra / saved, 0.0))


def _training_flops(N: Array, D: Array) -> Array:
    """6ND, for infinite D as well."""
    reachable = np.isfinite(D)
    return np.where(reachable, training_flops(N, np.where(reachable, D, 1.0)), np.inf)
