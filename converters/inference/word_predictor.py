"""Tagged words of texts, for the predictors of entities and of slots."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from converters.inference.predictor import TEXTS_PER_BATCH, Predictor, checked_texts
from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.decoding.bio import bio_spans
from tfsqueeze.tasks import Encodings
from tfsqueeze.tasks.outputs import WordTag, softmax
from tfsqueeze.tokenizers.words import LocatedWord, locate_words, split_words


@dataclass(frozen=True)
class Entity:
    """A span of a text, such as a named entity or a slot.

    Args:
        text: the characters of the span.
        type: the type that its tags name.
        start: its first character in the text.
        end: the character after its last.
        score: the mean, over its words, of the probability of the tag that the word has.
    """

    text: str
    type: str
    start: int
    end: int
    score: float


class WordPredictor(Predictor):
    """The base of the predictors that tag words.

    Words are those of `split_words`: they end around punctuation.
    """

    def _unlabelled(self, texts):
        return TokenDataset(texts.name, [split_words(text) for text in texts.texts])

    def _tag(
        self, texts: Iterable[str], output: str
    ) -> Iterator[tuple[list[str], dict[str, np.ndarray], list[list[Entity]]]]:
        """Yields texts, their logits by output, and the entities in each text, batch by batch."""
        texts = checked_texts(texts)
        for start in range(0, len(texts), TEXTS_PER_BATCH):
            part = texts[start : start + TEXTS_PER_BATCH]
            # A row has no room for more words.
            located = [list(itertools.islice(locate_words(text), self.max_length)) for text in part]
            encodings, logits = self._run(
                TokenDataset("texts", [[word.text for word in words] for words in located])
            )
            yield part, logits, self._entities(output, part, located, encodings, logits[output])

    def _entities(
        self,
        output: str,
        texts: Sequence[str],
        located: Sequence[Sequence[LocatedWord]],
        encodings: Encodings,
        logits: np.ndarray,
    ) -> list[list[Entity]]:
        """Returns the entities of each text, given its words with their positions."""
        names = self.classes[output]
        best = WordTag.best_tags(logits, encodings, names)
        probabilities = np.take_along_axis(softmax(logits), best[:, :, None], axis=-1)[:, :, 0]
        entities_of_texts = []
        for text, words, tags, word_ids, row in zip(
            texts,
            located,
            WordTag.name_tags(best, encodings, names),
            encodings.word_ids,
            probabilities,
            strict=True,
        ):
            scores = row[word_ids >= 0]
            entities = []
            for first, last, kind in bio_spans(tags):
                start, end = words[first].start, words[last - 1].end
                entities.append(
                    Entity(text[start:end], kind, start, end, float(scores[first:last].mean()))
                )
            entities_of_texts.append(entities)
        return entities_of_texts
