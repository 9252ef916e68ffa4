"""The code book: which of 16,384 visual words a local feature is, and 128 bits on where it lies around that word.

Words are the leaves of a two-level k-means (128 x 128) over RootSIFT codes of benign pictures, made by
`bench/make_codebook.py`. An index is worth only as much as its book stays what it was, so a book is fixed: it has an id, a
digest that is checked before anything is read, and is never compared with another. All arithmetic is on whole numbers,
so words and bits are the same on every machine and for every batch.

Sources: Nister and Stewenius, "Scalable recognition with a vocabulary tree", CVPR 2006 (the levels); Tolias, Avrithis and
Jegou, "To aggregate or not to aggregate", ICCV 2013, section 4 (aggregated residuals and their signs).
"""

from __future__ import annotations

import hashlib
import io
from functools import cache
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from homeward.indexes import local_kernels as kernels

CODE_WIDTH = 128
"""Bytes of one local feature."""
CELLS = 128
"""Nodes of the first level; each has as many words below it."""
WORDS = CELLS * CELLS
PROBED = 8
"""Cells whose words are looked at. The nearest of all 16,384 words is among them for 99 % of features."""
SIGNATURE_WORDS = CODE_WIDTH // 64

BOOK_ID = "rootsift-16384-1"
_FILE = "codebook-1.npz"
_SHA256 = "ad9b94802123c25b0505453e1b0008989d4abe45631d26df7b50be853baf5be8"


class SignedWords(msgspec.Struct, frozen=True):
    """One picture in the terms of a code book; k is the number of different words in it."""

    word: NDArray[np.uint16]
    """(k,) ascending, 0..16383."""
    sign: NDArray[np.uint64]
    """(k, 2): bit i says whether the summed residual is positive along axis i of the book's rotation."""


class CodeBook(msgspec.Struct, frozen=True):
    """A fixed book; use :func:`code_book`. Codes are RootSIFT as ``round(512 * sqrt(sift / sum(sift)))``, cut at 255."""

    id: str
    cells: NDArray[np.uint8]
    """(128, 128): centres of the first level."""
    words: NDArray[np.uint8]
    """(16384, 128): word ``w`` lies below cell ``w // 128``."""
    rotation: NDArray[np.int8]
    """(128, 128): rows are orthogonal up to rounding, of length about 127."""

    def nearest(self, codes: NDArray[np.uint8], count: int) -> NDArray[np.int64]:
        """The ``count`` nearest words of each feature among those below its nearest 8 cells, nearest first.

        Args:
            codes: (n, 128) uint8.
            count: 1..128; of two words as near the smaller number comes first.

        Returns:
            (n, count) int64 words.

        Raises:
            ValueError: wrong shape or type, or a count out of range.
        """
        check_codes(codes)
        if not 1 <= count <= CELLS:
            raise ValueError(f"between 1 and {CELLS} words can be asked for, not {count}")
        found = np.empty((len(codes), count), np.int64)
        kernels.nearest(np.ascontiguousarray(codes), self.cells, self.words, PROBED, found)
        return found

    def describe(self, codes: NDArray[np.uint8], nearest: int = 1) -> SignedWords:
        """A picture's features as signed words: for each word the sign bits of the sum of its features' residuals.

        Args:
            codes: (n, 128) uint8, of one picture or one region.
            nearest: words that each feature is counted for; 1 for what is stored, 5 for what is asked.

        Raises:
            ValueError: wrong shape or type.
        """
        words = self.nearest(codes, nearest)
        order = np.argsort(words, axis=None, kind="stable")
        flat = words.reshape(-1)[order]
        residuals = codes[order // nearest].astype(np.int64) - self.words[flat]
        word, first = np.unique(flat, return_index=True)
        signs = np.zeros((len(word), SIGNATURE_WORDS), np.uint64)
        if len(word):
            kernels.signatures(np.add.reduceat(residuals, first, axis=0), self.rotation, signs)
        return SignedWords(word.astype(np.uint16), signs)


@cache
def code_book() -> CodeBook:
    """The book that comes with this version.

    Raises:
        ValueError: the file is not the one that this version was built with.
    """
    data = resources.files("homeward.indexes").joinpath(_FILE).read_bytes()
    if hashlib.sha256(data).hexdigest() != _SHA256:
        raise ValueError(f"{_FILE} is not the code book that belongs to this version: install Homeward again")
    return read_book(BOOK_ID, data)


def read_book(book_id: str, data: bytes) -> CodeBook:
    """A book from the bytes of its ``.npz``."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return CodeBook(book_id, arrays["cells"], arrays["words"], arrays["rotation"])


def check_codes(codes: NDArray[np.uint8]) -> None:
    """Refuse what are no codes of local features with a ValueError."""
    if codes.ndim != 2 or codes.shape[1] != CODE_WIDTH or codes.dtype != np.uint8:
        raise ValueError(f"codes must be uint8 of shape (n, {CODE_WIDTH}), not {codes.dtype} of {codes.shape}")
