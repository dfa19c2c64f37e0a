"""Sentiment datasets rated by people, from the archive of vaderSentiment.

Hutto and Gilbert, "VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media
Text", ICWSM 2014.
"""

from __future__ import annotations

import io
import tarfile

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.utils.archives import VADER_SENTIMENT, fetch_archive, read_member

_INNER_ARCHIVE = "vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz"


def load_vader(name: str, file_stem: str) -> TextDataset:
    """Loads texts with the label `positive` or `negative`, the sign of their mean human rating.

    Ratings range from -4 to 4. Texts with a mean of exactly 0 (4 of 4,200 tweets, 37 of 10,605
    movie snippets, 98 of 3,708 product snippets, 244 of 5,190 editorial snippets) are left out.

    Args:
        name: the name of the dataset.
        file_stem: the beginning of the file's name in the archive, such as "tweets".

    Raises:
        UserError: the archive cannot be fetched.
    """
    inner = read_member(fetch_archive(VADER_SENTIMENT), _INNER_ARCHIVE)
    with tarfile.open(fileobj=io.BytesIO(inner)) as files:
        member = files.extractfile(f"hutto_ICWSM_2014/{file_stem}_GroundTruth.txt")
        if member is None:
            raise ValueError(f"{file_stem}_GroundTruth.txt is not a file in {_INNER_ARCHIVE}")
        lines = member.read().decode("utf-8").split("\n")
    texts, labels = [], []
    for line in lines:
        if not line.strip():
            continue
        _, mean_rating, text = line.rstrip("\r").split("\t")
        if float(mean_rating) != 0:
            texts.append(text)
            labels.append("positive" if float(mean_rating) > 0 else "negative")
    return TextDataset(name, texts, labels=labels)
