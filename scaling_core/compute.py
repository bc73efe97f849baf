"""What a Transformer costs: parameters, FLOP per token, bytes, and the price of a batch size.

Kaplan et al. 2020 (arXiv:2001.08361), sec. 2.1 and 5.1; Hoffmann et al. 2022 (arXiv:2203.15556),
App. F; McCandlish et al. 2018 (arXiv:1812.06162).
"""

from dataclasses import dataclass, fields
from typing import Literal, get_args

import numpy as np

from scaling_core._check import Array, Floats, Numbers, broadcast, check, check_count, result
from scaling_core.units import PF_DAY

Position = Literal["none", "learned", "relative"]
Attention = Literal["causal", "full"]


def training_flops(N: Numbers, D: Numbers) -> Floats:
    """Training compute C = 6ND in FLOP: 2 per parameter and token forward, 4 backward.

    N parameters (the active ones of a mixture of experts), D tokens; both > 0, they broadcast.
    Attention to the context is left out: the exact count of Hoffmann's models is .99 to 1.10
    times this (their Table A4). Kaplan et al. 2020, sec. 2.1.

    >>> training_flops(175e9, 300e9)  # GPT-3; its paper reports 3.14e23
    3.15e+23
    """
    return _product(N=check("N", N), D=check("D", D), factor=6.0)


def inference_flops(N: Numbers, tokens: Numbers) -> Floats:
    """Forward compute 2 N tokens in FLOP for reading or writing `tokens` tokens.

    N parameters (active ones), > 0; tokens >= 0; they broadcast. Kaplan et al. 2020, sec. 2.1.

    >>> inference_flops(70e9, [0, 1e12])  # Chinchilla, serving a trillion tokens
    array([0.0e+00, 1.4e+23])
    """
    return _product(N=check("N", N), tokens=check("tokens", tokens, "nonnegative"), factor=2.0)


def pf_days(C: Numbers) -> Floats:
    """Compute in PF-days, the unit of Kaplan et al. 2020: 1e15 FLOP/s for a day, 8.64e19 FLOP.

    C in FLOP, > 0.

    >>> pf_days(3.14e23)  # GPT-3; its Table D.1 says 3.64e3
    3634.3
    """
    return result(check("C", C) / PF_DAY)


def weight_memory(N: Numbers, bytes_per_parameter: Numbers = 2.0) -> Floats:
    """Bytes that the weights fill.

    N all parameters, of every expert too, > 0; bytes_per_parameter > 0, default 2 (BF16, assumed).

    >>> weight_memory(70e9) / 1e9  # in 10^9 bytes: two cards of 80
    140.0
    """
    size = check("bytes_per_parameter", bytes_per_parameter)
    return _product(N=check("N", N), bytes_per_parameter=size)


def training_memory(N: Numbers, bytes_per_parameter: Numbers = 16.0) -> Floats:
    """Bytes for weights, gradients and optimiser during training, without activations.

    N all parameters, > 0; bytes_per_parameter > 0. Its default is assumed: mixed-precision Adam,
    2 weight + 2 gradient + 4 master weight + 4 + 4 moments = 16.

    >>> training_memory(7e9) / 1e9  # 7B already overfills a card of 80
    112.0
    """
    size = check("bytes_per_parameter", bytes_per_parameter)
    return _product(N=check("N", N), bytes_per_parameter=size)


def step_factor(batch_tokens: Numbers, critical_tokens: Numbers) -> Floats:
    """Number of steps at a batch size over the fewest possible: S/S_min = 1 + B_crit/B.

    Both sizes in tokens (or both in examples), > 0, the batch may be infinite; they broadcast.
    Kaplan et al. 2020, Eq. 5.4; McCandlish et al. 2018: (S/S_min - 1)(E/E_min - 1) = 1.

    >>> step_factor([0.5e6, 2e6, 8e6], 2e6)
    array([5.  , 2.  , 1.25])
    """
    batch, critical = _batches(batch_tokens, critical_tokens)
    with np.errstate(over="ignore"):
        return result(1 + critical / batch)


