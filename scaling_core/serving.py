"""What a served token costs: the roofline of decoding, by batch size and memory bandwidth.

One step writes one token of every sequence in the batch. It streams the weights once for all of
them, and each sequence's keys and values once:

    step = max(2 N B / FLOP/s, weight bytes / bandwidth) + B cache bytes / bandwidth

Weights stream while the arithmetic runs; the cache does not, for attention does next to no
arithmetic per byte. Austin et al. 2025, How to Scale Your Model, chapter Inference,
https://jax-ml.github.io/scaling-book/inference .
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from scaling_core._batch import BatchedLaw
from scaling_core._check import Array, Domain, Floats, Numbers, broadcast, check, result
from scaling_core._surface import quiet
from scaling_core.compute import inference_flops, weight_memory
from scaling_core.cost import HOUR, refuse


@dataclass(frozen=True, eq=False)
class Server(BatchedLaw):
    """One copy of a model on some GPUs: time and dollars per token as functions of the batch.

    N          # parameters held in memory, those of every expert too
    peak       # dense FLOP/s of one GPU at the precision of the arithmetic
    bandwidth  # bytes/s between one GPU and its memory
    gpus       # that share every layer (tensor parallel), >= 1
    kv_bytes   # cache of one sequence in bytes (`Transformer.kv_cache`); 0 leaves it out
    N_active   # parameters that one token meets; None: all N
    bytes_per_parameter   # default 2 (BF16, assumed in 2026); less for quantised weights
    compute_efficiency    # shares of peak and bandwidth that are reached, in (0, 1]; the default
    bandwidth_efficiency  # 1 is the roof itself: the answers are then bounds, not forecasts

    g GPUs count as g times the FLOP/s and the bandwidth: communication is left out, and so are
    the FLOP of attention. A mixture's weights are read as if no two tokens of a batch shared an
    expert, min(N, B N_active). A growing context counts by its mean, prompt + answer/2 tokens.
    All may be arrays of shapes that broadcast; answers have the shape server.shape + batch.shape.
    A batch counts sequences, >= 1.

    >>> from scaling_core import hardware
    >>> h100 = hardware()["NVIDIA H100 SXM"]
    >>> server = Server(N=70e9, peak=h100.bf16, bandwidth=h100.bandwidth, gpus=2)
    >>> server.price_per_flop([1, 64], price_per_gpu_hour=2)  # training at 40 % MFU: 1.40e-18
    array([1.66e-16, 2.59e-18])
    """

    N: Floats
    peak: Floats
    bandwidth: Floats
    gpus: Floats = 1.0
    kv_bytes: Floats = 0.0
    N_active: Floats | None = None
    bytes_per_parameter: Floats = 2.0
    compute_efficiency: Floats = 1.0
    bandwidth_efficiency: Floats = 1.0

    _domains: ClassVar[Mapping[str, Domain]] = {
        "N": "positive",
        "peak": "positive",
        "bandwidth": "positive",
        "gpus": "at least 1",
        "kv_bytes": "nonnegative",
        "N_active": "positive",
        "bytes_per_parameter": "positive",
        "compute_efficiency": "in (0, 1]",
        "bandwidth_efficiency": "in (0, 1]",
    }

    def __post_init__(self) -> None:
        if self.N_active is None:
            object.__setattr__(self, "N_active", self.N)
        super().__post_init__()
        N, N_active = np.asarray(self.N), np.asarray(self.N_active)
        refuse("N_active", N_active, N_active > N, "at most N", N)

    @quiet
    def step_seconds(self, batch: Numbers) -> Floats:
        """Seconds of one decoding step: the time that each sequence waits for its next token.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)  # two H100, BF16
        >>> server.step_seconds([1, 64, 1024])
        array([0.0209, 0.0209, 0.0725])
        """
        batch = check("batch", batch, "at least 1")
        return result(batch * self._per_token(batch))

    @quiet
    def tokens_per_second(self, batch: Numbers) -> Floats:
        """Tokens that the whole server writes in a second, over all sequences of the batch.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> server.tokens_per_second([1, 64])
        array([  47.9, 3062.9])
        """
        return result(1 / self._per_token(check("batch", batch, "at least 1")))

    @quiet
    def utilisation(self, batch: Numbers) -> Floats:
        """Share of the peak FLOP/s that decoding uses: the MFU of serving.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> server.utilisation([1, 64, 1024])
        array([0.0034, 0.2168, 1.    ])
        """
        batch = check("batch", batch, "at least 1")
        compute, _, _ = self._seconds(batch)
        *_, efficiency, _ = self._spread(batch.ndim)
        return result(efficiency * compute / self._per_token(batch))

    @property
    @quiet
    def compute_bound_batch(self) -> Floats:
        """Batch from which the matrix products wait for arithmetic and no longer for weights.

        bytes_per_parameter/2 times FLOP/s over bytes/s, times N/N_active; 1 where a sequence
        alone waits for arithmetic. Beyond it a larger batch makes every user wait longer and no
        token cheaper.

        >>> Server(N=70e9, peak=[989e12, 197e12], bandwidth=[3.35e12, 0.82e12]).compute_bound_batch
        array([295.22 , 240.24])
        """
        compute, weights, _ = self._seconds(np.asarray(1.0))
        N, *_ = self._spread(0)
        share = N / np.asarray(self.N_active)
        return result(np.where(weights > compute, weights / compute * share, 1.0))

    @quiet
    def max_batch(self, memory: Numbers) -> Floats:
        """Most sequences whose caches fit beside the weights; 0 if none, inf without a cache.

        memory in bytes of one GPU, > 0, all of it for weights and caches. Take kv_bytes at the
        longest context here.

        >>> server = Server(N=70e9, peak=197e12, bandwidth=0.82e12, gpus=16, kv_bytes=2.684e9)
        >>> server.max_batch([8e9, 16e9])  # 70B in BF16 on 16 TPU v5e, 8,192 tokens each
        array([ 0., 43.])
        """
        memory = check("memory", memory)
        N, _, _, gpus, kv_bytes, _, size, _, _ = self._spread(memory.ndim)
        free = gpus * memory - weight_memory(N, size)
        return result(np.where(free > 0, np.floor(free / kv_bytes), 0.0))

    @quiet
    def decode_price(self, batch: Numbers, price_per_gpu_hour: Numbers) -> Floats:
        """Dollars per written token; price_per_gpu_hour in dollars, >= 0, broadcasts with batch.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> 1e6 * server.decode_price([1, 64], price_per_gpu_hour=2)  # a million tokens
        array([23.2 , 0.363])
        """
        batch = check("batch", batch, "at least 1")
        rent, batch = self._rent(price_per_gpu_hour, batch=batch)
        return result(rent * self._per_token(batch))

    @quiet
    def prefill_seconds(self, prompt: Numbers) -> Floats:
        """Seconds until prompts are read: all their tokens pass through the weights at once.

        prompt: tokens read in one pass, >= 1, over all sequences of that pass.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> server.prefill_seconds([100, 8192])  # the first waits for the weights
        array([0.0209, 0.58  ])
        """
        prompt = check("prompt", prompt, "at least 1")
        compute, weights, _ = self._seconds(prompt)
        return result(prompt * np.maximum(compute, weights))

    @quiet
    def prefill_price(self, prompt: Numbers, price_per_gpu_hour: Numbers) -> Floats:
        """Dollars per token read, of prompts of so many tokens (>= 1) in one pass.

        price_per_gpu_hour in dollars, >= 0; broadcasts with prompt.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> 1e6 * server.prefill_price(8192, price_per_gpu_hour=2)  # writing it, at batch 1: $23.2
        0.0786
        """
        prompt = check("prompt", prompt, "at least 1")
        rent, prompt = self._rent(price_per_gpu_hour, prompt=prompt)
        compute, weights, _ = self._seconds(prompt)
        return result(rent * np.maximum(compute, weights))

    @quiet
    def price_per_flop(self, batch: Numbers, price_per_gpu_hour: Numbers) -> Floats:
        """Dollars per FLOP of decoding, at 2 N_active per written token.

        price_per_gpu_hour in dollars, >= 0; broadcasts with batch. `Deployment.cost` takes it.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> server.price_per_flop(1, 2) / server.price_per_flop(64, 2)  # one reading of the weights
        64.0
        """
        price = np.asarray(self.decode_price(batch, price_per_gpu_hour))
        _, _, _, _, _, N_active, *_ = self._spread(price.ndim - len(self.shape))
        return result(price / inference_flops(N_active, 1))

    @quiet
    def price_ratio(
        self, batch: Numbers, training_mfu: Numbers, prompt_share: Numbers = 0.0
    ) -> Floats:
        """Dollars per served FLOP over dollars per training FLOP, on the same GPUs at one price.

        The price cancels: what is left is training_mfu, in (0, 1], over the utilisation of
        serving. prompt_share in [0, 1] is the share of tokens that are read, in prompts longer
        than `compute_bound_batch`, hence at compute_efficiency; its default 0 is all decoding.
        The three broadcast. For other GPUs or prices divide this class's `price_per_flop` by
        the function of that name.

        >>> server = Server(N=70e9, peak=989e12, bandwidth=3.35e12, gpus=2)
        >>> server.price_ratio([1, 64, 1024], training_mfu=0.4)
        array([118.09,   1.85,   0.4  ])
        """
        batch, mfu, read = broadcast(
            batch=check("batch", batch, "at least 1"),
            training_mfu=check("training_mfu", training_mfu, "in (0, 1]"),
            prompt_share=check("prompt_share", prompt_share, "in [0, 1]"),
        )
        *_, efficiency, _ = self._spread(batch.ndim)
        return result(mfu * ((1 - read) / self.utilisation(batch) + read / efficiency))

    def _per_token(self, batch: Array) -> Array:
        compute, weights, cache = self._seconds(batch)
        return np.maximum(compute, weights) + cache

    def _seconds(self, batch: Array) -> tuple[Array, Array, Array]:
        """Per token of a pass: its arithmetic, its share of the weights' reading, its cache."""
        N, peak, bandwidth, gpus, kv_bytes, N_active, size, busy, streamed = self._spread(
            batch.ndim
        )
        stream = gpus * bandwidth * streamed
        compute = inference_flops(N_active, 1) / (gpus * peak * busy)
        weights = weight_memory(np.minimum(N / batch, N_active), size) / stream
        return compute, weights, kv_bytes / stream

    def _rent(self, price_per_gpu_hour: Numbers, **tokens: Array) -> tuple[Array, Array]:
        """Dollars per second for all GPUs, and the tokens stretched to the same shape."""
        price = check("price_per_gpu_hour", price_per_gpu_hour, "nonnegative")
        batch, price = broadcast(**tokens, price_per_gpu_hour=price)
        _, _, _, gpus, *_ = self._spread(price.ndim)
        return gpus * price / HOUR, batch
