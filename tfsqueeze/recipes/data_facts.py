"""What there is to know of a dataset before training: size, lengths, words, classes."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from tfsqueeze.checkpoints.model_sources import pretrained_folder
from tfsqueeze.data.datasets.dataset import Splits
from tfsqueeze.data.datasets.language_identification import identify_languages, main_languages
from tfsqueeze.data.datasets.question_dataset import QuestionDataset
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.tokenizer_files import read_tokenizer_files

# Whose vocabulary counts tokens and tells English from other languages.
_BACKBONE = "squeezebert-tiny"
# Below this share of whole words, texts are of another language than the backbones'; `DataFacts`
# has the figures.
ENGLISH_WORDS = 0.8
_MOST_TEXTS = 2000
_MOST_TOKENS = 512
_PERCENTILE = 99


@dataclasses.dataclass(frozen=True)
class DataFacts:
    """Facts of a dataset's training part.

    Attributes:
        task: the name of the task that the data are for.
        pairs: whether the texts are pairs; a question and its context are.
        examples: the number of examples.
        classes: the number of labels, or of tags; 0 without.
        rarest_share: the share of the examples that the rarest class has, in 0..1; None if the
            examples are not of one class each.
        tokens: the 99th percentile of the number of tokens of an example, special tokens
            included, with the vocabulary of the backbone. It is 512 at most.
        whole_words: the share of words that are one token in that vocabulary, in 0..1. It is at
            least 0.86 in the English datasets of this project and at most 0.74 in those of other
            languages.
        languages: the languages of the texts with their shares, as the data say them or else as
            they are identified; None for English texts.
    """

    task: str
    pairs: bool
    examples: int
    classes: int
    rarest_share: float | None
    tokens: int
    whole_words: float
    languages: str | None


def find_facts(task: str, splits: Splits) -> DataFacts:
    """Returns the facts of a dataset. Words and tokens are counted in 2,000 of its texts.

    Args:
        task: the name of the task.
        splits: the parts of the data.
    """
    train: Any = splits.train
    sample = train.take(_sample(len(train)))
    texts, text_pairs = _texts(sample)
    counts, whole = _count_tokens(texts, text_pairs)
    languages = None
    if whole < ENGLISH_WORDS:
        named = getattr(sample, "languages", None)
        languages = main_languages(identify_languages(texts) if named is None else named[:])
    labels = getattr(train, "labels", None)
    is_one_class = bool(labels) and all(isinstance(label, str) for label in labels)
    names = getattr(splits, "tag_names", None) or splits.label_names or ()
    return DataFacts(
        task=task,
        pairs=text_pairs is not None,
        examples=len(train),
        classes=len(names),
        rarest_share=min(Counter(labels).values()) / len(labels) if is_one_class else None,
        tokens=int(np.ceil(np.percentile(counts, _PERCENTILE))),
        whole_words=whole,
        languages=languages,
    )


def _sample(examples: int) -> Sequence[int]:
    """Returns at most 2,000 of the numbers of examples, the same each time."""
    if examples <= _MOST_TEXTS:
        return range(examples)
    return sorted(np.random.default_rng(0).permutation(examples)[:_MOST_TEXTS].tolist())


def _texts(dataset: Any) -> tuple[list[str], list[str] | None]:
    """Returns the texts of a dataset, and the second ones of pairs."""
    if isinstance(dataset, TokenDataset):
        return [" ".join(words) for words in dataset.sentences], None
    if isinstance(dataset, QuestionDataset):
        return dataset.questions, dataset.contexts
    return dataset.texts, dataset.text_pairs


def _count_tokens(
    texts: Sequence[str], text_pairs: Sequence[str] | None
) -> tuple[np.ndarray, float]:
    """Returns the number of tokens of each text or pair, and the share of whole words."""
    vocabulary, settings = read_tokenizer_files(pretrained_folder(_BACKBONE))
    tokenizer = DeviceTokenizer.from_settings(settings, vocabulary)
    encoded = tokenizer(texts, text_pairs, max_length=_MOST_TOKENS)
    ids, is_token = encoded["input_ids"], encoded["attention_mask"] == 1
    is_special = np.isin(ids, [tokenizer.cls_token_id, tokenizer.sep_token_id])
    continues = tokenizer.is_continuation[ids] & is_token
    begins = is_token & ~continues & ~is_special
    is_split = begins[:, :-1] & continues[:, 1:]
    return is_token.sum(axis=1), 1 - is_split.sum() / max(begins.sum(), 1)
