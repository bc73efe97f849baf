"""The lab: scaling-law experiments on a laptop, graded against a source of known entropy."""

from scaling_core.lab.config import RunConfig
from scaling_core.lab.model import LM, Shape
from scaling_core.lab.runs import Run
from scaling_core.lab.source import AdditionSource, ShannonSource, TextSource
from scaling_core.lab.train import train

__all__ = [
    "LM",
    "AdditionSource",
    "Run",
    "RunConfig",
    "ShannonSource",
    "Shape",
    "TextSource",
    "train",
]
