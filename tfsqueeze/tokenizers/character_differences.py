"""The characters that the libraries of the two tokenizers treat in different ways.

`WordPieceTokenizer` runs on TensorFlow, `DeviceTokenizer` on Hugging Face's `tokenizers`. Each
library carries tables of several versions of Unicode. These are the code points, in hexadecimal,
at which the tables of TensorFlow 2.21 and of `tokenizers` 0.23 differ, by cause, with what
TensorFlow's do. `DeviceTokenizer` follows them, so that a device reads a text as training does.
`tests/faults` finds them anew.
"""

from __future__ import annotations

from collections.abc import Iterator

# Format characters that are newer than the tables of `tokenizers`: deleted.
FORMAT_CHARACTERS = "890-891 8E2 110CD 13430-1343F"

# Punctuation that is newer than the tables of `tokenizers`: each is a word by itself.
PUNCTUATION = (
    "61D 9FD A76 C77 C84 1B4E-1B4F 1B7D-1B7F 2E43-2E4F 2E52-2E5D 10D6E 10EAD 10F55-10F59 "
    "10F86-10F89 113D4-113D5 113D7-113D8 1144B-1144F 1145A-1145B 1145D 11660-1166C 116B9 1183B "
    "11944-11946 119E2 11A3F-11A46 11A9A-11A9C 11A9E-11AA2 11B00-11B09 11BE1 11C41-11C45 "
    "11C70-11C71 11EF7-11EF8 11F43-11F4F 11FFF 12FF1-12FF2 16D6D-16D6F 16E97-16E9A 16FE2 1E5FF "
    "1E95E-1E95F"
)

# Chinese characters that the list of `tokenizers` leaves out, by an error in a number of it (BERT's
# range begins at 2B820, that of `tokenizers` at 2B920): each is a word by itself.
CHINESE_CHARACTERS = "2B820-2B91F"

# What is punctuation in the older tables of `tokenizers` alone (166D), and capital letters whose
# small letters are newer than the tables by which TensorFlow lowercases: letters, as they are.
LETTERS = (
    "166D 1C89 2C2F A7C0 A7CB-A7CC A7CE A7D0 A7D2 A7D4 A7D6 A7D8 A7DA A7DC 10570-1057A "
    "1057C-1058A 1058C-10592 10594-10595 10D50-10D65 16EA0-16EB8"
)

# Marks that are newer than the tables of `tokenizers`: kept, but sorted by their combining classes
# when a text is lowercased.
KEPT_MARKS = {
    6: "16FF0-16FF1",
    9: "1715 1734 113CE-113D0 1193D 11F41 1612F",
    220: "1E5EF",
    230: "897 10D69-10D6D 1E5EE",
}

# Marks that `tokenizers` keeps and sorts too, and notes that decompose to such marks: the same, but
# `tokenizers` mistakes their places in the text.
SORTED_MARKS = (
    "1B44 1BAA 1BF2-1BF3 302E-302F A953 A9C0 111C0 11235 1134D 116B6 1D15E-1D166 1D16D-1D172 "
    "1D1BB-1D1C0"
)

# Marks that are newer than the tables of `tokenizers`: deleted when a text is lowercased. Marks
# before and after one with a combining class are sorted as if it were not there.
STRIPPED_MARKS = (
    "7FD 898-89F 8CA-8E1 9FE C3C D3B-D3C EBA 1ABF-1ACE 1DF6-1DFB A82C 10D24-10D27 10EAB-10EAC "
    "10EFD-10EFF 10F46-10F50 10F82-10F85 11070 1133B 11442 11446 1145E 11839-1183A 1193E 11943 "
    "119E0 11A34 11A47 11A99 11C3F 11D42 11D44-11D45 11D97 11F42 1E000-1E006 1E008-1E018 "
    "1E01B-1E021 1E023-1E024 1E026-1E02A 1E08F 1E130-1E136 1E2AE 1E2EC-1E2EF 1E4EC-1E4EF "
    "1E944-1E94A"
)

# Such marks without a combining class.
STRIPPED = (
    "AFA-AFF B55 C04 D00 D81 ECE 180F 1885-1886 A8C5 A8FF A9BD 11073-11074 110C2 111C9 111CF "
    "1123E 11241 11438-1143F 11443-11444 1182F-11837 1193B-1193C 119D4-119D7 119DA-119DB "
    "11A01-11A0A 11A33 11A35-11A38 11A3B-11A3E 11A51-11A56 11A59-11A5B 11A8A-11A96 11A98 "
    "11C30-11C36 11C38-11C3D 11C92-11CA7 11CAA-11CB0 11CB2-11CB3 11CB5-11CB6 11D31-11D36 11D3A "
    "11D3C-11D3D 11D3F-11D41 11D43 11D47 11D90-11D91 11D95 11EF3-11EF4 11F00-11F01 11F36-11F3A "
    "11F40 13440 13447-13455 16F4F 16FE4 1CF00-1CF2D 1CF30-1CF46"
)

# Characters whose canonical decompositions are newer than the tables of `tokenizers`: what a text
# that is lowercased has in their place.
REPLACED = {
    0x105C9: "\U000105d2",
    0x105E4: "\U000105da",
    0x11383: "\U00011382\U000113c9",
    0x11385: "\U00011384\U000113bb",
    0x1138E: "\U0001138b\U000113c2",
    0x11391: "\U00011390\U000113c9",
    0x113C5: "\U000113c2\U000113c2",
    0x113C7: "\U000113c2\U000113b8",
    0x113C8: "\U000113c2\U000113c9",
    0x11938: "\U00011935\U00011930",
    0x16121: "\U0001611e\U0001611e",
    0x16122: "\U0001611e\U00016129",
    0x16123: "\U0001611e\U0001611f",
    0x16124: "\U00016129\U0001611f",
    0x16125: "\U0001611e\U00016120",
    0x16126: "\U0001611e\U0001611e\U0001611f",
    0x16127: "\U0001611e\U00016129\U0001611f",
    0x16128: "\U0001611e\U0001611e\U00016120",
    0x16D68: "\U00016d67\U00016d67",
    0x16D69: "\U00016d63\U00016d67",
    0x16D6A: "\U00016d63\U00016d67\U00016d67",
}


def code_points(ranges: str) -> Iterator[int]:
    """Yields the code points of ranges such as those of this module.

    Args:
        ranges: hexadecimal numbers and ranges of them, with spaces between.

    Example:
        >>> list(code_points("20 41-43"))
        [32, 65, 66, 67]
    """
    for part in ranges.split():
        first, _, last = part.partition("-")
        yield from range(int(first, 16), int(last or first, 16) + 1)
