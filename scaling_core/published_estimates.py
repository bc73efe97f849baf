"""Published exponents, standard errors and other single numbers, each an `Estimate`.

A table maps a name to an Estimate; numbers that belong to a law are in `published`.
"""

from types import MappingProxyType

from scaling_core.provenance import Provenance, estimates

BESIROGLU_2024_SE = estimates(
    Provenance(
        source="besiroglu2024chinchilla",
        where="authors' notebook",
        kind="published",
        grade="P",
        note="Standard errors of BESIROGLU_2024 from 4000 bootstrap samples. Errors of A and "
        "alpha, and of B and beta, are almost perfectly correlated: do not combine them.",
    ),
    {"E": 0.0257, "A": 124.52, "B": 1293.28, "alpha": 0.0154, "beta": 0.0206, "a": 0.018},
)

BESIROGLU_2024_SE_PRINTED = estimates(
    Provenance(
        source="besiroglu2024chinchilla",
        where="table of the refit, as quoted",
        kind="published",
        grade="S",
        note="The paper's rounding; BESIROGLU_2024_SE has the notebook's digits.",
        checked="the notebook's errors, rounded, but for the last two digits of A and B",
    ),
    {"E": 0.03, "A": 124.58, "B": 1293.23, "alpha": 0.02, "beta": 0.02, "a": 0.018},
)

_HOFFMANN_TABLE_2 = Provenance(
    source="hoffmann2022training",
    where="Table 2",
    kind="published",
    grade="F",
    counts="total",
    range=(6e18, 3e21),
    note="N* ~ C^a, D* ~ C^b. The value of approach 3 lies outside its own interval: rounding.",
)
_PERCENTILES = "10th to 90th percentile of the bootstrap"

HOFFMANN_2022_EXPONENTS = MappingProxyType(
    {
        "approach 1": estimates(
            _HOFFMANN_TABLE_2, {"a": (0.50, 0.488, 0.502), "b": (0.50, 0.501, 0.512)}, _PERCENTILES
        ),
        "approach 2": estimates(
            _HOFFMANN_TABLE_2, {"a": (0.49, 0.462, 0.534), "b": (0.51, 0.483, 0.529)}, _PERCENTILES
        ),
        "approach 3": estimates(
            _HOFFMANN_TABLE_2, {"a": (0.46, 0.454, 0.455), "b": (0.54, 0.542, 0.543)}, _PERCENTILES
        ),
        "Kaplan": estimates(_HOFFMANN_TABLE_2, {"a": 0.73, "b": 0.27}),
        "approach 2, other data": estimates(
            Provenance(
                source="hoffmann2022training",
                where="Table A2",
                kind="published",
                grade="F",
                counts="total",
                note="IsoFLOP profiles on other data sets.",
            ),
            {"a, C4": 0.50, "b, C4": 0.50, "a, GitHub": 0.53, "b, GitHub": 0.47},
        ),
    }
)

KAPLAN_2020_PRINTED = estimates(
    Provenance(
        source="kaplan2020scaling",
        where="B_star: Eq. 1.4; D at the critical batch: Eq. 6.7; crossing: Sec. 6.3; "
        "scales of L(C_min) and L(C): legend of Fig. 13",
        kind="published",
        grade="F",
        units="crossing C, both scales and the argument of Eq. 6.7 in PF-days (8.64e19 FLOP)",
        counts="non-embedding",
        note="Second prints that differ from KAPLAN_2020: Eq. 6.7 against D_e = 2e10 of Table 6; "
        "the scales against Table 5, whose exponents Fig. 13 shares; the crossing is meant to the "
        "order of magnitude.",
    ),
    {
        "B_star": 2e8,
        "D at the critical batch, coefficient": 4e10,
        "D at the critical batch, exponent": 0.26,
        "crossing C": 1e4,
        "crossing N": 1e12,
        "crossing D": 1e12,
        "crossing loss": 1.7,
        "scale of L(C_min)": 2.3e8,
        "scale of L(C)": 2.0e7,
    },
)

MUENNIGHOFF_2023_DECAY = estimates(
    Provenance(
        source="muennighoff2023scaling",
        where="authors' README; App. A",
        kind="published",
        grade="P",
        units="epochs beyond the first; excess parameters over U_N",
        counts="total",
        note="Fitted together with MUENNIGHOFF_2023; on another law the result is a hybrid.",
    ),
    {"R_D_star": 15.387756, "R_N_star": 5.309743},
)

