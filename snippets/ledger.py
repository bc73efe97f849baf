"""The page on sources: constants, their conditions and the published laws, as rows of tables."""

import re

from snippets.markdown_table import plain, table

# --8<-- [start:surfaces]
SURFACES = ["Set", ">$E$", ">$A$", r">$\alpha$", ">$B$", r">$\beta$", ">$a$"]
SURFACES += [">$N^*$", ">$D^*/N^*$"]

import scaling_core
from scaling_core import ChinchillaLaw, human


def surfaces(C=1e23):
    """One row per set of constants of L = E + A/N^alpha + B/D^beta."""
    for name, law in vars(scaling_core).items():
        if isinstance(law, ChinchillaLaw):
            numbers = (law.E, law.A, law.alpha, law.B, law.beta, law.a)
            best = law.optimum(C)
            shown = [f"{number:.4g}" for number in numbers]
            yield [f"`{name}`", *shown, human(best.N), f"{best.ratio:.1f}"]


# --8<-- [end:surfaces]

# --8<-- [start:constants]
from itertools import groupby
from operator import itemgetter

from scaling_core import all_constants, tex

UNITS = (  # the first pattern that fits set and name; a name without one is an error
    (r"GADRE_2024_ERRORS .*\.gamma", "per nat per token"),
    (r"GADRE_2024_ERRORS .*\.(k|eps)", "share of wrong answers"),
    (r"ZHAI_2022 .*\.a", "error rate times core-days to the $b$"),
    (r"ZHAI_2022 .*\.c", "error rate"),
    (r"ZHAI_2022 .*\.d", "TPUv3 core-days"),
    (r"KUMAR_2024 .*", "bits"),
    (r"HERNANDEZ_\S+ k", r"characters$^{1-\alpha}$ per parameter$^\beta$"),
    (r"PEARCE_2024 omega", "parameters$^{2/3}$"),
    (r"\S+ R_D_star", "epochs beyond the first"),
    (r"\S+ R_N_star", "multiples of $U_N$"),
    (r"\S+ learning_rate\.k", "learning rate at arguments of 1"),
    (r"\S+ batch_tokens\.k", "tokens at arguments of 1"),
    (r"\S+ overfit_k", "tokens at $N = 1$"),
    (r"\S+ N\.k", "parameters at 1 FLOP"),
    (r"\S+ D\.k", "tokens at 1 FLOP"),
    (r"\S+ M\.k", "FLOP per token at 1 FLOP"),
    (r"\S+ (E|crossing loss)", "nats per token"),
    (r"\S+ A", r"nats times parameters$^\alpha$"),
    (r"\S+ B", r"nats times tokens$^\beta$"),
    (r"\S+ (\w+\.)?(N_c|crossing N)", "parameters"),
    (r"\S+ N_e", "parameters at 1 PF-day"),
    (r"\S+ (\w+\.)?(D_c|crossing D)", "tokens"),
    (r"\S+ ([DB]_e|D at the .*, coefficient)", "tokens at 1 PF-day"),
    (r"\S+ B_star", "tokens at 1 nat"),
    (r"\S+ (C_c_\w+|crossing C|scale of .*)", "PF-days"),
    (r"\S+ (\w+\.)?S_c", "steps"),
    (r"\S+ S_e", "steps at 1 PF-day"),
    # exponents
    (r"\S+ (\w+\.)?(alpha|beta)(_\w+)?", "1"),
    (r"\S+ (.*\.)?([ab]|p|p_\w|overfit_p|exponents\.\w)(, .*)?", "1"),
    (r"HOFFMANN_2022_EXPONENTS .*\.[ab](\.low|\.high)?", "1"),
    (r"HENIGHAN_2020 (alpha_[NC]|exponent of N\*\(C\))\..*", "1"),
    (r"(CHERTI_2023|PORIAN_2024|SARTOR_2024) .*|\S+ .*, exponent", "1"),
)


def unit(name, field):
    """Unit of a constant; 1 for a bare number such as an exponent."""
    for form, its_unit in UNITS:
        if re.fullmatch(form, f"{name} {field}"):
            return its_unit
    raise KeyError(f"{name} {field} has no unit: add a pattern to UNITS")


def number(value):
    """A constant as its source prints it, to ten digits."""
    text = f"{value:.10g}"
    return tex(value, 10) if "e" in text else text


def shorter(text):
    """A text with its numbers cut to ten digits."""
    return re.sub(r"\d+\.\d{10,}", lambda found: number(float(found[0])), text)


def place(source):
    """Where numbers stand: the work, the table, equation or file; grade and kind."""
    where = f"[@{source.source}], {plain(source.where)}"
    if source.kind == "derived":
        where = plain(f"{source.source}; {source.where}")
    return f"{where.removesuffix('.')}. Grade {source.grade}, {source.kind}."


def conditions(source):
    """What the numbers hold for, and what they reproduce."""
    budgets = " to ".join(map(tex, source.range or ()))
    parts = {
        "$N$ counts": plain(source.counts),
        "Runs of": budgets and f"{budgets} FLOP",
        "Units": plain(shorter(source.units)),
        "Note": plain(source.note.removesuffix(".")),
        "Reproduces": plain(source.checked),
    }
    return " ".join(f"*{name}*: {text}." for name, text in parts.items() if text)


def constants():
    """A heading per set; under it each source with its numbers."""
    for name, rows in groupby(all_constants(), key=itemgetter(0)):
        yield f"### `{name}` {{#{name.lower().replace('_', '-')}}}"
        by_source = {}
        for _, field, value, source in rows:
            cells = [f"`{field}`", number(value), unit(name, field)]
            by_source.setdefault(source, []).append(cells)
        for source, cells in by_source.items():
            yield f"{place(source)}\n{conditions(source)}"
            yield table(["Number", ">Value", "Unit"], cells)


# --8<-- [end:constants]

# --8<-- [start:laws]
LAWS = ["Law and form", "Constants as printed", "Holds for; source (grade)"]

from scaling_core import laws


def law_rows():
    """One row per published law, in words."""
    for law in laws():
        held = (law.conventions, law.range, law.note, f"{law.source} ({law.grade})")
        told = [shorter(law.constants), "; ".join(filter(None, held))]
        yield [f"{law.name}<br>`{law.form}`", *map(plain, told)]


# --8<-- [end:laws]
