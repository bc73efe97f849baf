"""Published exponents for other data than text: images, video, mathematics, robots."""

from types import MappingProxyType

from scaling_core.provenance import Provenance, estimates

_HENIGHAN = Provenance(
    source="henighan2020scaling",
    where="Table 1",
    kind="published",
    grade="F",
    counts="non-embedding",
    note="Images, video, mathematics: exponents of the reducible loss, L = L_inf + (x_0/x)^alpha. "
    "Language and the text of captions: L = (x_0/x)^alpha, no floor fitted; do not compare the "
    "two kinds. Sizes 1e4 to 1e9.",
)

HENIGHAN_2020 = MappingProxyType(
    {
        "alpha_N": estimates(
            _HENIGHAN,
            {
                "language": 0.070,
                "image 8x8": 0.24,
                "image 16x16": 0.22,
                "image 32x32": 0.13,
                "image VQ 16x16": 0.13,
                "image VQ 32x32": 0.14,
                "text to image, text": 0.037,
                "text to image, image": 0.16,
                "image to text, text": 0.039,
                "image to text, image": 0.15,
                "video": 0.24,
                "mathematics": 0.16,
            },
        ),
        "alpha_C": estimates(
            _HENIGHAN,  # its row of language is quoted from the GPT-3 paper: left out
            {
                "image 8x8": 0.19,
                "image 16x16": 0.16,
                "image 32x32": 0.10,
                "image VQ 16x16": 0.11,
                "image VQ 32x32": 0.12,
                "text to image, image": 0.15,
                "video": 0.14,
                "mathematics": 0.17,
            },
        ),
        "exponent of N*(C)": estimates(_HENIGHAN, {"smallest": 0.64, "largest": 0.75}),
    }
)

CHERTI_2023 = estimates(
    Provenance(
        source="cherti2023reproducible",
        where="authors' data, recomputed with their code",
        kind="published",
        grade="P",
        note="Exponent of zero-shot error in training compute (multiply-accumulates): models "
        "trained on LAION against OpenAI's CLIP.",
    ),
    {
        "ImageNet, LAION": -0.11,
        "ImageNet, OpenAI": -0.16,
        "robustness, LAION": -0.13,
        "robustness, OpenAI": -0.24,
        "MS-COCO retrieval, LAION": -0.08,
        "MS-COCO retrieval, OpenAI": -0.05,
        "Flickr30k retrieval, LAION": -0.19,
        "Flickr30k retrieval, OpenAI": -0.10,
    },
)

SARTOR_2024 = estimates(
    Provenance(
        source="sartor2024neural",
        where="Sec. IV",
        kind="published",
        grade="F",
        note="Error ~ x^-exponent over robot studies: data (131 fits), model (34 fits), compute "
        "(24 fits of one paper); seen and unseen: data exponents by kind of test.",
    ),
    {
        "data, mean": (0.276, 0.236, 0.317),
        "data, median": 0.217,
        "model, mean": (0.246, 0.155, 0.337),
        "model, median": 0.172,
        "compute, mean": (0.141, 0.093, 0.189),
        "compute, median": 0.105,
        "seen": 0.389,
        "unseen": 0.155,
    },
    "95 % confidence",
)

_ZHAI = Provenance(
    source="zhai2022scaling",
    where="Sec. 2.2",
    kind="published",
    grade="S",
    units="error rate; C, d in TPUv3 core-days",
    note="E = c + a (C + d)^-b, ImageNet; the form is in the full text, the constants are quoted.",
)

ZHAI_2022 = MappingProxyType(
    {
        "fine-tuned": estimates(_ZHAI, {"a": 0.26, "b": 0.35, "c": 0.09, "d": 0.01}),
        "ten-shot": estimates(_ZHAI, {"a": 0.63, "b": 0.32, "c": 0.12, "d": 0.52}),
    }
)
