"""The page on models: what the registries hold, as rows of tables."""

from snippets.markdown_table import or_blank, plain

# --8<-- [start:dense]
DENSE = ["Model", ">Year", ">$N$", ">$D$", ">$D/N$", ">$6ND$ (FLOP)"]
DENSE += [">Loss (nats)", ">Waste", ">$N^*$"]

from scaling_core import BESIROGLU_2024, human, models, tex


def per_parameter(model):
    """Tokens per active parameter to three digits, four from 1,000 on."""
    ratio = model.tokens_per_parameter
    return f"{ratio:.3g}" if ratio < 999.5 else f"{float(f'{ratio:.4g}'):,.0f}"


def counted(model):
    """What was counted: tokens, tokens per parameter, 6ND."""
    return [human(model.tokens), per_parameter(model), tex(model.flops_6nd)]


def as_of(rows):
    """The day, or the first and the last day, to which rows of a registry belong."""
    days = sorted({str(row.as_of) for row in rows})
    return " to ".join(dict.fromkeys((days[0], days[-1])))


SIZES, TOKENS = (70e6, 16e9), (5e9, 500e9)  # runs of Hoffmann et al. 2022, abstract


def within_runs(model):
    """True if size, tokens and 6ND lie where the runs behind Besiroglu's law were."""
    budgets = BESIROGLU_2024.source.range  # FLOP, of the comparisons at fixed compute
    spans = (model.params_total, SIZES), (model.tokens, TOKENS), (model.flops_6nd, budgets)
    return all(low <= value <= high for value, (low, high) in spans)


def is_dense(model):
    """True if each token meets all parameters."""
    return model.params_active == model.params_total


def dense(law=BESIROGLU_2024):
    """One row per dense model that was trained from scratch on a known number of tokens."""
    for model in filter(is_dense, models(scaling_point=True)):
        N, D = model.params_total, model.tokens
        judged = [f"{law.loss(N, D):.3f}", f"{law.waste(N, D):.2f}"]
        best = human(law.optimum(model.flops_6nd).N)
        yield [model.name, str(model.year), human(N), *counted(model), *judged, best]


# --8<-- [end:dense]

# --8<-- [start:experts]
EXPERTS = ["Model", ">Year", ">Parameters", ">Active $N$", ">$D$", ">$D/N$", ">$6ND$ (FLOP)"]


def experts():
    """One row per scaling point with experts: a law of dense models says nothing about it."""
    for model in models(scaling_point=True):
        if not is_dense(model):
            sizes = [human(model.params_total), human(model.params_active)]
            yield [model.name, str(model.year), *sizes, *counted(model)]


# --8<-- [end:experts]

# --8<-- [start:left-out]
LEFT_OUT = ["Model", ">Year", ">Parameters", ">Active", ">Tokens", "Why it is left out"]


def left_out():
    """One row per model that is no scaling point, with the reason."""
    for model in models(scaling_point=False):
        known = (model.params_total, model.params_active, model.tokens)
        numbers = [or_blank(human, value) for value in known]
        yield [model.name, str(model.year), *numbers, plain(model.note)]


# --8<-- [end:left-out]

# --8<-- [start:records]
RECORDS = ["Model", "Makers", ">FLOP in print", ">GPU-hours", "Source (grade); notes"]


def told(row, *notes):
    """Source and grade of a row, then what else is to be said."""
    parts = (f"{row.source} ({row.grade})", *notes)
    return plain("; ".join(filter(None, parts)))


def records():
    """One row per model: who, what was reported, on what, where it stands."""
    for model in models():
        flops = or_blank(tex, model.flops_reported or model.flops_estimated)
        hours = or_blank(human, model.gpu_hours)
        note = model.note if model.scaling_point else ""
        yield [model.name, model.org, flops, hours, told(model, model.hardware, note)]


# --8<-- [end:records]

# --8<-- [start:data]
from scaling_core import datasets


def data_rows(kind):
    """One row per data set of a kind: corpus, stock or robot."""
    for row in datasets():
        if row.kind == kind:
            size = or_blank(human, row.size)
            ends = " to ".join(human(end) for end in (row.low, row.high) if end)
            between = {"stock": [ends], "robot": [row.unit], "corpus": []}[kind]
            yield [row.name, str(row.year), size, *between, told(row, row.note)]


# --8<-- [end:data]

# --8<-- [start:others]
from scaling_core import hardware, percent, prices, utilisation


def chip_rows():
    """One row per accelerator: dense peaks, memory, bandwidth."""
    for row in hardware():
        scaled = ((row.bf16, 1e12), (row.tf32, 1e12), (row.fp8, 1e12))
        scaled += ((row.memory, 1e9), (row.bandwidth, 1e12))
        numbers = [f"{value / size:,.4g}" if value else "" for value, size in scaled]
        yield [row.name, *numbers, row.grade, plain(row.note)]


def price_rows():
    """One row per price of a GPU-hour, quoted or assumed."""
    for row in prices():
        price = or_blank("{:.2f}".format, row.usd_per_hour)
        ends = " to ".join(f"{end:.2f}" for end in (row.low, row.high) if end)
        yield [row.name, price, ends, row.kind, str(row.as_of), told(row, row.note)]


def utilisation_rows():
    """One row per training run whose share of the peak was stated."""
    for row in utilisation():
        numbers = [percent(row.mfu), or_blank(percent, row.low)]
        yield [row.name, *numbers, row.hardware, told(row, row.note)]


# --8<-- [end:others]
