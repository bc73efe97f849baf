"""A decoder-only transformer with its gradient written out by hand, in numpy.

    h = embedding[x]
    per layer:  h += W_o attention(W_qkv norm(h));   h += W_2 relu(W_1 norm(h))^2
    logits = W_head norm(h)

norm is RMSNorm with a gain. Positions enter only through a learned bias per layer, head and
distance, added to the attention's scores. There are no other biases and the head is not tied.
The head starts at zero, so that the loss before training is ln V exactly.

All parameters lie in one flat vector with named views, their gradients in a second one.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Real = npt.NDArray[np.floating]
type Whole = npt.NDArray[np.integer]

EPS = 1e-6  # inside the root of RMSNorm


@dataclass(frozen=True)
class Shape:
    """Sizes of a model: vocabulary V, width d, layers L, context T; and what it counts.

    >>> from scaling_core.lab import Shape
    >>> small = Shape(V=32, d=16)
    >>> small.N, small.embedding, small.heads
    (6864, 512, 2)
    """

    V: int
    d: int
    L: int = 2
    T: int = 32

    def __post_init__(self) -> None:
        for name, least in (("V", 2), ("d", 2), ("L", 1), ("T", 2)):
            value = getattr(self, name)
            if type(value) is not int or value < least:
                raise ValueError(
                    f"{name} must be a whole number of at least {least}, got {value!r}"
                )
        if self.d % 2:
            raise ValueError(f"d must be even, for two heads, got {self.d}")

    @property
    def heads(self) -> int:
        """Heads of attention: the largest divisor of d up to d // 16, and at least two."""
        return max(h for h in range(1, max(2, self.d // 16) + 1) if self.d % h == 0)

    @property
    def body(self) -> int:
        """Parameters between embedding and head: L (12 d^2 + 2 d + heads T) + d."""
        return self.L * (12 * self.d**2 + 2 * self.d + self.heads * self.T) + self.d

    @property
    def head(self) -> int:
        """Parameters of the head: d V."""
        return self.d * self.V

    @property
    def embedding(self) -> int:
        """Parameters of the embedding, V d; reading a row of it costs no product."""
        return self.V * self.d

    @property
    def N(self) -> int:
        """Parameters that multiply: body and head. C = 6 N D uses this count."""
        return self.body + self.head

    @property
    def flop_per_token(self) -> int:
        """FLOP of training on one token, every product as executed: three forward passes.

        The products with all T positions are counted, because masked ones are computed too.
        """
        products = 12 * self.L * self.d**2 + self.V * self.d
        return 3 * (2 * products + 4 * self.L * self.T * self.d)


class LM:
    """The model: `loss`, `grad` and `logp` of token numbers x and targets y of shape (B, T).

    seed       # of the initial weights
    dtype      # float32; float64 for checks of the gradient
    rel_start  # "alibi": the bias of head h starts at -distance / 2**h, h = 1, 2, ...; or "zero"

    >>> from scaling_core.lab import LM, Shape
    >>> import numpy as np
    >>> x = np.arange(64).reshape(2, 32) % 32
    >>> model = LM(Shape(V=32, d=8), seed=1)
    >>> model.loss(x, x[:, ::-1])  # ln 32, before training
    3.465736
    """

    def __init__(
        self,
        shape: Shape,
        seed: int = 0,
        dtype: npt.DTypeLike = np.float32,
        rel_start: str = "alibi",
    ) -> None:
        if rel_start not in ("alibi", "zero"):
            raise ValueError(f"rel_start must be 'alibi' or 'zero', got {rel_start!r}")
        self.shape, self.dtype = shape, np.dtype(dtype)
        V, d, L, T, H = shape.V, shape.d, shape.L, shape.T, shape.heads
        self.sizes: dict[str, tuple[int, ...]] = {"embedding": (V, d)}
        for layer in range(L):
            self.sizes |= {
                f"norm1.{layer}": (d,),
                f"qkv.{layer}": (d, 3 * d),
                f"bias.{layer}": (H, T),
                f"out.{layer}": (d, d),
                f"norm2.{layer}": (d,),
                f"up.{layer}": (d, 4 * d),
                f"down.{layer}": (4 * d, d),
            }
        self.sizes |= {"norm": (d,), "head": (d, V)}
        self.flat = np.empty(sum(int(np.prod(size)) for size in self.sizes.values()), self.dtype)
        self.p = self.views(self.flat)
        draw = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, 1))))
        for name, view in self.p.items():
            kind = name.partition(".")[0]
            if kind in ("norm", "norm1", "norm2"):
                view[...] = 1
            elif kind == "head":
                view[...] = 0
            elif kind == "bias":
                slopes = 2.0 ** -np.arange(1, H + 1)
                view[...] = -slopes[:, None] * np.arange(T) if rel_start == "alibi" else 0
            else:
                sd = 0.5 if kind == "embedding" else view.shape[0] ** -0.5
                if kind in ("out", "down"):  # they write into the stream that all layers share
                    sd /= (2 * L) ** 0.5
                view[...] = sd * draw.standard_normal(view.shape)
        distance = np.arange(T)[:, None] - np.arange(T)
        self._past = distance >= 0
        self._distance = np.maximum(distance, 0)
        self._mask = np.where(self._past, 0, -np.inf).astype(self.dtype)

    def views(self, flat: Real) -> dict[str, Real]:
        """The named tensors of a flat vector of parameters or gradients; nothing is copied."""
        views, first = {}, 0
        for name, size in self.sizes.items():
            last = first + int(np.prod(size))
            views[name] = flat[first:last].reshape(size)
            first = last
        return views

    def logp(self, x: Whole) -> Real:
        """Log-probabilities of the next token at every position, shape (B, T, V)."""
        return self._forward(x, None)

    def loss(self, x: Whole, y: Whole, weight: Real | None = None) -> float:
        """Mean of -ln p(y), nats per token; `weight` (B, T) of 0 and 1 says which tokens count."""
        picked = np.take_along_axis(self._forward(x, None), y[..., None].astype(np.intp), -1)[
            ..., 0
        ]
        if weight is None:
            return -float(np.mean(picked, dtype=np.float64))
        return -float(np.sum(picked * weight, dtype=np.float64) / np.sum(weight))

    def grad(self, x: Whole, y: Whole, weight: Real | None = None) -> tuple[float, Real]:
        """The loss and its gradient, a flat vector in the order of `flat`."""
        kept: list[tuple[Real, ...]] = []
        logp = self._forward(x, kept)
        B, T = x.shape
        share = np.full((B, T), 1 / (B * T)) if weight is None else weight / np.sum(weight)
        hot = np.zeros((B * T, self.shape.V), self.dtype)
        hot[np.arange(B * T), y.ravel()] = 1
        loss = -float(np.sum(share.ravel() * logp.reshape(B * T, -1)[hot > 0], dtype=np.float64))

        flat = np.empty_like(self.flat)
        g, p = self.views(flat), self.p
        d_logits = (np.exp(logp).reshape(B * T, -1) - hot) * share.ravel()[:, None].astype(
            self.dtype
        )
        normed, unit, scale = kept.pop()
        g["head"][...] = normed.T @ d_logits
        dh = _norm_back(d_logits @ p["head"].T, unit, scale, p["norm"], g["norm"])
        for layer in reversed(range(self.shape.L)):
            normed, unit, scale, relu, squared = kept.pop()
            g[f"down.{layer}"][...] = squared.T @ dh
            d_up = dh @ p[f"down.{layer}"].T
            d_up *= 2 * relu
            g[f"up.{layer}"][...] = normed.T @ d_up
            back = d_up @ p[f"up.{layer}"].T
            dh = dh + _norm_back(back, unit, scale, p[f"norm2.{layer}"], g[f"norm2.{layer}"])
            dh = dh + self._attention_back(dh, layer, kept.pop(), g)
        first = np.zeros((B * T, self.shape.V), self.dtype)
        first[np.arange(B * T), x.ravel()] = 1
        g["embedding"][...] = first.T @ dh
        return loss, flat

    def _forward(self, x: Whole, kept: list[tuple[Real, ...]] | None) -> Real:
        """Log-probabilities; what the gradient needs is put into `kept`, if there is one."""
        p, (B, T), d, H = self.p, x.shape, self.shape.d, self.shape.heads
        if self.shape.T != T:
            raise ValueError(f"x must have {self.shape.T} columns, the context T, got {T}")
        h = p["embedding"][x].reshape(B * T, d)
        for layer in range(self.shape.L):
            normed, unit, scale = _norm(h, p[f"norm1.{layer}"])
            qkv = (normed @ p[f"qkv.{layer}"]).reshape(B, T, 3, H, d // H)
            q, k, v = np.ascontiguousarray(qkv.transpose(2, 0, 3, 1, 4))
            q *= (d // H) ** -0.5
            scores = q @ k.swapaxes(-1, -2)
            scores += p[f"bias.{layer}"][:, self._distance] + self._mask
            scores -= scores.max(-1, keepdims=True)
            weights = np.exp(scores, out=scores)
            weights /= weights.sum(-1, keepdims=True)
            mixed = (weights @ v).transpose(0, 2, 1, 3).reshape(B * T, d)
            if kept is not None:
                kept.append((normed, unit, scale, q, k, v, weights, mixed))
            h = h + mixed @ p[f"out.{layer}"]
            normed, unit, scale = _norm(h, p[f"norm2.{layer}"])
            relu = np.maximum(normed @ p[f"up.{layer}"], 0)
            squared = relu * relu
            if kept is not None:
                kept.append((normed, unit, scale, relu, squared))
            h = h + squared @ p[f"down.{layer}"]
        normed, unit, scale = _norm(h, p["norm"])
        if kept is not None:
            kept.append((normed, unit, scale))
        logits = normed @ p["head"]
        logits -= logits.max(-1, keepdims=True)
        logits -= np.log(np.exp(logits).sum(-1, keepdims=True))
        return logits.reshape(B, T, -1)

    def _attention_back(
        self, dh: Real, layer: int, kept: tuple[Real, ...], g: dict[str, Real]
    ) -> Real:
        """Gradient of the attention's input, given that of its output; fills in its tensors."""
        normed, unit, scale, q, k, v, weights, mixed = kept
        B, H, T, size = q.shape
        p, d = self.p, H * size
        g[f"out.{layer}"][...] = mixed.T @ dh
        back = dh @ p[f"out.{layer}"].T
        d_mixed = np.ascontiguousarray(back.reshape(B, T, H, size).transpose(0, 2, 1, 3))
        d_qkv = np.empty((B, T, 3, H, size), self.dtype)
        d_qkv[:, :, 2] = (weights.swapaxes(-1, -2) @ d_mixed).transpose(0, 2, 1, 3)
        d_scores = d_mixed @ v.swapaxes(-1, -2)
        d_scores -= np.einsum("bhij,bhij->bhi", d_scores, weights)[..., None]
        d_scores *= weights  # zero for the future, so that no distance is counted wrongly below
        by_head = d_scores.sum(0)
        for head in range(H):
            past = by_head[head][self._past]
            g[f"bias.{layer}"][head] = np.bincount(self._distance[self._past], past, T)
        d_qkv[:, :, 0] = (d_scores @ k).transpose(0, 2, 1, 3) * size**-0.5
        d_qkv[:, :, 1] = (d_scores.swapaxes(-1, -2) @ q).transpose(0, 2, 1, 3)
        d_flat = d_qkv.reshape(B * T, 3 * d)
        g[f"qkv.{layer}"][...] = normed.T @ d_flat
        back = d_flat @ p[f"qkv.{layer}"].T
        return _norm_back(back, unit, scale, p[f"norm1.{layer}"], g[f"norm1.{layer}"])


def _norm(h: Real, gain: Real) -> tuple[Real, Real, Real]:
    """H divided by its root mean square, times the gain; what was divided; one over the root."""
    scale = 1 / np.sqrt(np.einsum("ij,ij->i", h, h)[:, None] / h.shape[1] + h.dtype.type(EPS))
    unit = h * scale
    return unit * gain, unit, scale


def _norm_back(back: Real, unit: Real, scale: Real, gain: Real, d_gain: Real) -> Real:
    """Gradient of `_norm`'s input; fills in that of the gain."""
    d_gain[...] = np.einsum("ij,ij->j", back, unit)
    d_unit = back * gain
    inner = np.einsum("ij,ij->i", d_unit, unit)[:, None] / unit.shape[1]
    moved: Real = (d_unit - unit * inner) * scale
    return moved
