"""Bad-input table of units, counting and the tables: see `inputs.Case`."""

from inputs import Case

from scaling_core import (
    Estimate,
    Provenance,
    Transformer,
    bits_per_byte,
    bits_to_nats,
    compute_factor,
    human,
    inference_flops,
    nats_to_bits,
    percent,
    perplexity,
    pf_days,
    step_factor,
    tex,
    training_flops,
    training_memory,
    usd,
    weight_memory,
)

SHAPE = {
    "n_layer": 12,
    "d_model": 768,
    "d_ff": 3072,
    "n_head": 12,
    "head_dim": 64,
    "vocab": 50257,
    "n_ctx": 1024,
}
SMALL = Transformer(**SHAPE)
SIZE, TOKENS = 70_000_000_000, 1_400_000_000_000  # as int64, 6ND would wrap
BATCHES = {"batch_tokens": 2**20, "critical_tokens": 2**21}
BATCH_DOMAINS = {"batch_tokens": "array positive or inf", "critical_tokens": "array positive"}


def written(function):
    """A formatter: text out, one number in."""
    return Case(
        function.__name__,
        function,
        {"x": 28_900_000_000, "digits": 3},
        {"x": "one real or inf", "digits": "count"},
    )


CASES = [
    Case(
        "training_flops",
        training_flops,
        {"N": SIZE, "D": TOKENS},
        dict.fromkeys("ND", "array positive"),
    ),
    Case(
        "inference_flops",
        inference_flops,
        {"N": SIZE, "tokens": TOKENS},
        {"N": "array positive", "tokens": "array nonnegative"},
    ),
    Case("pf_days", pf_days, {"C": 10**18}, {"C": "array positive"}),
    *(
        Case(
            function.__name__,
            function,
            {"N": SIZE, "bytes_per_parameter": 2},
            dict.fromkeys(["N", "bytes_per_parameter"], "array positive"),
        )
        for function in (weight_memory, training_memory)
    ),
    Case("step_factor", step_factor, BATCHES, BATCH_DOMAINS),
    Case("compute_factor", compute_factor, BATCHES, BATCH_DOMAINS),
    Case(
        "Transformer",
        Transformer,
        SHAPE | {"position": "none", "n_kv_head": 4, "n_expert": 8, "n_expert_active": 2},
        dict.fromkeys([*SHAPE, "n_kv_head", "n_expert", "n_expert_active"], "count")
        | {"position": "choice"},
    ),
    Case(
        "Transformer.flops_per_token",
        SMALL.flops_per_token,
        {"attention": "full"},
        {"attention": "choice"},
    ),
    Case(
        "Transformer.kv_cache",
        SMALL.kv_cache,
        {"tokens": 4096, "bytes_per_value": 2},
        {"tokens": "array nonnegative", "bytes_per_value": "array positive"},
    ),
    Case("nats_to_bits", nats_to_bits, {"nats": 2}, {"nats": "array real"}),
    Case("bits_to_nats", bits_to_nats, {"bits": 2}, {"bits": "array real"}),
    Case("perplexity", perplexity, {"loss": 2}, {"loss": "array nonnegative"}),
    Case(
        "bits_per_byte",
        bits_per_byte,
        {"nats": 2, "bytes_per_token": 4},
        {"nats": "array nonnegative", "bytes_per_token": "array positive"},
    ),
    *(written(function) for function in (human, tex, usd, percent)),
    Case(
        "Provenance",
        Provenance,
        {"source": "key", "where": "Table 1", "kind": "published", "grade": "F"},
        {"kind": "choice", "grade": "choice"},
    ),
    Case(
        "Estimate",
        Estimate,
        {
            "value": 2,
            "source": Provenance("key", "Table 1", "published", "F"),
            "low": 1,
            "high": 3,
        },
        dict.fromkeys(["value", "low", "high"], "one real"),
        skip=("no number",),  # None for low alone has its own message: test_published.py
    ),
]

# No numeric argument: words, dates, tables (test_units.py, test_registry.py).
NO_NUMBERS = {
    "Table",
    "Transformer.params",
    "all_constants",
    "datasets",
    "freshness",
    "hardware",
    "laws",
    "models",
    "parse",
    "prices",
    "table",
    "twelve_points",
    "utilisation",
}
