"""Folding, reading and counting text; the refusals say what was found and what was expected."""

import hashlib
import io
import tarfile
from collections import Counter

import numpy as np
import pytest

from scaling_core.lab import TextSource, text
from scaling_core.lab.text import (
    ALPHABET,
    CORPUS_SHA256,
    CorpusError,
    build_counts,
    count,
    fold,
    identity,
    read_corpus,
)


def shown(symbols):
    return "".join(ALPHABET[symbol] for symbol in symbols)


@pytest.mark.parametrize(
    ("raw", "folded"),
    [
        (b"AbC xyZ", "abc xyz"),
        (b"a    b  c", "a b c"),
        (b"a\tb\t\tc", "a b  c"),  # a tab is a space, but only runs of spaces are shortened
        (b"one\ntwo.\n\n", "one\ntwo.\n\n"),
        (b"1999-12, 3.5", "0000_00, 0.0"),
        (b"===== ----- ~~~ ** ###", "_ _ _ __ _"),  # two rulers stay two
        (b"...... ....", ". ."),
        (b"_____", "_____"),  # no ruler
        ("é".encode(), "__"),  # two bytes
        (b"\x00\xff!@", "____"),
        (b"", ""),
    ],
)
def test_text_is_folded_to_32_symbols(raw, folded):
    symbols = fold(raw)
    assert symbols.dtype == np.uint8
    assert shown(symbols) == folded


def test_the_alphabet_has_32_symbols_and_every_byte_has_one():
    assert len(set(ALPHABET)) == len(ALPHABET) == text.V == 32
    each = fold(b"\x01".join(bytes([byte]) for byte in range(256)))[::2]
    assert [shown([s]) for s in each[ord("a") : ord("z") + 1]] == list(ALPHABET[:26])
    assert sum(each == 31) == 256 - 2 * 26 - 10 - 5  # letters, digits, space, tab, \n . and ,


def folder(path, pages):
    for name, content in pages.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def numbered(n):
    """Pages that tell their number in letters: page 27 is bbbb."""
    return {f"p{i:03}.txt": 4 * bytes([97 + i % 26]) for i in range(n)}


def test_every_twentieth_file_is_for_validation(tmp_path):
    pages = numbered(48) | {"notes.md": b"not read"}
    train, validation = read_corpus(folder(tmp_path, pages))
    letters = [chr(97 + i % 26) for i in range(48)]
    held = (7, 27, 47)
    assert shown(validation) == "\n".join(4 * letters[i] for i in held)
    assert shown(train) == "\n".join(4 * letters[i] for i in range(48) if i not in held)


def test_of_fewer_files_the_last_twentieth_of_the_text_is(tmp_path):
    train, validation = read_corpus(folder(tmp_path, {"b/2.txt": 50 * b"b", "a/1.txt": 49 * b"a"}))
    assert shown(train) + shown(validation) == 49 * "a" + "\n" + 50 * "b"
    assert len(train) == 95


def test_a_folder_is_named_after_what_it_holds_not_where_it_lies(tmp_path):
    names = [TextSource.load(folder(tmp_path / x, numbered(21))).name for x in ("here", "there")]
    assert names[0] == names[1]
    assert names[0].startswith("text-")
    assert len(names[0]) == len("text-") + 12
    (tmp_path / "here" / "p000.txt").write_bytes(b"another text")
    assert TextSource.load(tmp_path / "here").name != names[0]


def test_wrong_corpora_are_refused_with_the_reason(tmp_path):
    with pytest.raises(CorpusError, match=r"there is no file or folder .*nowhere"):
        read_corpus(tmp_path / "nowhere")
    with pytest.raises(CorpusError, match=r"no \.txt files under "):
        read_corpus(folder(tmp_path, {"page.md": b"text"}))
    other = tmp_path / "Django-5.1.tar.gz"
    other.write_bytes(b"another release")
    found = hashlib.sha256(b"another release").hexdigest()
    with pytest.raises(CorpusError, match=f"{found}, expected {CORPUS_SHA256}, that of Django-5.2"):
        read_corpus(other)
    with pytest.raises(CorpusError, match=r"pip download --no-deps --no-binary :all: Django==5\.2"):
        read_corpus(other)
    with pytest.raises(CorpusError, match=r"expected the file Django-5\.2\.tar\.gz"):
        build_counts(tmp_path, tmp_path / "out.npz")
    assert not (tmp_path / "out.npz").exists()


