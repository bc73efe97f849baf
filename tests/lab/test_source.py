"""The Shannon source: its table, its entropies and its streams, each computed in a second way."""

from itertools import pairwise

import numpy as np
import pytest

from lab.shared import hash_of, shannon
from scaling_core.lab import AdditionSource, ShannonSource, TextSource
from scaling_core.lab.source import BLOCK, BURN_IN, IDENTITY, raw32, source_of
from scaling_core.lab.text import COUNTS, CorpusError, identity

LADDER = [3.08999, 2.52953, 1.92586, 1.39124, 1.13561]  # nats, of the source of order 4


@pytest.fixture(scope="module")
def counts():
    """Keys of the shipped 5-grams, oldest symbol first in base 32, and their counts."""
    with np.load(COUNTS) as archive:
        return np.cumsum(archive["steps"], dtype=np.int64), archive["counts"].astype(np.int64)


def naive_row(counts, context, k, tau=4):
    """Smoothed probabilities after one context, straight from the definition."""
    keys, times = counts
    row = np.full(32, 1 / 32)
    for j in range(k + 1):
        here = keys // 32 % 32**j == context % 32**j
        seen = np.bincount(keys[here] % 32, times[here], 32)
        row = (seen + tau * row) / (seen.sum() + tau)
    return row


def conditional(joint):
    """Entropy of the second index given the first, nats."""
    given = joint.sum(axis=1, keepdims=True)
    return -np.sum(joint * np.log(np.where(joint > 0, joint / given, 1)))


@pytest.mark.parametrize("k", [2, 3, 4])
def test_rows_are_those_of_the_definition_in_seen_and_unseen_contexts(counts, k):
    source = shannon(k)
    rng = np.random.default_rng(k)
    seen = rng.choice(source.starts[:, 0], 12)
    for context in [*seen, *rng.integers(32**k, size=12)]:
        np.testing.assert_allclose(
            source.rows(context), naive_row(counts, context, k), rtol=1e-12, atol=0
        )


@pytest.mark.parametrize("k", [2, 3, 4])
def test_rows_are_positive_and_sum_to_one(k):
    P = shannon(k).P
    assert P.min() > 0
    assert np.abs(P.sum(axis=1) - 1).max() < 1e-12
    assert P.shape[0] - 32 ** (k - 1) == len(shannon(k).starts)


def test_the_entropies_of_order_two_are_those_of_a_linear_system():
    """The stationary distribution as the solution of pi M = pi, not as a limit."""
    source = shannon(2)
    table = source.rows(np.arange(1024))
    M = np.zeros((1024, 1024))
    for context in range(1024):
        M[context, context % 32 * 32 : context % 32 * 32 + 32] = table[context]
    system = np.vstack([M.T - np.eye(1024), np.ones(1024)])[1:]  # one equation is the sum of others
    pi = np.linalg.solve(system, np.r_[np.zeros(1023), 1])
    assert np.abs(pi - source.stationary).sum() < 1e-6
    joint = pi[:, None] * table
    for j, rung in enumerate(source.ladder):
        assert rung == pytest.approx(conditional(joint.reshape(-1, 32**j, 32).sum(0)), abs=1e-6)
    assert source.ladder[2] == source.E


@pytest.mark.parametrize("k", [3, 4])
def test_the_stationary_distribution_stays_and_gives_the_ladder(k):
    source = shannon(k)
    pi, short = source.stationary, 32 ** (k - 1)
    assert pi.sum() == pytest.approx(1, abs=1e-12)
    assert pi.min() > 0
    suffix = np.arange(32**k) % short
    moved, entropy = np.empty((short, 32)), 0.0
    for symbol in range(32):
        p = source.P[source.row_of, symbol]
        moved[:, symbol] = np.bincount(suffix, pi * p, short)
        entropy -= pi @ (p * np.log(p))
    assert np.abs(moved.ravel() - pi).sum() < 1e-6
    rungs = [conditional(moved.reshape(-1, 32**j, 32).sum(0)) for j in range(k)]
    assert source.ladder == pytest.approx([*rungs, entropy], abs=1e-6)


