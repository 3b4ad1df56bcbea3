"""Draws the images of font_digits and font_letters, and writes them to src/soak/data/fonts.npz.

    python tests/data/make_fonts.py

Run once, with matplotlib 3.11.2 and the fonts that it ships: all faces of DejaVu (Bitstream Vera licence), STIX (SIL
Open Font License) and Computer Modern (BaKoMa) in the ordinary text style, 21 in all. Another version of matplotlib
or FreeType may draw other pixels, which is why the workflow reads the file and draws nothing.

The drawing follows what was done to the scans behind `sklearn.datasets.load_digits`: a black-and-white bitmap of
32 x 32 points, filled by the character from top to bottom, is cut into blocks of 4 x 4, and the black points of each
block are counted, which gives 8 x 8 pixels from 0 to 16.
"""

import re
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.ft2font import FT2Font
from numpy.typing import NDArray

FILE = Path(__file__).parents[2] / "src/soak/data/fonts.npz"
DIGITS = "0123456789"
LETTERS = "AEFHKMRTXY"  # ten that do not look like a digit; the place in this list is the label
N_PER_CHARACTER = 180  # 1800 rows, about as many as scikit-learn has scans (1797)

_FAMILIES = re.compile(r"(DejaVu(Sans|SansMono|Serif)(-\w+)?|STIXGeneral\w*|cm(b|r|ss|ti|tt)10)\.ttf")
_BITMAP = 32  # points along a side of the bitmap
_BLOCK = 4  # points along a side of a pixel
_DRAWN_SIZE = 96  # points of the font when it is drawn, before it is scaled down


def faces() -> list[Path]:
    """Font files with digits and letters in the ordinary style: all text families, weights and slants, by name."""
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return sorted(path for path in folder.iterdir() if _FAMILIES.fullmatch(path.name))


def draw(characters: str, n_per_character: int, seed: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Draw each character in many faces, sizes, slants and places, in a shuffled order.

    Parameters
    ----------
    characters : str
        The position of a character is its label.
    n_per_character : int
        Images of each; the faces take turns.
    seed : int
        Of the variations and of the order.

    Returns
    -------
    images : array of shape (n, 8, 8)
        0 (paper) to 16 (ink), upright.
    labels : array of shape (n,)
    """
    random = np.random.Generator(np.random.PCG64(seed))
    fonts = [FT2Font(str(path)) for path in faces()]
    images, labels = [], []
    for label, character in enumerate(characters):
        glyphs = [_glyph(font, character) for font in fonts]
        for number in range(n_per_character):
            images.append(_count_blocks(_place(glyphs[number % len(glyphs)], random)))
            labels.append(label)
    order = random.permutation(len(labels))
    return np.stack(images)[order], np.array(labels, dtype=np.uint8)[order]


def _glyph(font: FT2Font, character: str) -> NDArray[np.bool_]:
    """The ink of a character, cut to its edges."""
    font.set_size(_DRAWN_SIZE, 72)
    font.set_text(character)
    font.draw_glyphs_to_bitmap(antialiased=True)
    ink = np.asarray(font.get_image()) >= 128
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    return ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _place(ink: NDArray[np.bool_], random: np.random.Generator) -> NDArray[np.bool_]:
    """Put a glyph into the middle of the bitmap, with a random size, width, slant and shift."""
    height = random.uniform(28, 32)
    width = min(height * ink.shape[1] / ink.shape[0] * random.uniform(0.9, 1.2), 26)
    slant = random.uniform(-0.15, 0.15)
    down, right = random.uniform(-1, 1) * (_BITMAP - height) / 2, random.uniform(-2, 2)
    rows, columns = np.mgrid[:_BITMAP, :_BITMAP] + 0.5 - _BITMAP / 2
    glyph_rows = (rows - down) / height + 0.5
    glyph_columns = (columns - right + slant * (rows - down)) / width + 0.5
    inside = (glyph_rows >= 0) & (glyph_rows < 1) & (glyph_columns >= 0) & (glyph_columns < 1)
    nearest_row = (glyph_rows * ink.shape[0]).astype(int).clip(0, ink.shape[0] - 1)
    nearest_column = (glyph_columns * ink.shape[1]).astype(int).clip(0, ink.shape[1] - 1)
    return np.asarray(inside & ink[nearest_row, nearest_column])


def _count_blocks(bitmap: NDArray[np.bool_]) -> NDArray[np.uint8]:
    side = _BITMAP // _BLOCK
    return np.asarray(bitmap.reshape(side, _BLOCK, side, _BLOCK).sum(axis=(1, 3)), dtype=np.uint8)


def main() -> None:
    digits, digit_labels = draw(DIGITS, N_PER_CHARACTER, seed=1)
    letters, letter_labels = draw(LETTERS, N_PER_CHARACTER, seed=2)
    np.savez_compressed(
        FILE,
        font_digits=np.ascontiguousarray(digits.transpose(0, 2, 1)),  # stored transposed, as EMNIST is
        font_digits_labels=digit_labels,
        font_letters=letters,
        font_letters_labels=letter_labels,
    )


if __name__ == "__main__":
    main()