GADRE_2024_ERRORS = MappingProxyType(
    {
        f"{data}, {tasks}": estimates(
            Provenance(
                source="gadre2024language",
                where=f"authors' code on their runs: trained on {data}, average of {tasks}",
                kind="published",
                grade="P",
                units="k, eps: top-1 error as a fraction; gamma: 1/nats",
                note="Error = eps - k exp(-gamma L) with the loss L on C4; averages only, single "
                "tasks are predicted far worse.",
            ),
            {"k": k, "gamma": gamma, "eps": eps},
        )
        for data, tasks, k, gamma, eps in (
            ("C4", "all tasks", 1.2885160400414704, 0.9721642929737044, 0.7589494443050375),
            ("C4", "17 tasks", 2.0789071624301534, 0.7561208817706444, 0.8497420147166346),
            ("RedPajama", "all tasks", 1.3228988873526577, 0.8907078482827041, 0.7608495100309004),
            ("RedPajama", "17 tasks", 2.2064900914623826, 0.7145905530490234, 0.8569919276135063),
            ("RefinedWeb", "all tasks", 1.1280742251548206, 0.8215227602950715, 0.7676792131478288),
            ("RefinedWeb", "17 tasks", 2.214814843606007, 0.7070485013065003, 0.865279537456563),
        )
    }
)

_PEARCE_SCRIPT = Provenance(
    source="pearce2024reconciling",
    where="authors' script",
    kind="published",
    grade="P",
    counts="non-embedding",
    note="omega in total N = N + omega N^(1/3); exponents of N ~ C^a at large N, from the "
    "constants of Besiroglu et al. and of Hoffmann et al.",
    checked="omega = 32000 (39.2 / 12)^(1/3), to 0.02 %",
)

PEARCE_2024 = MappingProxyType(
    dict(
        estimates(
            _PEARCE_SCRIPT,
            {"omega": 47491.0, "a, large N, Besiroglu": 0.515, "a, large N, Hoffmann": 0.459},
        )
    )
    | dict(
        estimates(
            Provenance(
                source="pearce2024reconciling",
                where="their own training runs",
                kind="published",
                grade="S",
                note="Exponent of the optimal size when compute and size leave embeddings out, "
                "and when they include them.",
            ),
            {"a, own runs, non-embedding": 0.74, "a, own runs, total": 0.49},
        )
    )
)

_PORIAN = Provenance(
    source="porian2024resolving",
    where="Fig. 1, Table 1",
    kind="published",
    grade="P",
    note="Exponent a of N* ~ C^a; each step keeps the earlier ones. 5M to 901M parameters.",
    checked="agrees with the authors' released fits to the digits printed",
)

PORIAN_2024 = MappingProxyType(
    {
        "RefinedWeb": estimates(
            _PORIAN,
            {
                "Kaplan reproduced": (0.835, 0.82, 0.85),
                "head FLOP counted": (0.706, 0.69, 0.72),
                "warm-up scaled to the model": (0.602, 0.59, 0.62),
                "cosine decay matched to the run": (0.571, 0.56, 0.59),
                "tuned per size, no decay": (0.497, 0.49, 0.50),
            },
            "interval of the paper's table",
        ),
        "OpenWebText2": estimates(
            _PORIAN,
            {
                "Kaplan reproduced": 0.864,
                "head FLOP counted": 0.699,
                "warm-up scaled to the model": 0.603,
                "cosine decay matched to the run": 0.574,
                "tuned per size, no decay": 0.518,
            },
        ),
    }
)

DEEPSEEK_2024_BY_DATA = estimates(
    Provenance(
        source="bi2024deepseek",
        where="Table 4",
        kind="published",
        grade="S",
        note="Exponents of model scale (a) and data (b): better data, larger share of the model.",
    ),
    {
        "a, early data": 0.450,
        "b, early data": 0.550,
        "a, current data": 0.524,
        "b, current data": 0.476,
        "a, OpenWebText2": 0.578,
        "b, OpenWebText2": 0.422,
    },
)

KUMAR_2024 = estimates(
    Provenance(
        source="kumar2025scaling",
        where="Eq. 3 (form); constants quoted",
        kind="published",
        grade="S",
        units="bits",
        note="N_eff = N prod(1 - exp(-P_x / gamma_x)); runs up to 1.7B parameters, 26B tokens.",
    ),
    {"gamma_w": 2.6745, "gamma_a": 2.2102, "gamma_kv": 0.9578},
)
