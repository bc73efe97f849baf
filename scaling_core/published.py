"""Named constant sets, each with its `Provenance`: the laws of loss and the rule of 20.

`published_rules` holds rules for allocation, learning rate, batch and transfer,
`published_estimates` and `published_modalities` exponents and other single numbers;
`all_constants` walks all four.
"""

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass

from scaling_core import published_estimates, published_modalities, published_rules
from scaling_core.chinchilla import ChinchillaLaw
from scaling_core.kaplan import KaplanLaw
from scaling_core.kaplan_joint import KaplanJointLaw, KaplanStepLaw
from scaling_core.provenance import Provenance

_HOFFMANN_RANGE = (6e18, 3e21)  # FLOP, the nine IsoFLOP budgets of Fig. 3

HOFFMANN_2022_PRINTED = ChinchillaLaw(
    E=1.69,
    A=406.4,
    B=410.7,
    alpha=0.34,
    beta=0.28,
    source=Provenance(
        source="hoffmann2022training",
        where="Eq. 10",
        kind="published",
        grade="F",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="Exponents rounded to two digits: not for allocation, where it moves N* by a fifth "
        "to a third. Runs of 70M to over 16B parameters on 5B to 500B tokens.",
    ),
)

HOFFMANN_2022 = ChinchillaLaw.from_logs(
    a=6.0073404,
    b=6.0179186,
    e=0.5267228,
    alpha=0.33917084,
    beta=0.2849083,
    source=Provenance(
        source="hoffmann2022training",
        where="TeX source of Eq. 10 (logarithms), as quoted in the notebook of Besiroglu et al.",
        kind="published",
        grade="P",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="The fit of Eq. 10 before rounding.",
        checked="40B parameters at 5.76e23 FLOP (Fig. 4)",
    ),
)

BESIROGLU_2024 = ChinchillaLaw(
    E=1.8172,
    A=482.01,
    B=2085.43,
    alpha=0.3478,
    beta=0.3658,
    source=Provenance(
        source="besiroglu2024chinchilla",
        where="Eq. 3, and the authors' notebook",
        kind="published",
        grade="P",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="Refit of 240 points digitised from Hoffmann's Fig. 4. A, B, alpha, beta are the "
        "least-absolute-deviation solution, E is that of the Huber fit with delta = 1e-3.",
        checked="a = 0.5126; about 20 tokens per parameter at the budget of Gopher",
    ),
)

BESIROGLU_2024_UNROUNDED = ChinchillaLaw.from_logs(
    a=6.17795598,
    b=7.64273236,
    e=0.59711196,
    alpha=0.34781303,
    beta=0.36585412,
    source=Provenance(
        source="besiroglu2024chinchilla",
        where="authors' notebook, point estimate (logarithms of A, B, E)",
        kind="published",
        grade="P",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="Their noise scale is fitted too, which shrinks delta to about 5e-9: this is the "
        "least-absolute-deviation solution.",
        checked="A = 482.01 and B = 2085.43 of Eq. 3",
    ),
)

BESIROGLU_2024_HUBER = ChinchillaLaw.from_logs(
    a=6.16924637372317,
    b=7.67015673309542,
    e=0.597306814687365,
    alpha=0.347310498881755,
    beta=0.367172432627762,
    source=Provenance(
        source="besiroglu2024chinchilla",
        where="minimum of the Huber loss with delta = 1e-3 on the 240 points the authors digitised",
        kind="fitted",
        grade="D",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="Fitted for this book; the data are not shipped. Logarithms of A, B, E are stored.",
        checked="E = 1.8172 of Eq. 3",
    ),
)

SARDANA_2024_BASE = ChinchillaLaw(
    E=1.69,
    A=406.4,
    B=410.7,
    alpha=0.336,
    beta=0.283,
    source=Provenance(
        source="sardana2024beyond",
        where="Appendix A, footnote 2",
        kind="published",
        grade="F",
        counts="total",
        range=_HOFFMANN_RANGE,
        note="Hoffmann's Eq. 10 with exponents to three digits, after De Vries.",
        checked="7B instead of 13B for 2e12 served tokens saves 17 % (1.7e22 FLOP)",
    ),
)

MUENNIGHOFF_2023 = ChinchillaLaw.from_logs(
    a=6.255414,
    b=7.3049974,
    e=0.6254804,
    alpha=0.3526596,
    beta=0.3526596,
    source=Provenance(
        source="muennighoff2023scaling",
        where="authors' README (logarithms of A, B, E); App. A, Eqs. 16 to 20",
        kind="published",
        grade="P",
        counts="total",
        note="C4; about 400 runs of up to 9B parameters and 900B tokens. One exponent for both "
        "terms by construction. MUENNIGHOFF_2023_DECAY belongs to it.",
        checked="A = 521, B = 1488, E = 1.87, U_N / U_D = 0.051",
    ),
)