def test_the_entropy_is_the_one_that_the_book_prints():
    assert shannon().ladder == pytest.approx(LADDER, abs=1e-5)
    assert shannon().ladder[4] == shannon().E
    for k in (2, 3, 4):
        rungs = shannon(k).ladder
        assert len(rungs) == k + 1
        assert np.log(32) > rungs[0]
        assert all(higher > lower for higher, lower in pairwise(rungs))


def test_sampled_symbols_have_the_computed_entropy():
    source = shannon()
    symbols = source.sample(BLOCK, 33, 9, 9)
    windows = np.lib.stride_tricks.sliding_window_view(symbols[:, :-1], 4, axis=1)
    p = np.take_along_axis(
        source.rows(windows.astype(np.int64) @ 32 ** np.arange(3, -1, -1)),
        symbols[:, 4:, None].astype(np.int64),
        -1,
    )
    by_sequence = -np.log(p[..., 0]).mean(axis=1)
    error = by_sequence.std(ddof=1) / BLOCK**0.5
    assert error < 0.004
    assert abs(by_sequence.mean() - source.E) < 4 * error


@pytest.mark.parametrize("k", [2, 4])
def test_a_sequence_is_the_inverse_of_the_cumulative_row_at_each_draw(k):
    source, number, length = shannon(k), 5, 20
    draws = raw32((BURN_IN + length + 1) * BLOCK, 3, 1, 0).reshape(-1, BLOCK)[:, number]
    reached = np.cumsum(source.starts[:, 1]) / source.starts[:, 1].sum()
    context = int(source.starts[np.flatnonzero(reached > draws[0] / 2**32)[0], 0])
    expected = []
    for draw in draws[1:]:
        cumulative = np.cumsum(source.rows(context))
        symbol = int(np.flatnonzero(cumulative > draw / 2**32)[0]) if draw < 2**32 - 1 else 31
        context = (context * 32 + symbol) % 32**k
        expected.append(symbol)
    assert source.sample(6, length, 3, 1)[number].tolist() == expected[BURN_IN:]


def test_a_longer_draw_begins_as_a_shorter_one():
    long = shannon(2).sample(2 * BLOCK + 3, 7, 1, 100)
    for n in (0, 1, BLOCK, BLOCK + 1):
        np.testing.assert_array_equal(shannon(2).sample(n, 7, 1, 100), long[:n])
    assert not np.array_equal(long[:100], long[BLOCK : BLOCK + 100])
    assert not np.array_equal(long[:100], shannon(2).sample(100, 7, 1, 101))
    assert not np.array_equal(long[:100], shannon(2).sample(100, 7, 2, 100))


def test_raw_numbers_are_the_halves_of_the_generator_lowest_first():
    assert raw32(3, 2, 100).tolist() == [129342617, 3107741027, 1633603940]
    assert hash_of(raw32(1001, 2, 100)) == "bcfc7f88fd55164a"
    assert np.array_equal(raw32(4, 2, 100)[:3], raw32(3, 2, 100))


@pytest.mark.parametrize(
    ("k", "thresholds", "data", "validation"),
    [
        (2, "6a129e8a3f85ce18", "db4d2d6ac28b2991", "76efad7d70c043a8"),
        (3, "c81fa7927e2a32be", "2d58466be894a95b", "6f7135b538f96ccf"),
        (4, "2632ac4247e20693", "45416845aa3158d9", "f84a6b190bbd3593"),
    ],
)
def test_a_seed_means_the_same_symbols_on_every_machine(k, thresholds, data, validation):
    source = shannon(k)
    assert hash_of(source.thresholds) == thresholds
    assert hash_of(source.sample(64, 33, 2, 100)) == data
    assert hash_of(source.sample(BLOCK, 33, 0)) == validation


def test_context_reads_the_last_symbols_in_base_32():
    symbols = np.array([[31, 1, 2, 3, 4], [0, 0, 0, 0, 5]], np.uint8)
    assert shannon(2).context(symbols).tolist() == [3 * 32 + 4, 5]
    assert shannon(4).context(symbols).tolist() == [((1 * 32 + 2) * 32 + 3) * 32 + 4, 5]


def test_the_counts_have_the_identity_of_the_constant(counts):
    keys, times = counts
    assert identity(keys.astype(np.uint32), times.astype(np.uint32)) == IDENTITY
    assert (len(keys), times.sum(), len(shannon().starts)) == (194_290, 5_381_615, 62_552)
    assert np.all(np.diff(keys) > 0)
    assert keys.max() < 32**5


