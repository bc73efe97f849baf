"""Text as the lab sees it: 32 symbols, and the counts of five of them in a row.

The shipped counts come from the documentation of Django 5.2 (BSD-3-Clause; see data/NOTICE), read
from the source distribution that `pip download` fetches: these very bytes on every machine.
"""

import hashlib
import re
import tarfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt

type Symbols = npt.NDArray[np.uint8]

ALPHABET = "abcdefghijklmnopqrstuvwxyz \n.,0_"
V = len(ALPHABET)  # symbols; 0 stands for every digit, _ for everything else
ORDER = 5  # symbols in a row that are counted
CORPUS_SHA256 = "1a47f7a7a3d43ce64570d350e008d2949abe8c7e21737b351b6a1611277c6d89"
FETCH = "pip download --no-deps --no-binary :all: Django==5.2"
COUNTS = Path(__file__).parents[1] / "data" / "shannon4_counts.npz"

_FOLD = np.full(256, V - 1, np.uint8)
for _place, _symbol in enumerate(ALPHABET[:-1]):
    _FOLD[ord(_symbol)] = _FOLD[ord(_symbol.upper())] = _place
_FOLD[ord("\t")] = ALPHABET.index(" ")
_FOLD[ord("0") : ord("9") + 1] = ALPHABET.index("0")


class CorpusError(ValueError):
    """What is wrong with a corpus or with the shipped counts, in words for its reader."""


def fold(text: bytes) -> Symbols:
    """Symbols 0 to 31 of a text: letters without case, rulers and runs of spaces shortened.

    >>> from scaling_core.lab.text import ALPHABET, fold
    >>> "".join(ALPHABET[symbol] for symbol in fold(b"Since 2019:   ====="))
    'since 0000_ _'
    """
    text = re.sub(rb" {2,}", b" ", text)
    text = re.sub(rb"([=\-~*#^.])\1{2,}", rb"\1", text)
    return _FOLD[np.frombuffer(text, np.uint8)]


def read_corpus(path: Path) -> tuple[Symbols, Symbols]:
    """Training and validation symbols of the Django source distribution, or of a folder of .txt.

    Files in the order of their paths, every twentieth (the eighth of each twenty) for validation;
    with fewer than twenty files, the last twentieth of the text.
    """
    texts = list(_django(path) if path.is_file() else _folder(path))
    if len(texts) < 20:
        whole = fold(b"\n".join(texts))
        return whole[: len(whole) * 19 // 20], whole[len(whole) * 19 // 20 :]
    held = [place % 20 == 7 for place in range(len(texts))]
    train = fold(b"\n".join(text for text, out in zip(texts, held, strict=True) if not out))
    return train, fold(b"\n".join(text for text, out in zip(texts, held, strict=True) if out))


def _django(path: Path) -> Iterable[bytes]:
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if found != CORPUS_SHA256:
        raise CorpusError(
            f"{path}: sha256 is {found}, expected {CORPUS_SHA256}, that of Django-5.2.tar.gz, "
            f"from `{FETCH}`"
        )
    with tarfile.open(path) as archive:
        pages = {
            member.name.partition("/")[2]: member
            for member in archive
            if member.isfile() and member.name.endswith(".txt")
        }
        for name in sorted(pages):
            if name.startswith("docs/"):
                stream = archive.extractfile(pages[name])
                assert stream is not None  # a file, by the filter above
                yield stream.read()


def _folder(path: Path) -> Iterable[bytes]:
    if not path.is_dir():
        raise CorpusError(f"there is no file or folder {path}")
    files = sorted(path.rglob("*.txt"))
    if not files:
        raise CorpusError(f"no .txt files under {path}")
    try:
        return [file.read_bytes() for file in files]
    except OSError as error:
        raise CorpusError(f"{error.filename} cannot be read: {error.strerror}") from None


def count(symbols: Symbols) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Keys (base 32, oldest symbol first) of all distinct 5-grams in order, and their counts."""
    wide = symbols.astype(np.uint32)
    keys = np.zeros(len(wide) - ORDER + 1, np.uint32)
    for place in range(ORDER):
        keys = keys * V + wide[place : len(wide) - ORDER + 1 + place]
    distinct, counts = np.unique(keys, return_counts=True)
    return distinct, counts.astype(np.uint32)


def identity(*arrays: npt.NDArray[np.generic]) -> str:
    """sha256 of arrays as little-endian bytes: the same content, whatever file holds it."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"))).tobytes())
    return digest.hexdigest()


def build_counts(corpus: Path, out: Path) -> str:
    """Writes the counts of the corpus to an .npz file; returns the identity of the content.

    Only the maintainers need it. Keys are stored as differences, which compress well.
    """
    if not corpus.is_file():
        raise CorpusError(f"{corpus}: expected the file Django-5.2.tar.gz, from `{FETCH}`")
    keys, counts = count(read_corpus(corpus)[0])
    with out.open("wb") as file:
        np.savez_compressed(file, steps=np.diff(keys, prepend=np.uint32(0)), counts=counts)
    return identity(keys, counts)
