"""Published rules for allocation, learning rate, batch and transfer, each with its `Provenance`."""

from types import MappingProxyType

from scaling_core.allocation import AllocationLaw
from scaling_core.monomial import PowerProduct, TransferLaw
from scaling_core.power import PowerLaw
from scaling_core.provenance import Provenance

RULE_OF_20 = AllocationLaw(
    N=PowerLaw(k=120**-0.5, p=0.5),
    D=PowerLaw(k=20 * 120**-0.5, p=0.5),
    source=Provenance(
        source="derived: N = sqrt(C / 120), D = 20 N, so that 6 N D = C",
        where="C / (6 N^2) from sizes and FLOP in Hoffmann et al. 2022, Table 3: 20.0 to 21.7",
        kind="derived",
        grade="D",
        counts="total",
        note="The paper prints the table, not the number 20; its tokens, rounded, give up to 22.4.",
    ),
)

DEEPSEEK_2024 = AllocationLaw(
    M=PowerLaw(k=0.1715, p=0.5243),
    D=PowerLaw(k=5.8316, p=0.4757),
    counts="non-embedding FLOP per token",
    source=Provenance(
        source="bi2024deepseek",
        where="Eq. 4",
        kind="published",
        grade="S",
        units="M in non-embedding FLOP per token, D in tokens, C = M D",
        counts="non-embedding FLOP per token",
        range=(1e17, 3e20),
        note="M = 72 n_layer d_model^2 + 12 n_layer d_model n_ctx; M / 6 is no parameter count. "
        "Two independent secondary texts agree.",
        checked="M D = 1.0001 C; 4.3e11 FLOP per token and 1.04e12 tokens at 4.5e23 FLOP (Fig. 5)",
    ),
)

_DEEPSEEK_HP = Provenance(
    source="bi2024deepseek",
    where="Eq. 1",
    kind="published",
    grade="S",
    units="learning rate; batch in tokens; C in non-embedding FLOP (M D)",
    range=(1e17, 2e19),
    note="Several independent secondary texts agree.",
)

DEEPSEEK_2024_HP = MappingProxyType(
    {
        "learning_rate": PowerProduct(0.3118, {"C": -0.1250}, _DEEPSEEK_HP),
        "batch_tokens": PowerProduct(0.2920, {"C": 0.3271}, _DEEPSEEK_HP),
    }
)

_STEP_LAW = Provenance(
    source="li2025predictable",
    where="the paper's two rules; authors' repository",
    kind="published",
    grade="P",
    units="learning rate; batch in tokens; N without vocabulary, D in tokens",
    counts="without vocabulary",
    note="3,700 models.",
    checked="means of the bootstrap table: 1.797, -0.7129, 0.3075 and 0.5807, 0.5709",
)

STEP_LAW_2025 = MappingProxyType(
    {
        "learning_rate": PowerProduct(1.79, {"N": -0.713, "D": 0.307}, _STEP_LAW),
        "batch_tokens": PowerProduct(0.58, {"D": 0.571}, _STEP_LAW),
    }
)

LLAMA3_2024 = AllocationLaw(
    D=PowerLaw(k=0.299, p=0.537),
    source=Provenance(
        source="grattafiori2024llama3",
        where="legend of Fig. 3",
        kind="published",
        grade="S",
        units="D in tokens, C in FLOP",
        range=(6e18, 1e22),
        note="A law of tokens, though the text writes N*(C). N = C / (6 D) is our completion.",
        checked="16.55e12 tokens at 3.8e25 FLOP (Sec. 3.2.1), to 2 %",
    ),
)

LLAMA3_2024_PRINTED = AllocationLaw(
    D=PowerLaw(k=0.29, p=0.53),
    source=Provenance(
        source="grattafiori2024llama3",
        where="Sec. 3.2.1",
        kind="published",
        grade="F",
        units="D in tokens, C in FLOP",
        range=(6e18, 1e22),
        note="Rounded: gives 10.5e12 tokens at 3.8e25 FLOP where the text has 16.55e12. "
        "For that budget use LLAMA3_2024.",
    ),
)

HERNANDEZ_2021_TEXT = TransferLaw(
    k=1.9e4,
    alpha=0.18,
    beta=0.38,
    source=Provenance(
        source="hernandez2021scaling",
        where="Table 1, text to Python",
        kind="published",
        grade="S",
        units="D_F and the result in characters",
        note="Low-data regime only.",
    ),
)

HERNANDEZ_2021_MIX = TransferLaw(
    k=2.1e5,
    alpha=0.096,
    beta=0.38,
    source=Provenance(
        source="hernandez2021scaling",
        where="Table 1, half text and half other code to Python",
        kind="published",
        grade="S",
        units="D_F and the result in characters",
        note="Low-data regime only.",
    ),
)