@pytest.mark.parametrize("k", [1, 5, 4.5, "4", None])
def test_other_orders_are_refused(k):
    with pytest.raises(ValueError, match=r"k must be 2, 3 or 4.*got "):
        ShannonSource.load(k)


def damaged(change):
    data = bytearray(COUNTS.read_bytes())
    return bytes(change(data))


def flipped(place):
    def change(data):
        data[place] ^= 0xFF
        return data

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:1000],
        lambda data: b"",
        lambda data: b"not a zip file",
        flipped(0),
        flipped(100),  # in the compressed stream: deflate's own error
        flipped(-6),  # in the directory of the archive
        flipped(200_000),
    ],
)
def test_a_damaged_table_is_a_corpus_error(tmp_path, change):
    file = tmp_path / "counts.npz"
    file.write_bytes(damaged(change))
    with pytest.raises(CorpusError, match=r"counts\.npz.*install the package again"):
        ShannonSource.load(4, file)


def test_a_missing_table_an_array_and_another_archive_are_corpus_errors(tmp_path):
    with pytest.raises(CorpusError, match=r"no\.npz is missing: install"):
        ShannonSource.load(4, tmp_path / "no.npz")
    np.savez(tmp_path / "other.npz", steps=np.arange(3, dtype=np.uint32))
    np.save(tmp_path / "array.npy", np.arange(3))
    for name in ("other.npz", "array.npy"):
        with pytest.raises(CorpusError, match=rf"{name} is damaged.*install"):
            ShannonSource.load(4, tmp_path / name)


def test_an_altered_table_shows_both_hashes(tmp_path):
    with np.load(COUNTS) as archive:
        steps, times = archive["steps"], archive["counts"].copy()
    times[7] += 1
    np.savez_compressed(tmp_path / "altered.npz", steps=steps, counts=times)
    with pytest.raises(CorpusError, match=rf"sha256 [0-9a-f]{{64}}, expected {IDENTITY}"):
        ShannonSource.load(4, tmp_path / "altered.npz")


def test_another_packing_of_the_same_counts_is_the_same_source(tmp_path):
    with np.load(COUNTS) as archive:
        np.savez(tmp_path / "plain.npz", steps=archive["steps"], counts=archive["counts"])
    assert ShannonSource.load(2, tmp_path / "plain.npz").sha256 == IDENTITY


# --- Sums, and sources by name --------------------------------------------------------------------


def test_sums_are_right_and_written_with_the_lowest_digit_first():
    source = AdditionSource(digits=4)
    problems = source.sample(500, 15, 2, 100)
    assert hash_of(problems[:100]) != hash_of(problems[100:200])
    place = 10 ** np.arange(5)
    for problem in problems.astype(int):
        assert (problem[4], problem[9]) == (10, 11)
        assert problem[:4] @ place[:4] + problem[5:9] @ place[:4] == problem[10:] @ place
    assert hash_of(source.sample(100, 15, 2, 100)) == "cda1f34f91c50615"
    with pytest.raises(ValueError, match="length must be 15 for 4 digits, got 33"):
        source.sample(5, 33, 0)


def test_source_of_finds_sources_by_name_and_refuses_others(tmp_path):
    assert source_of("shannon", 2) is source_of("shannon", 2)
    assert source_of("shannon", 3).k == 3
    assert source_of("addition").V == 12
    with pytest.raises(ValueError, match="source must be shannon, addition, django-docs or text-"):
        source_of("wikipedia")
    with pytest.raises(CorpusError, match="django-docs needs its text: give --corpus"):
        source_of("django-docs")
    (tmp_path / "one.txt").write_text("a few words\n" * 20, "utf-8")
    own = TextSource.load(tmp_path).name
    assert source_of(own, 0, tmp_path).name == own
    with pytest.raises(CorpusError, match=f"is the text {own}, the run needs text-0123456789ab"):
        source_of("text-0123456789ab", 0, tmp_path)
    with pytest.raises(CorpusError, match=f"is the text {own}, the run needs django-docs"):
        source_of("django-docs", 0, tmp_path)