def compute_factor(batch_tokens: Numbers, critical_tokens: Numbers) -> Floats:
    """Compute, or examples, at a batch size over the least possible: C/C_min = 1 + B/B_crit.

    Both sizes in tokens (or both in examples), > 0, the batch may be infinite; they broadcast.
    At the critical batch both factors are 2. Kaplan et al. 2020, Eq. 5.5.

    >>> compute_factor([0.5e6, 2e6, 8e6], 2e6)
    array([1.25, 2.  , 5.  ])
    """
    batch, critical = _batches(batch_tokens, critical_tokens)
    with np.errstate(over="ignore"):
        return result(1 + batch / critical)


@dataclass(frozen=True)
class Transformer:
    """The shape of a decoder, from which parameters, FLOP per token and cache size follow.

    n_layer, d_model, d_ff, n_head, head_dim, vocab, n_ctx are whole numbers >= 1; the attention
    width n_head * head_dim may differ from d_model. Defaults are the classic GPT block:
    tied      output matrix = embedding matrix
    biases    in every linear map and in the layer norms; False also fits RMSNorm
    position  "none" (or rotary): no parameters; "learned": n_ctx * d_model; "relative": one more
              projection per layer, as in Hoffmann's models
    n_kv_head heads of keys and values, fewer than n_head under grouped-query attention
    gated     three feed-forward matrices (SwiGLU) instead of two
    n_expert, n_expert_active: mixture of experts with a linear router in every layer

    >>> gpt2 = Transformer(
    ...     n_layer=12,
    ...     d_model=768,
    ...     d_ff=3072,
    ...     n_head=12,
    ...     head_dim=64,
    ...     vocab=50257,
    ...     n_ctx=1024,
    ...     position="learned",
    ... )
    >>> gpt2.params(), gpt2.params(non_embedding=True)
    (124439808, 84934656)
    """

    n_layer: int
    d_model: int
    d_ff: int
    n_head: int
    head_dim: int
    vocab: int
    n_ctx: int
    tied: bool = True
    biases: bool = True
    position: Position = "none"
    n_kv_head: int | None = None
    gated: bool = False
    n_expert: int = 1
    n_expert_active: int = 1

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if field.type is bool:
                if not isinstance(value, bool):
                    raise TypeError(f"{field.name} must be True or False, got {value!r}")
            elif field.name != "position" and (field.name, value) != ("n_kv_head", None):
                object.__setattr__(self, field.name, check_count(field.name, value))
        _check_choice("position", self.position, get_args(Position))
        if self.n_head % (self.n_kv_head or self.n_head):
            raise ValueError(f"n_kv_head must divide n_head {self.n_head}, got {self.n_kv_head}")
        if self.n_expert_active > self.n_expert:
            raise ValueError(
                f"n_expert_active must be at most n_expert {self.n_expert}, "
                f"got {self.n_expert_active}"
            )

    def params(self, *, non_embedding: bool = False, active: bool = False) -> int:
        """Exact number of parameters.

        non_embedding=True counts the layers' matrices alone, as Kaplan does (Eq. 2.1):
        12 n_layer d_model^2 for the standard shape. active=True counts the experts that one token
        meets. Reproduces Hoffmann's Table A9 within .67 % (relative positions, vocabulary 32,000).

        >>> chinchilla = Transformer(80, 8192, 32768, 64, 128, 32000, 2048, position="relative")
        >>> chinchilla.params() / 1e9  # "70B"
        70.1
        """
        n, d, w = self.n_layer, self.d_model, self.n_head * self.head_dim
        experts = self.n_expert_active if active else self.n_expert
        matrices = n * self._layer_matrices(experts)
        if self.position == "relative":
            matrices += n * d * w
        if non_embedding:
            return matrices
        embeddings = self.vocab * d * (1 if self.tied else 2)
        if self.position == "learned":
            embeddings += self.n_ctx * d
        norms = (2 * n + 1) * d  # two per layer, one after the last layer
        if not self.biases:
            return matrices + embeddings + norms
        attention_biases = w + 2 * self._kv_width + d + (w if self.position == "relative" else 0)
        expert_biases = self.d_ff * (2 if self.gated else 1) + d
        return matrices + embeddings + 2 * norms + n * (attention_biases + experts * expert_biases)

    def flops_per_token(
        self,
        *,
        training: bool = True,
        attention: Attention = "causal",
        head: bool = True,
        embedding: bool = False,
        softmax: bool = False,
    ) -> float:
        """FLOP per token at context n_ctx, backward pass (twice the forward one) included.

        Forward: 2 per weight of the layers' active matrices, plus attention: "causal" counts the
        average 2 n_layer n_ctx w of a causal mask (Kaplan, Eq. 2.2), "full" the 4 n_layer n_ctx w
        of Hoffmann's App. F, PaLM's MFU and DeepSeek's M. head and embedding add 2 d_model vocab
        each, softmax 3 n_layer n_head n_ctx (App. F). training=False is the forward pass alone.
        Full attention with softmax gives Hoffmann's Table A4, all six rows, without head and
        embedding; App. F lists both as counted, which would give 1.58 to 1.03.

        >>> small = Transformer(8, 512, 2048, 8, 64, vocab=102400, n_ctx=4096)
        >>> M = small.flops_per_token(attention="full", head=False)  # DeepSeek's unit
        >>> 6 * small.params(non_embedding=True) / M  # their Table 3 prints 0.43
        0.429
        """
        _check_choice("attention", attention, get_args(Attention))
        per_position = 2 if attention == "causal" else 4
        forward = 2 * self.n_layer * self._layer_matrices(self.n_expert_active)
        forward += per_position * self.n_layer * self.n_ctx * self.n_head * self.head_dim
        if head:
            forward += 2 * self.d_model * self.vocab
        if embedding:
            forward += 2 * self.d_model * self.vocab
        if softmax:
            forward += 3 * self.n_layer * self.n_head * self.n_ctx
        return float(3 * forward if training else forward)

    def kv_cache(self, tokens: Numbers, bytes_per_value: Numbers = 2.0) -> Floats:
        """Bytes of keys and values kept for `tokens` tokens: 2 n_layer n_kv_head head_dim each.

        tokens >= 0, summed over all sequences in flight; bytes_per_value > 0, default 2 (BF16,
        assumed); they broadcast.

        >>> gpt3 = Transformer(96, 12288, 49152, 96, 128, vocab=50257, n_ctx=2048)
        >>> gpt3.kv_cache(2048) / 1e9  # one full sequence, in 10^9 bytes
        9.66
        """
        values = 2.0 * self.n_layer * self._kv_width
        kept = check("tokens", tokens, "nonnegative")
        size = check("bytes_per_value", bytes_per_value)
        return _product(tokens=kept, bytes_per_value=size, factor=values)

    @property
    def _kv_width(self) -> int:
        return (self.n_kv_head or self.n_head) * self.head_dim

    def _layer_matrices(self, experts: int) -> int:
        """Weights of one layer that every token is multiplied with, if it meets `experts`."""
        d, w = self.d_model, self.n_head * self.head_dim
        attention = 2 * d * w + 2 * d * self._kv_width
        feed_forward = (3 if self.gated else 2) * d * self.d_ff
        router = d * self.n_expert if self.n_expert > 1 else 0
        # relative positions are projected once per sequence, not per token: App. F leaves them out
        return attention + experts * feed_forward + router


def _product(factor: float = 1.0, **arrays: Array) -> Floats:
    first, second = broadcast(**arrays)
    with np.errstate(over="ignore"):  # beyond float64: inf
        return result(factor * first * second)


def _batches(batch_tokens: Numbers, critical_tokens: Numbers) -> tuple[Array, ...]:
    batch = check("batch_tokens", batch_tokens, "positive or inf")
    critical = check("critical_tokens", critical_tokens)
    return broadcast(batch_tokens=batch, critical_tokens=critical)


def _check_choice(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} must be one of {', '.join(allowed)}, got {value!r}")
