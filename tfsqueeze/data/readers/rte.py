"""The XML files of the Recognising Textual Entailment challenges, RTE1 to RTE3.

Dagan et al., "The PASCAL Recognising Textual Entailment Challenge", 2006; Bar-Haim et al., "The
Second PASCAL Recognising Textual Entailment Challenge", 2006; Giampiccolo et al., "The Third
PASCAL Recognizing Textual Entailment Challenge", 2007.
"""

from __future__ import annotations

import io
import os
import xml.sax
import xml.sax.handler
import xml.sax.xmlreader
from pathlib import Path

from tfsqueeze.data.datasets.concatenation import concatenate
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.readers.folders import VALIDATION_FRACTION
from tfsqueeze.data.readers.user_files import read_bytes
from tfsqueeze.utils.errors import UserError

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


def read_rte(path: str | os.PathLike) -> TextDataset:
    """Reads one file of `<pair value="TRUE"><t>text</t><h>hypothesis</h></pair>`.

    Args:
        path: the file.

    Returns:
        The texts as `texts` and the hypotheses as `text_pairs`, with each run of whitespace as one
        space. The labels are `entailment` and `not_entailment`.

    Raises:
        UserError: the file is missing, is not XML or holds no pairs; or a pair lacks its text, its
            hypothesis or a known label. The message names file and line.
    """
    path = Path(path)
    handler = _PairHandler(path)
    parser = xml.sax.make_parser()
    parser.setContentHandler(handler)
    # The files name a DTD that they do not come with; nothing outside the file is ever read.
    parser.setFeature(xml.sax.handler.feature_external_ges, False)
    try:
        parser.parse(io.BytesIO(read_bytes(path)))
    except xml.sax.SAXParseException as error:
        raise UserError(
            f"{path}:{error.getLineNumber()}: not valid XML ({error.getMessage()})"
        ) from error
    if not handler.labels:
        raise UserError(f"{path} holds no pairs")
    return TextDataset(
        path.name, handler.texts["t"], labels=handler.labels, text_pairs=handler.texts["h"]
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
    train = concatenate([read_rte(folder / f"{stem}.xml") for stem in _TRAIN], folder.name)
    return TextDatasetSplits(
        *train.split(VALIDATION_FRACTION, seed), read_rte(folder / f"{_TEST}.xml")
    )


def is_rte(folder: str | os.PathLike) -> bool:
    """Returns whether a folder has the first of the files that `load_rte` reads.

    Args:
        folder: any path.
    """
    return (Path(folder) / f"{_TRAIN[0]}.xml").is_file()


class _PairHandler(xml.sax.handler.ContentHandler):
    """Collects the pairs; a SAX parser because it knows the current line, for messages."""

    # The parser sets it before it calls any other method.
    _locator: xml.sax.xmlreader.Locator

    def __init__(self, path: Path):
        super().__init__()
        self.texts: dict[str, list[str]] = {"t": [], "h": []}
        self.labels: list[str] = []
        self._path = path
        self._pieces: list[str] | None = None

    def startElement(  # noqa: N802 - SAX's name
        self, name: str, attrs: xml.sax.xmlreader.AttributesImpl
    ) -> None:
        if name == "pair":
            given = [attrs[key] for key in _ATTRIBUTES if key in attrs]
            if len(given) != 1 or given[0] not in _LABELS:
                raise self._error(
                    f"the pair has {' and '.join(map(repr, given)) or 'no label'}, not one of "
                    f"{', '.join(_LABELS)} as its {' or '.join(_ATTRIBUTES)}"
                )
            self.labels.append(_LABELS[given[0]])
        elif name in self.texts:
            self._pieces = []

    def characters(self, content: str) -> None:
        if self._pieces is not None:
            self._pieces.append(content)

    def endElement(self, name: str) -> None:  # noqa: N802 - SAX's name
        if name in self.texts:
            self.texts[name].append(" ".join("".join(self._pieces or ()).split()))
            self._pieces = None
        elif name == "pair":
            for key, texts in self.texts.items():
                if len(texts) != len(self.labels) or not texts[-1]:
                    raise self._error(f"the pair that ends here has no text in one <{key}>")

    def _error(self, message: str) -> UserError:
        return UserError(f"{self._path}:{self._locator.getLineNumber()}: {message}")
