"""The hand-written gradient, the attention and the counts, each against a second computation."""

import math

import numpy as np
import pytest

from lab.shared import hash_of
from scaling_core.lab import LM, Shape

EACH = 6  # entries of every tensor that are checked
SHAPES = [
    Shape(V=32, d=8, T=9),
    Shape(V=12, d=6, L=1, T=5),
    Shape(V=7, d=48, L=1, T=6),  # three heads
    Shape(V=32, d=16, L=3, T=8),
]


def away_from_the_start(shape, seed=0, rel_start="alibi"):
    """A model in float64 whose head, gains and biases are not those of the start."""
    model = LM(shape, seed, np.float64, rel_start)
    model.flat += 0.3 * np.random.default_rng(seed).standard_normal(model.flat.size)
    return model


def batch(shape, rows=3, seed=0):
    return np.random.default_rng(seed).integers(shape.V, size=(2, rows, shape.T))


def half_weight(x):
    weight = (np.random.default_rng(1).random(x.shape) < 0.5).astype(float)
    weight[0, -1] = 1
    return weight


@pytest.mark.parametrize("weighted", [False, True], ids=["all tokens", "some tokens"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_gradient_is_that_of_central_differences(shape, weighted):
    model = away_from_the_start(shape)
    x, y = batch(shape)
    weight = half_weight(x) if weighted else None
    loss, gradient = model.grad(x, y, weight)
    assert loss == pytest.approx(model.loss(x, y, weight), rel=1e-12)
    rng, step, worst = np.random.default_rng(5), 1e-5, 0.0
    for name, g in model.views(gradient).items():
        values = model.p[name].reshape(-1)
        assert values.base is not None  # a view: a change of it changes the model
        entries = rng.choice(g.size, min(EACH, g.size), replace=False)
        if name == "embedding":  # rows of symbols that occur
            entries = x.ravel()[:EACH] * shape.d + entries % shape.d
        for i in entries:
            before = values[i]
            values[i] = before + step
            above = model.loss(x, y, weight)
            values[i] = before - step
            below = model.loss(x, y, weight)
            values[i] = before
            measured = (above - below) / (2 * step)
            size = max(abs(measured), abs(g.reshape(-1)[i]), 0.1 * np.abs(g).max())
            error = abs(measured - g.reshape(-1)[i]) / size
            worst = max(worst, error)
            assert error < 1e-6, (name, int(i))
    assert worst > 0  # it was measured


def test_the_gradient_names_every_tensor_once():
    model = LM(Shape(V=32, d=8))
    ends = [view.size for view in model.p.values()]
    assert sum(ends) == model.flat.size
    model.flat[...] = np.arange(model.flat.size)
    assert np.array_equal(np.concatenate([v.ravel() for v in model.p.values()]), model.flat)


@pytest.mark.parametrize("rel_start", ["alibi", "zero"])
@pytest.mark.parametrize("shape", [Shape(32, 4), Shape(32, 16), Shape(32, 48), Shape(12, 8, T=14)])
def test_the_loss_at_the_start_is_that_of_a_guess(shape, rel_start):
    x, y = batch(shape)
    assert LM(shape, 1, rel_start=rel_start).loss(x, y) == pytest.approx(
        math.log(shape.V), abs=1e-6
    )


def naive_logp(model, tokens):
    """Log-probabilities of one sequence, position by position and head by head."""
    p, shape = model.p, model.shape
    size = shape.d // shape.heads

    def norm(h, gain):
        return h / np.sqrt(np.mean(h**2) + 1e-6) * gain

    stream = [p["embedding"][token].copy() for token in tokens]
    for layer in range(shape.L):
        qkv = [norm(h, p[f"norm1.{layer}"]) @ p[f"qkv.{layer}"] for h in stream]
        q, k, v = (
            [row[i * shape.d : (i + 1) * shape.d].reshape(shape.heads, size) for row in qkv]
            for i in range(3)
        )
        for t, h in enumerate(stream):
            mixed = []
            for head in range(shape.heads):
                scores = [
                    q[t][head] @ k[s][head] / math.sqrt(size) + p[f"bias.{layer}"][head, t - s]
                    for s in range(t + 1)
                ]
                weights = np.exp(scores) / np.sum(np.exp(scores))
                mixed.append(sum(w * v[s][head] for s, w in enumerate(weights)))
            h += np.concatenate(mixed) @ p[f"out.{layer}"]
        for h in stream:
            up = norm(h, p[f"norm2.{layer}"]) @ p[f"up.{layer}"]
            h += np.where(up > 0, up, 0) ** 2 @ p[f"down.{layer}"]
    logits = [norm(h, p["norm"]) @ p["head"] for h in stream]
    return np.array([row - np.log(np.exp(row).sum()) for row in logits])


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_the_model_is_the_one_of_its_formulas(shape):
    model = away_from_the_start(shape, seed=2)
    x, y = batch(shape, seed=3)
    logp = model.logp(x)
    for tokens, row in zip(x, logp, strict=True):
        np.testing.assert_allclose(row, naive_logp(model, tokens), rtol=0, atol=1e-9)
    picked = np.take_along_axis(logp, y[..., None], -1)[..., 0]
    assert model.loss(x, y) == pytest.approx(-picked.mean(), rel=1e-12)
    weight = half_weight(x)
    assert model.loss(x, y, weight) == pytest.approx(-picked[weight > 0].mean(), rel=1e-12)


@pytest.mark.parametrize("changed", [0, 1, 17, 31])
def test_the_future_changes_nothing_to_the_last_bit(changed):
    shape = Shape(V=32, d=16)
    model = LM(shape, 3)
    model.flat += np.random.default_rng(3).standard_normal(model.flat.size).astype(np.float32) / 4
    x, _ = batch(shape, rows=16)
    other = x.copy()
    other[:, changed] = (x[:, changed] + 1) % 32
    before, after = model.logp(x), model.logp(other)
    assert np.array_equal(before[:, :changed], after[:, :changed])
    assert np.all(np.any(before[:, changed:] != after[:, changed:], axis=-1))


def test_the_biases_start_as_slopes_that_halve_from_head_to_head():
    bias = LM(Shape(V=32, d=48)).p["bias.1"]
    np.testing.assert_array_equal(bias, [-(2.0**-h) * np.arange(32) for h in (1, 2, 3)])
    assert not LM(Shape(V=32, d=48), rel_start="zero").p["bias.0"].any()


def test_the_weights_start_with_the_stated_deviations():
    p = LM(Shape(V=32, d=128), seed=5).p
    for name, sd in {
        "embedding": 0.5,
        "qkv.0": 128**-0.5,
        "up.1": 128**-0.5,
        "out.0": 128**-0.5 / 2,
        "down.1": 512**-0.5 / 2,
    }.items():
        assert p[name].std() == pytest.approx(sd, rel=5 / p[name].size ** 0.5)
    assert not p["head"].any()
    assert all((p[name] == 1).all() for name in ("norm", "norm1.0", "norm2.1"))


@pytest.mark.parametrize(
    ("d", "expected"),
    [(4, "9169949165682871"), (16, "b74e8602475c675d"), (32, "9c6722d25a2cc77d")],
)
def test_a_seed_means_the_same_weights(d, expected):
    assert hash_of(LM(Shape(V=32, d=d), seed=100).flat) == expected, (
        "either the model starts differently, or numpy's stream of normal numbers has changed"
    )


@pytest.mark.parametrize(
    ("d", "N"),
    [
        (4, 660), (6, 1_214), (8, 1_960), (12, 4_028), (16, 6_864), (24, 14_840), (32, 25_888),
        (48, 57_264), (64, 100_928), (96, 225_120), (128, 398_464),
    ],
)  # fmt: skip
def test_counts_are_the_sizes_of_the_arrays(d, N):
    shape = Shape(V=32, d=d)
    sizes = {name: view.size for name, view in LM(shape).p.items()}
    assert shape.embedding == sizes.pop("embedding")
    assert shape.head == sizes.pop("head")
    assert shape.body == sum(sizes.values())
    assert N == shape.N == shape.body + shape.head


def test_flop_are_those_of_the_products_that_the_model_executes():
    """For d = 16, two heads of 8, 32 positions, 32 symbols: products per token by hand."""
    qkv, scores, mix, out = 16 * 48, 2 * 8 * 32, 2 * 32 * 8, 16 * 16
    up, down, head = 16 * 64, 64 * 16, 16 * 32
    forward = 2 * (2 * (qkv + scores + mix + out + up + down) + head)
    assert Shape(V=32, d=16).flop_per_token == 3 * forward == 52_224


@pytest.mark.parametrize(
    ("d", "heads"), [(2, 2), (4, 2), (24, 2), (32, 2), (40, 2), (48, 3), (56, 2), (64, 4), (128, 8)]
)
def test_heads_divide_the_width(d, heads):
    assert Shape(V=32, d=d).heads == heads
    assert d % heads == 0


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"V": 1}, "V must be a whole number of at least 2, got 1"),
        ({"d": 0}, "d must be a whole number of at least 2, got 0"),
        ({"d": 8.0}, "d must be a whole number of at least 2, got 8.0"),
        ({"d": 9}, "d must be even, for two heads, got 9"),
        ({"L": 0}, "L must be a whole number of at least 1, got 0"),
        ({"T": 1}, "T must be a whole number of at least 2, got 1"),
        ({"T": True}, "T must be a whole number of at least 2, got True"),
    ],
)
def test_impossible_shapes_are_refused(sizes, message):
    with pytest.raises(ValueError, match=message):
        Shape(**{"V": 32, "d": 8} | sizes)


def test_a_model_refuses_other_contexts_and_starts():
    model = LM(Shape(V=32, d=8, T=6))
    with pytest.raises(ValueError, match="x must have 6 columns, the context T, got 7"):
        model.logp(np.zeros((2, 7), int))
    with pytest.raises(ValueError, match="rel_start must be 'alibi' or 'zero', got 'rope'"):
        LM(Shape(V=32, d=8), rel_start="rope")
