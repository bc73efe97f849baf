"""The roofline of decoding against published tables, other routes, limits and shapes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scaling_core import Transformer, hardware
from scaling_core.cost import price_per_flop
from scaling_core.serving import Server
from tests.strategies import params, powers_of_ten, steady

H100, V5E = hardware()["NVIDIA H100 SXM"], hardware()["Google TPU v5e"]
PAIR = Server(N=70e9, peak=H100.bf16, bandwidth=H100.bandwidth, gpus=2)
LLAMA3_70B = Transformer(
    n_layer=80,
    d_model=8192,
    d_ff=28672,
    n_head=64,
    head_dim=128,
    vocab=128256,
    n_ctx=8192,
    tied=False,
    biases=False,
    n_kv_head=8,
    gated=True,
)
batches = powers_of_ten(0, 5)
shares = st.floats(0.05, 1)
servers = st.builds(
    lambda N, peak, bandwidth, gpus, kv, active, size, busy, streamed: Server(
        N, peak, bandwidth, gpus, kv, N * active, size, busy, streamed
    ),
    params,
    powers_of_ten(12, 16),
    powers_of_ten(11, 13),
    st.floats(1, 64),
    st.one_of(st.just(0.0), powers_of_ten(5, 11)),
    st.one_of(st.just(1.0), shares),
    st.floats(0.5, 4),
    shares,
    shares,
)


# --- published ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kv_heads", "batch", "step_ms", "per_second"),
    [
        (40, 1, 4.98, 200.61),
        (40, 8, 12.13, 659.30),
        (40, 16, 20.30, 787.99),
        (40, 32, 36.65, 873.21),
        (40, 64, 69.33, 923.13),
        (40, 240, 249.09, 963.53),
        (8, 1, 4.17, 239.94),
        (8, 8, 5.60, 1429.19),
        (8, 64, 17.04, 3756.62),
        (8, 240, 52.99, 4529.34),
    ],
)
def test_llama_2_13b_on_eight_tpus_as_austin_et_al_print_it(kv_heads, batch, step_ms, per_second):
    shape = Transformer(40, 5120, 13824, 40, 128, vocab=32000, n_ctx=8192, n_kv_head=kv_heads)
    kv = shape.kv_cache(8192)
    assert kv / 1e9 == pytest.approx(6.7 * kv_heads / 40, rel=3e-3)
    server = Server(13e9, V5E.bf16, V5E.bandwidth, gpus=8, kv_bytes=kv)
    # they round the cache to 6.7, which is worth .2 %
    assert 1e3 * server.step_seconds(batch) == pytest.approx(step_ms, rel=2.5e-3)
    assert server.tokens_per_second(batch) == pytest.approx(per_second, rel=2.5e-3)


@pytest.mark.parametrize(("batch", "step"), [(4, 2.567e-3), (256, 21.05e-3)])
def test_30b_in_int8_on_sixteen_tpus(batch, step):
    """Austin et al. work it by hand and print 2.5 and 21 ms."""
    server = Server(30e9, 1.97e14, 8.1e11, 16, kv_bytes=100e3 * 8192, bytes_per_parameter=1)
    assert server.step_seconds(batch) == pytest.approx(step, rel=5e-4)


def test_compute_bound_from_240_sequences_on_a_tpu_v5e_and_120_with_weights_in_int8():
    assert Server(70e9, V5E.bf16, V5E.bandwidth).compute_bound_batch == pytest.approx(240, abs=0.5)
    int8 = Server(70e9, V5E.bf16, V5E.bandwidth, bytes_per_parameter=1)
    assert int8.compute_bound_batch == pytest.approx(120, abs=0.5)


def test_caches_of_llama_3_70b_on_sixteen_tpus():
    kv = LLAMA3_70B.kv_cache(8192)
    server = Server(70e9, V5E.bf16, V5E.bandwidth, gpus=16, kv_bytes=kv)
    assert server.max_batch(V5E.memory) == 43
    # a full memory is read once per step: 16e9 / .82e12 = 19.5 ms (they print 19)
    assert server.step_seconds(43) == pytest.approx(0.0195, abs=0.0002)


def test_70b_on_two_h100():
    """ER40: a price per FLOP is a question about the batch."""
    assert PAIR.step_seconds(1) == pytest.approx(20.9e-3, abs=0.05e-3)
    assert PAIR.price_per_flop(1, 2) == pytest.approx(1.66e-16, abs=0.005e-16)
    assert PAIR.price_per_flop(64, 2) == pytest.approx(2.59e-18, abs=0.005e-18)
    assert PAIR.price_ratio(1, 0.4) == pytest.approx(118, abs=0.5)
    assert PAIR.price_ratio(64, 0.4) == pytest.approx(1.66e-16 / 64 / 1.404e-18, rel=2e-3)
    assert 1e6 * PAIR.decode_price(1, 2) == pytest.approx(23.2, abs=0.05)
    assert 1e6 * PAIR.prefill_price(8192, 2) == pytest.approx(0.0786, abs=5e-5)


# --- other routes ---------------------------------------------------------------------------


@steady
@given(servers, batches, st.floats(0.1, 20))
def test_price_per_flop_is_that_of_training_at_the_utilisation_of_serving(server, batch, price):
    used = server.utilisation(batch)
    assert 0 < used <= server.compute_efficiency * (1 + 1e-15)
    by_mfu = price_per_flop(price, server.peak, min(used, 1))
    assert server.price_per_flop(batch, price) == pytest.approx(by_mfu, rel=1e-13)
    by_token = server.decode_price(batch, price) / (2 * server.N_active)
    assert server.price_per_flop(batch, price) == pytest.approx(by_token, rel=1e-14)


@steady
@given(servers, batches, shares, st.floats(0, 1))
def test_price_ratio_is_the_quotient_of_the_two_prices(server, batch, mfu, read):
    training = price_per_flop(3, server.peak, mfu)
    written = server.price_per_flop(batch, 3)
    prompt = 2 * server.compute_bound_batch
    prompted = server.prefill_price(prompt, 3) / (2 * server.N_active)
    blend = (1 - read) * written + read * prompted
    assert server.price_ratio(batch, mfu, read) == pytest.approx(blend / training, rel=1e-12)
    assert server.price_ratio(batch, mfu) == pytest.approx(written / training, rel=1e-12)


@steady
@given(servers, batches, st.floats(0.1, 20))
def test_a_second_costs_the_same_however_many_tokens_it_writes(server, batch, price):
    per_second = server.decode_price(batch, price) * server.tokens_per_second(batch)
    assert per_second == pytest.approx(server.gpus * price / 3600, rel=1e-14)
    read = server.prefill_price(batch, price) * batch / server.prefill_seconds(batch)
    assert read == pytest.approx(server.gpus * price / 3600, rel=1e-14)


@steady
@given(servers, batches)
def test_reading_a_prompt_is_a_step_without_caches(server, tokens):
    no_cache = replace(server, kv_bytes=0.0)
    assert server.prefill_seconds(tokens) == no_cache.step_seconds(tokens)
    cache = server.step_seconds(tokens) - no_cache.step_seconds(tokens)
    expected = (
        tokens * server.kv_bytes / (server.gpus * server.bandwidth * server.bandwidth_efficiency)
    )
    assert cache == pytest.approx(expected, rel=1e-9, abs=1e-12 * server.step_seconds(tokens))


# --- batches --------------------------------------------------------------------------------


@steady
@given(servers, batches, st.floats(1.001, 10))
def test_larger_batches_wait_longer_and_cost_less_per_token(server, batch, factor):
    small, large = batch, batch * factor
    assert server.step_seconds(large) >= server.step_seconds(small) * (1 - 1e-15)
    assert server.decode_price(large, 2) <= server.decode_price(small, 2) * (1 + 1e-14)
    assert server.tokens_per_second(large) >= server.tokens_per_second(small) * (1 - 1e-14)
    assert server.utilisation(large) >= server.utilisation(small) * (1 - 1e-14)


@steady
@given(servers, st.floats(1.01, 10))
def test_beyond_the_compute_bound_batch_no_token_gets_cheaper(server, factor):
    edge = server.compute_bound_batch
    assert edge >= 1
    there, beyond = server.decode_price([edge, edge * factor], 2)
    assert beyond == pytest.approx(there, rel=1e-12)
    before = max(1.0, edge / factor)
    no_cache = replace(server, kv_bytes=0.0)
    if before < edge and before > server.N / server.N_active:
        assert server.decode_price(before, 2) > there
        assert no_cache.utilisation(before) == pytest.approx(
            server.compute_efficiency * before / edge, rel=1e-12
        )
    assert no_cache.utilisation(edge) == pytest.approx(server.compute_efficiency, rel=1e-12)


def test_a_memory_bound_batch_shares_one_reading_of_the_weights():
    batch = np.array([1, 2, 64, 295])  # compute-bound from 295.2 on
    ratio = PAIR.price_per_flop(1, 2) / PAIR.price_per_flop(batch, 2)
    assert ratio == pytest.approx(batch, rel=1e-14)
    ratio = PAIR.price_per_flop(1, 2) / PAIR.price_per_flop(600, 2)
    assert ratio == pytest.approx(PAIR.compute_bound_batch, rel=1e-14)
    assert PAIR.compute_bound_batch == pytest.approx(H100.bf16 / H100.bandwidth, rel=1e-14)


def test_the_cache_sets_a_floor_that_no_batch_goes_below():
    server = replace(PAIR, kv_bytes=LLAMA3_70B.kv_cache(8192))
    # per token: 2N FLOP, and its own cache read
    floor = 2 * 70e9 / (2 * H100.bf16) + server.kv_bytes / (2 * H100.bandwidth)
    assert 1 / server.tokens_per_second(1e4) == pytest.approx(floor, rel=1e-12)
    assert server.utilisation(1e9) == pytest.approx(2 * 70e9 / (2 * H100.bf16) / floor, rel=1e-12)


def test_an_accelerator_with_fast_memory_is_compute_bound_at_batch_one():
    server = Server(7e9, peak=1e12, bandwidth=4e12)  # 2 bytes per 2 FLOP: balance at a quarter
    assert server.compute_bound_batch == 1
    assert server.utilisation(1) == 1
    assert Server(7e9, peak=1e12, bandwidth=1e12).compute_bound_batch == 1
    assert Server(7e9, peak=2e12, bandwidth=1e12).compute_bound_batch == 2
    assert Server(7e9, peak=1e12, bandwidth=1e12, N_active=1e9).compute_bound_batch == 1


def test_flop_of_attention_that_are_left_out_are_under_three_percent_of_the_step():
    causal, full = (
        LLAMA3_70B.flops_per_token(training=False, attention=a) for a in ("causal", "full")
    )
    attention = 2 * (full - causal) / (2 * H100.bf16)  # seconds, for one token at full context
    for batch in (1, 64, 1024):
        server = replace(PAIR, kv_bytes=LLAMA3_70B.kv_cache(LLAMA3_70B.n_ctx))
        assert 0 < batch * attention < 0.03 * server.step_seconds(batch)


# --- the fields -----------------------------------------------------------------------------


@steady
@given(servers, batches)
def test_g_gpus_are_g_times_as_fast_and_as_dear(server, batch):
    more = replace(server, gpus=3 * server.gpus)
    assert 3 * more.step_seconds(batch) == pytest.approx(server.step_seconds(batch), rel=1e-14)
    assert more.decode_price(batch, 2) == pytest.approx(server.decode_price(batch, 2), rel=1e-14)
    assert more.compute_bound_batch == pytest.approx(server.compute_bound_batch, rel=1e-14)


@steady
@given(servers, batches)
def test_an_efficiency_is_a_smaller_peak_or_bandwidth(server, batch):
    slower = replace(
        server,
        peak=server.peak * server.compute_efficiency,
        bandwidth=server.bandwidth * server.bandwidth_efficiency,
        compute_efficiency=1.0,
        bandwidth_efficiency=1.0,
    )
    assert slower.step_seconds(batch) == pytest.approx(server.step_seconds(batch), rel=1e-14)
    assert slower.compute_bound_batch == pytest.approx(server.compute_bound_batch, rel=1e-14)
    used = slower.utilisation(batch) * server.compute_efficiency
    assert server.utilisation(batch) == pytest.approx(used, rel=1e-14)


def test_defaults_are_bf16_on_one_gpu_at_the_roof_without_a_cache():
    server = Server(7e9, 1e14, 1e12)
    assert server == Server(7e9, 1e14, 1e12, 1, 0, 7e9, 2, 1, 1)
    assert server.step_seconds(1) == pytest.approx(14e9 / 1e12, rel=1e-15)
    assert eval(repr(server)) == server


def test_a_mixture_reads_what_its_tokens_meet():
    mixture = Server(671e9, H100.bf16, H100.bandwidth, gpus=16, N_active=37e9)
    small, whole = replace(mixture, N=37e9), replace(mixture, N_active=671e9)
    assert mixture.step_seconds(1) == small.step_seconds(1)  # alone: as fast as a dense 37B
    assert mixture.step_seconds(10) == pytest.approx(10 * mixture.step_seconds(1), rel=1e-14)
    assert mixture.step_seconds(100) == whole.step_seconds(100)  # all experts, once
    assert mixture.step_seconds(1e5) == small.step_seconds(1e5)  # arithmetic of the active ones
    assert mixture.compute_bound_batch == pytest.approx(
        small.compute_bound_batch * 671 / 37, rel=1e-14
    )
    assert mixture.decode_price(5e4, 2) / (2 * 37e9) == mixture.price_per_flop(5e4, 2)
    assert mixture.max_batch(80e9) == 0  # but all of them must be held: 1342 GB in 1280


def test_readings_of_a_mixture_bound_those_of_uniform_routing_from_above():
    experts, active, batch = 8, 2, np.arange(1, 60)
    met = 1 - (1 - active / experts) ** batch  # share of experts that some token needs
    server = Server(40e9, 1e20, 1e12, N_active=10e9)  # experts alone, arithmetic for nothing
    ratio = server.step_seconds(batch) / (met * 40e9 * 2 / 1e12)
    assert ratio.min() == pytest.approx(1, rel=1e-6)
    assert 1.4 < ratio.max() < 1 / (1 - 1 / np.e)


@pytest.mark.parametrize(
    ("memory", "kv_bytes", "fits", "why"),
    [
        (80e9, 1e9, 20, "160 - 140 GB"),
        (80e9, 0.3e9, 66, "a part of a sequence is none"),
        (80e9, 0, np.inf, "no cache, no limit"),
        (70e9, 1e9, 0, "the weights fill it"),
        (70e9, 0, 0, "the weights fill it"),
        (40e9, 1e9, 0, "the weights do not fit"),
        (80e9, 30e9, 0, "one sequence does not fit"),
    ],
)
def test_what_fits_beside_the_weights(memory, kv_bytes, fits, why):
    assert replace(PAIR, kv_bytes=kv_bytes).max_batch(memory) == fits, why


def test_half_a_byte_is_room():
    assert Server(N=1, peak=1, bandwidth=1, kv_bytes=0.125).max_batch(2.5) == 4


@steady
@given(servers, powers_of_ten(6, 13))
def test_the_largest_batch_fits_and_one_more_does_not(server, memory):
    most, weights = server.max_batch(memory), server.N * server.bytes_per_parameter
    if server.kv_bytes and most:
        held = weights + most * server.kv_bytes
        assert held <= server.gpus * memory * (1 + 1e-14)
        assert held + server.kv_bytes > server.gpus * memory * (1 - 1e-14)


def test_answers_beyond_float64_are_infinite_or_zero_without_a_warning():
    slow, tiny = Server(1e200, 1e-150, 1e-150), Server(1e-200, 1e200, 1e200)
    assert slow.step_seconds(1) == slow.prefill_seconds(1) == np.inf
    assert (
        slow.decode_price(1, 2) == slow.prefill_price(1, 2) == slow.price_per_flop(1, 2) == np.inf
    )
    assert slow.tokens_per_second(1) == 0
    assert tiny.tokens_per_second(1) == np.inf
    assert tiny.compute_bound_batch == 1
    assert PAIR.tokens_per_second(1e308) == pytest.approx(989e12 / 70e9, rel=1e-14)
    assert PAIR.decode_price(1e308, 2) == PAIR.decode_price(1e4, 2)
    large = Server(1e100, 1e50, 1e50, kv_bytes=1e100)
    assert large.step_seconds(1e300) == large.prefill_seconds(1e300) == np.inf
    assert large.decode_price(1, 1e300) == large.prefill_price(1, 1e300) == np.inf
    assert Server(1e-5, 1e-10, 1e-10).price_per_flop(1, 1e303) == np.inf
    assert Server(7e9, 1e300, 1e-10).price_ratio(1, 1) == np.inf
    with np.errstate(all="raise"):
        assert Server(7e9, 1e300, 1e-10).utilisation(1) < 1e-300
        assert Server(1e300, 1e300, 1e-10).compute_bound_batch == np.inf


# --- shapes and errors ----------------------------------------------------------------------


def test_servers_are_the_outer_axis_and_batches_the_inner_one():
    contexts = np.array([0, 8192, 131072])
    many = replace(
        PAIR, kv_bytes=LLAMA3_70B.kv_cache(contexts), N=[70e9, 70e9, 40e9], N_active=4e10
    )
    batch, price = np.array([[1, 64], [256, 1024]]), np.array([2, 3])
    calls = {
        "step_seconds": (batch,),
        "tokens_per_second": (batch,),
        "utilisation": (batch,),
        "decode_price": (batch, price),
        "price_per_flop": (batch, price),
        "prefill_seconds": (batch,),
        "prefill_price": (batch, price),
        "price_ratio": (batch, 0.4, np.array([0, 0.5])),
        "max_batch": (np.array([[80e9, 100e9], [90e9, 141e9]]),),
    }
    for name, arguments in calls.items():
        answer = getattr(many, name)(*arguments)
        assert answer.shape == (3, 2, 2), name
        for i, server in enumerate(many):
            np.testing.assert_array_equal(answer[i], getattr(server, name)(*arguments), name)
    assert many.compute_bound_batch.tolist() == [s.compute_bound_batch for s in many]
    assert many.compute_bound_batch.shape == (3,)
    assert many.decode_price(1, price).shape == (3, 2)
    assert type(PAIR.decode_price(1, 2)) is float


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"N": 0}, "^N must be positive, got 0.0"),
        ({"peak": -1}, "^peak must be positive, got -1.0"),
        ({"bandwidth": 0}, "^bandwidth must be positive, got 0.0"),
        ({"gpus": 0.5}, "^gpus must be at least 1, got 0.5"),
        ({"kv_bytes": -1}, "^kv_bytes must be nonnegative, got -1.0"),
        ({"N_active": 0}, "^N_active must be positive, got 0.0"),
        ({"N_active": 71e9}, r"^N_active must be at most N 70000000000\.0, got 71000000000\.0$"),
        ({"N_active": [7e9, 71e9]}, r"^N_active\[1\] must be at most N 7.*, got 71000000000\.0$"),
        ({"bytes_per_parameter": 0}, "^bytes_per_parameter must be positive, got 0.0"),
        ({"compute_efficiency": 1.1}, r"^compute_efficiency must be in \(0, 1\], got 1\.1"),
        ({"bandwidth_efficiency": 0}, r"^bandwidth_efficiency must be in \(0, 1\], got 0\.0"),
    ],
)
def test_impossible_servers_are_refused(fields, message):
    with pytest.raises(ValueError, match=message):
        replace(PAIR, **fields)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PAIR.step_seconds(0.5), "^batch must be at least 1, got 0.5"),
        (lambda: PAIR.tokens_per_second(0), "^batch must be at least 1, got 0.0"),
        (lambda: PAIR.utilisation([1, 0]), r"^batch\[1\] must be at least 1, got 0.0"),
        (lambda: PAIR.decode_price(0, 1), "^batch must be at least 1"),
        (lambda: PAIR.decode_price(1, -1), "^price_per_gpu_hour must be nonnegative, got -1.0"),
        (lambda: PAIR.price_per_flop(0, 1), "^batch must be at least 1"),
        (lambda: PAIR.prefill_seconds(0), "^prompt must be at least 1, got 0.0"),
        (lambda: PAIR.prefill_price(0, 1), "^prompt must be at least 1, got 0.0"),
        (lambda: PAIR.prefill_price(1, -1), "^price_per_gpu_hour must be nonnegative"),
        (lambda: PAIR.max_batch(0), "^memory must be positive, got 0.0"),
        (lambda: PAIR.price_ratio([1, 0], [[0.5], [1]]), r"^batch\[1\] must be at least 1"),
        (lambda: PAIR.price_ratio(1, 1.5), r"^training_mfu must be in \(0, 1\], got 1.5"),
        (lambda: PAIR.price_ratio(1, 1, -0.1), r"^prompt_share must be in \[0, 1\], got -0.1"),
        (
            lambda: PAIR.decode_price([1, 2], [1, 2, 3]),
            r"^batch and price_per_gpu_hour must broadcast: shapes \(2,\) and \(3,\)",
        ),
        (
            lambda: PAIR.prefill_price([1, 2], [1, 2, 3]),
            r"^prompt and price_per_gpu_hour must broadcast: shapes \(2,\) and \(3,\)",
        ),
        (
            lambda: PAIR.price_ratio([1, 2], [0.1, 0.2, 0.3]),
            "^batch, training_mfu and prompt_share must broadcast",
        ),
    ],
)
def test_impossible_arguments_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