def test_a_page_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "page.txt").mkdir()
    with pytest.raises(CorpusError, match=r"page\.txt cannot be read: "):
        read_corpus(tmp_path)


@pytest.fixture
def sdist(tmp_path, monkeypatch):
    """A small source distribution that passes for Django's, and the symbols of its training text.

    Its documentation, 24 pages deep in `docs`, stands among files that must not be counted.
    """
    rng = np.random.default_rng(3)
    letters = np.frombuffer(b"abc \n.X9", np.uint8)
    pages = {
        f"docs/{'ref/' * (i % 3)}{i:02}.txt": rng.choice(letters, 200).tobytes() for i in range(24)
    }
    others = {
        "README.txt": b"not docs",
        "docs/conf.py": b"code",
        "django/docs/x.txt": b"elsewhere",
        "docs_extra/x.txt": b"elsewhere too",
    }
    path = tmp_path / "Django-5.2.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name, content in {**others, **dict(reversed(pages.items()))}.items():
            member = tarfile.TarInfo(f"Django-5.2/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    monkeypatch.setattr(text, "CORPUS_SHA256", sha256)
    kept = [name for i, name in enumerate(sorted(pages)) if i % 20 != 7]
    return path, fold(b"\n".join(pages[name] for name in kept))


def test_the_counts_of_a_distribution_are_those_of_its_documentation(sdist, tmp_path):
    path, symbols = sdist
    found = build_counts(path, tmp_path / "counts.npz")
    columns = [symbols[i : len(symbols) - 4 + i].tolist() for i in range(5)]
    grams = Counter(zip(*columns, strict=True))
    naive = sorted((int(np.dot(g, 32 ** np.arange(4, -1, -1))), n) for g, n in grams.items())
    with np.load(tmp_path / "counts.npz") as archive:
        keys, counts = np.cumsum(archive["steps"], dtype=np.uint32), archive["counts"]
    assert list(zip(keys.tolist(), counts.tolist(), strict=True)) == naive
    assert counts.dtype == np.uint32
    assert counts.sum() == len(symbols) - 4
    assert found == identity(keys, counts)
    assert build_counts(path, tmp_path / "again.npz") == found
    assert TextSource.load(path).name == "django-docs"


def test_counts_of_five_symbols_are_one():
    keys, counts = count(np.array([1, 0, 0, 0, 2], np.uint8))
    assert (keys.tolist(), counts.tolist()) == ([32**4 + 2], [1])


def test_the_identity_is_of_the_content_not_of_the_byte_order():
    keys = np.arange(5, dtype=np.uint32)
    same = keys.astype(">u4")
    assert identity(keys) == identity(same) == hashlib.sha256(keys.astype("<u4")).hexdigest()
    assert identity(keys) != identity(keys[::-1])


# --- Sequences ------------------------------------------------------------------------------------


def some_text(train=1000, validation=100):
    symbols = np.random.default_rng(0).integers(32, size=train + validation).astype(np.uint8)
    return TextSource(symbols[:train], symbols[train:], "text-0123456789ab")


def test_text_is_cut_into_neighbours_and_each_is_read_once():
    source = some_text()
    chosen = source.sample(99, 11, 2, 100)  # 99 sequences of 10 steps: all that fit
    places = {source.train[i : i + 11].tobytes(): i for i in range(990)}
    first = [places[sequence.tobytes()] for sequence in chosen]
    assert len(set(first)) == 99
    assert len({place % 10 for place in first}) == 1
    assert first != sorted(first)
    np.testing.assert_array_equal(source.sample(40, 11, 2, 100), chosen[:40])
    assert not np.array_equal(source.sample(40, 11, 2, 101), chosen[:40])


def test_text_that_is_too_short_says_what_there_is_and_what_is_needed():
    with pytest.raises(CorpusError, match="has 1000 training characters, 1010 are needed"):
        some_text().sample(101, 11, 2, 100)
    with pytest.raises(CorpusError, match="has 10 validation characters, 33 are needed"):
        some_text(validation=10).held_out(33)


def test_validation_text_is_read_once_from_its_beginning():
    source = some_text(validation=100)
    held = source.held_out(33)
    assert held.shape == (3, 33)
    np.testing.assert_array_equal(held[1], source.validation[32:65])
