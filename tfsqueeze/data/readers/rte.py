"""The XML files of the Recognising Textual Entailment challenges, RTE1 to RTE3.

Dagan et al., "The PASCAL Recognising Textual Entailment Challenge", 2006; Bar-Haim et al., "The
Second PASCAL Recognising Textual Entailment Challenge", 2006; Giampiccolo et al., "The Third
PASCAL Recognizing Textual Entailment Challenge", 2007.
"""

from __future__ import annotations

import os
from pathlib import Path
from xml.parsers import expat

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION, find_split_file
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import read_bytes

# The first challenge writes value="TRUE" and "FALSE", the others entailment="YES" and "NO". The
# label names are GLUE's.
_ATTRIBUTES = ("value", "entailment")
_LABELS = {
    "TRUE": "entailment",
    "YES": "entailment",
    "FALSE": "not_entailment",
    "NO": "not_entailment",
}
_TRAIN = ("rte1_dev", "rte1_test", "rte2_dev", "rte2_test", "rte3_dev")
_TEST = "rte3_test"
_SUFFIX = ".xml"


def read_rte(path: str | os.PathLike) -> TextDataset:
    """Reads one file of `<pair value="TRUE"><t>text</t><h>hypothesis</h></pair>`.

    Nothing outside the file is ever read.

    Args:
        path: the file.

    Returns:
        The texts as `texts` and the hypotheses as `text_pairs`, with each run of whitespace as one
        space. The labels are `entailment` and `not_entailment`.

    Raises:
        UserError: the file is missing, is not XML, defines entities or holds no pairs; or a pair
            lacks its text, its hypothesis or a known label. The message names file and line.
    """
    path = Path(path)
    pairs = _Pairs(path)
    content = read_bytes(path)
    try:
        pairs.parser.Parse(content, True)
    except expat.ExpatError as error:
        raise UserError(
            f"{path}:{error.lineno}: not valid XML ({expat.ErrorString(error.code)})"
        ) from error
    except UserError:
        raise
    # Python's codecs have no such encoding, or one of several bytes a character.
    except (LookupError, ValueError) as error:
        raise UserError(
            f"{path}: its encoding cannot be read ({error}); convert it to UTF-8 first"
        ) from error
    if not pairs.labels:
        raise UserError(f"{path} holds no pairs")
    return TextDataset(
        path.name, pairs.texts["t"], labels=pairs.labels, text_pairs=pairs.texts["h"]
    )


def load_rte(folder: str | os.PathLike, *, seed: int = 0) -> TextDatasetSplits:
    """Loads `rte1_dev.xml` to `rte3_test.xml` of a folder.

    The test split is the third challenge's test file. Train holds everything that was public
    before it, except for a stratified tenth, drawn at random, which is the validation split.

    Args:
        folder: the folder.
        seed: fixes the examples of the validation split.

    Raises:
        UserError: a file is missing or cannot be used.
    """
    folder = Path(folder)
    train = concatenate([read_rte(_file(folder, stem)) for stem in _TRAIN], folder.name)
    return TextDatasetSplits(
        *train.split(VALIDATION_FRACTION, seed), read_rte(_file(folder, _TEST))
    )


def is_rte(folder: str | os.PathLike) -> bool:
    """Returns whether a folder has the first of the files that `load_rte` reads.

    Args:
        folder: any path.
    """
    return _file(Path(folder), _TRAIN[0]).is_file()


def _file(folder: Path, stem: str) -> Path:
    return find_split_file(folder, (stem,), (_SUFFIX,)) or folder / f"{stem}{_SUFFIX}"


class _Pairs:
    """Collects the pairs, by the events of a parser that knows the current line, for messages.

    Args:
        path: the file, for messages.

    Attributes:
        parser: the parser, to which the file is yet to be given.
        texts: the texts and the hypotheses so far, by the name of their element.
        labels: the labels so far.
    """

    def __init__(self, path: Path) -> None:
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters
        self.parser.EntityDeclHandler = self._entity
        self.texts: dict[str, list[str]] = {"t": [], "h": []}
        self.labels: list[str] = []
        self._path = path
        self._in_pair = False
        # The pieces of the text that is open.
        self._pieces: list[str] | None = None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "pair":
            if self._in_pair:
                raise self._error("a <pair> begins within another")
            given = [attributes[key] for key in _ATTRIBUTES if key in attributes]
            if len(given) != 1 or given[0] not in _LABELS:
                shown = " and ".join(repr(value[:40]) for value in given) or "no label"
                raise self._error(
                    f"the pair has {shown}, not one of {', '.join(_LABELS)} as its "
                    f"{' or '.join(_ATTRIBUTES)}"
                )
            self._in_pair = True
            self.labels.append(_LABELS[given[0]])
        elif name in self.texts:
            if not self._in_pair or self._pieces is not None:
                place = "within another text" if self._in_pair else "outside of a pair"
                raise self._error(f"a <{name}> begins {place}")
            self._pieces = []

    def _characters(self, content: str) -> None:
        if self._pieces is not None:
            self._pieces.append(content)

    def _end(self, name: str) -> None:
        if name in self.texts:
            self.texts[name].append(" ".join("".join(self._pieces or ()).split()))
            self._pieces = None
        elif name == "pair":
            self._in_pair = False
            for key, texts in self.texts.items():
                if len(texts) != len(self.labels) or not texts[-1]:
                    raise self._error(f"the pair that ends here has no text in one <{key}>")

    def _entity(self, name: str, is_parameter: int, value: str | None, *_: object) -> None:
        # Entities made of entities grow without bound. Those of other files, whose value is None,
        # are never read.
        if value is not None:
            raise self._error(
                f"the file defines the entity {name[:40]!r}; write its text where it is used"
            )

    def _error(self, message: str) -> UserError:
        return UserError(f"{self._path}:{self.parser.CurrentLineNumber}: {message}")
