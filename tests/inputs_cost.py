"""Bad-input table of training cost, lifetime cost and serving: see `inputs.Case`."""

from inputs import Case

from scaling_core import (
    Deployment,
    Server,
    TrainingRun,
    affordable_flops,
    break_even_tokens,
    budget_flops,
    implied_mfu,
    lifetime_cost,
    price_per_flop,
)

SIZE, TOKENS = 70_000_000_000, 1_400_000_000_000  # as int64, 6ND would wrap
PEAK, BANDWIDTH = 989 * 10**12, 3_350 * 10**9  # of an H100 in BF16; bytes/s
RUN = TrainingRun(SIZE, TOKENS, PEAK, 0.4, 64)
YEAR = Deployment(SIZE, 10**8, 500, 365)
SERVER = Server(SIZE, PEAK, BANDWIDTH, gpus=2, kv_bytes=10**9)


def listed(call, good, prefix="", **domains):
    """A case whose arguments are numbers or arrays, positive unless another domain is given."""
    kinds = {name: f"array {domains.get(name, 'positive')}" for name in good}
    return Case(prefix + call.__name__, call, good, kinds)


CASES = [
    listed(
        TrainingRun,
        {"N": SIZE, "D": TOKENS, "peak": PEAK, "mfu": 0.4, "gpus": 64},
        mfu="in (0, 1]",
        gpus="at least 1",
    ),
    listed(RUN.gpus_for, {"days": 30}, "TrainingRun."),
    listed(RUN.cost, {"price_per_gpu_hour": 2}, "TrainingRun.", price_per_gpu_hour="nonnegative"),
    listed(implied_mfu, {"N": SIZE, "D": TOKENS, "peak": PEAK, "gpu_hours": 10**6}),
    listed(
        budget_flops,
        {"gpus": 64, "days": 30, "peak": PEAK, "mfu": 0.4},
        gpus="at least 1",
        mfu="in (0, 1]",
    ),
    listed(
        price_per_flop,
        {"price_per_gpu_hour": 2, "peak": PEAK, "mfu": 0.4},
        price_per_gpu_hour="nonnegative",
        mfu="in (0, 1]",
    ),
    listed(
        affordable_flops,
        {"dollars": 10**6, "price_per_gpu_hour": 2, "peak": PEAK, "mfu": 0.4},
        price_per_gpu_hour="nonnegative",
        mfu="in (0, 1]",
    ),
    listed(
        Deployment,
        {"N": SIZE, "queries_per_day": 10**8, "tokens_per_query": 500, "days": 365},
        queries_per_day="nonnegative",
        tokens_per_query="nonnegative",
        days="nonnegative",
    ),
    listed(YEAR.cost, {"price_per_flop": 1e-18}, "Deployment.", price_per_flop="nonnegative"),
    listed(
        YEAR.cost_by_token, {"price_per_token": 1e-6}, "Deployment.", price_per_token="nonnegative"
    ),
    listed(
        lifetime_cost,
        {
            "N": SIZE,
            "D": TOKENS,
            "tokens": 10**13,
            "price_per_training_flop": 1e-18,
            "price_per_inference_flop": 1e-17,
        },
        D="positive or inf",
        tokens="nonnegative",
        price_per_training_flop="nonnegative",
        price_per_inference_flop="nonnegative",
    ),
    listed(
        break_even_tokens,
        {
            "N_small": SIZE // 2,
            "D_small": 4 * TOKENS,
            "N_large": SIZE,
            "D_large": TOKENS,
            "price_ratio": 2,
        },
        D_small="positive or inf",
        price_ratio="nonnegative",
    ),
    listed(
        Server,
        {
            "N": SIZE,
            "peak": PEAK,
            "bandwidth": BANDWIDTH,
            "gpus": 2,
            "kv_bytes": 10**9,
            "N_active": SIZE // 2,
            "bytes_per_parameter": 2,
            "compute_efficiency": 0.5,
            "bandwidth_efficiency": 0.75,
        },
        gpus="at least 1",
        kv_bytes="nonnegative",
        compute_efficiency="in (0, 1]",
        bandwidth_efficiency="in (0, 1]",
    ),
    *(
        listed(call, {"batch": 64}, "Server.", batch="at least 1")
        for call in (SERVER.step_seconds, SERVER.tokens_per_second, SERVER.utilisation)
    ),
    *(
        listed(
            call,
            {"batch": 64, "price_per_gpu_hour": 2},
            "Server.",
            batch="at least 1",
            price_per_gpu_hour="nonnegative",
        )
        for call in (SERVER.decode_price, SERVER.price_per_flop)
    ),
    listed(SERVER.prefill_seconds, {"prompt": 8192}, "Server.", prompt="at least 1"),
    listed(
        SERVER.prefill_price,
        {"prompt": 8192, "price_per_gpu_hour": 2},
        "Server.",
        prompt="at least 1",
        price_per_gpu_hour="nonnegative",
    ),
    listed(SERVER.max_batch, {"memory": 80 * 10**9}, "Server."),
    listed(
        SERVER.price_ratio,
        {"batch": 64, "training_mfu": 0.4, "prompt_share": 0.75},
        "Server.",
        batch="at least 1",
        training_mfu="in (0, 1]",
        prompt_share="in [0, 1]",
    ),
]