def _gadre(A: float, b: float, alpha: float, E: float, data: str) -> ChinchillaLaw:
    where = f"authors' code on their runs: trained on {data}, loss on C4"
    note = "B = b 6^(-alpha/2) with the b of the authors' code. Ratios D/N of 5 to 640."
    units = f"b = {b!r}"
    source = Provenance("gadre2024language", where, "published", "P", units, "total", note=note)
    return ChinchillaLaw.from_gadre(A, b, alpha, E, source=source)


GADRE_2024_C4 = _gadre(
    113.69260327517962, 189.51552149611567, 0.24247223927556466, 1.5082605444147166, "C4"
)
GADRE_2024_RPJ = _gadre(
    166.210992120337, 366.6871979615622, 0.2728507061786173, 1.836648408738623, "RedPajama"
)
GADRE_2024_RW = _gadre(
    125.09569550155217, 246.2066862427996, 0.25439484463174905, 1.7344620893321105, "RefinedWeb"
)

KAPLAN_2020_ND = KaplanJointLaw(
    alpha_N=0.076,
    N_c=6.4e13,
    alpha_D=0.103,
    D_c=1.8e13,
    source=Provenance(
        "kaplan2020scaling", "Eq. 1.5, Table 2", "published", "F", counts="non-embedding"
    ),
)

KAPLAN_2020_NS = KaplanStepLaw(
    alpha_N=0.077,
    N_c=6.5e13,
    alpha_S=0.76,
    S_c=2.1e3,
    source=Provenance(
        "kaplan2020scaling", "Eq. 1.6, Table 3", "published", "F", counts="non-embedding"
    ),
)

KAPLAN_2020 = KaplanLaw(
    alpha_N=0.076,
    N_c=8.8e13,
    alpha_D=0.095,
    D_c=5.4e13,
    alpha_C=0.057,
    C_c_pf_days=1.6e7,
    alpha_C_min=0.050,
    C_c_min_pf_days=3.1e8,
    alpha_B=0.21,
    B_star=2.1e8,  # Table 5; Eq. 1.4 prints 2e8
    alpha_S=0.76,
    S_c=2.1e3,
    p_N=0.73,
    N_e=1.3e9,
    p_B=0.24,
    B_e=2.0e6,
    p_S=0.03,
    S_e=5.4e3,
    p_D=0.27,
    D_e=2e10,
    overfit_p=0.74,
    overfit_k=5e3,
    joint=KAPLAN_2020_ND,
    stepwise=KAPLAN_2020_NS,
    source=Provenance(
        source="kaplan2020scaling",
        where="Tables 5 and 6; overfit_p and overfit_k: Eq. 4.4",
        kind="published",
        grade="F",
        units="C_c_pf_days, C_c_min_pf_days and the arguments of Table 6 in PF-days (8.64e19 FLOP)",
        counts="non-embedding",
        note="Nats per token of WebText2. Runs of 768 to 1.5e9 parameters, 2.2e7 to 2.3e10 tokens. "
        "B_star is 2.1e8 in Table 5, 2e8 in Eq. 1.4.",
        checked="alpha_N / alpha_S = 10 %, alpha_C = 0.052 (Eq. B.7), 2.7 (Eq. B.12)",
    ),
)

RULE_OF_20 = published_rules.RULE_OF_20


def all_constants() -> Iterator[tuple[str, str, float, Provenance]]:
    """Every published number of the package: (name, field, value, Provenance), sorted by name.

    Fields of nested sets are joined by dots; the ends of an interval are rows of their own.
    Left out is `flops_per_param_token`: C = 6 N D is the convention of all these laws.
    ValueError for a number without a source.

    >>> name, field, value, source = next(all_constants())
    >>> print(name, field, value, source.source)
    BESIROGLU_2024 E 1.8172 besiroglu2024chinchilla
    """
    modules = (published_rules, published_estimates, published_modalities)
    named = {name: item for module in modules for name, item in vars(module).items()} | globals()
    for name in sorted(named):
        if name.isupper() and not name.startswith("_"):
            yield from _numbers(name, "", named[name], None)


def _numbers(
    name: str, field: str, item: object, source: Provenance | None
) -> Iterator[tuple[str, str, float, Provenance]]:
    if isinstance(item, float):
        if source is None:
            raise ValueError(f"{name}{field} has no source")
        yield name, field.removeprefix(".").removesuffix(".value"), item, source
    children: Mapping[str, object] = {}
    if isinstance(item, Mapping):
        children = item
    elif is_dataclass(item) and not isinstance(item, Provenance):
        source = getattr(item, "source", None) or source
        children = {f.name: getattr(item, f.name) for f in fields(item)}
    for key, child in children.items():
        if key != "flops_per_param_token":
            yield from _numbers(name, f"{field}.{key}", child, source)
