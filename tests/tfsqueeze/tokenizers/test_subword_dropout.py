"""Random splits of tokens, and training with them."""

import numpy as np
import pytest
import tensorflow as tf

from tfsqueeze.tasks import IGNORE_INDEX
from tfsqueeze.tasks.outputs import TextLabel, WordTag
from tfsqueeze.tokenizers.subword_dropout import SubwordDropout, token_splits
from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches

LETTERS = "ranceg"
VOCABULARY = [
    *SPECIAL_TOKENS,
    *LETTERS,
    *(f"##{letter}" for letter in LETTERS),
    "orange",
    "range",
    "##ange",
    "ra",
    "##nge",
    "##ge",
    "né",
    "?",
]


def test_ways_to_split_have_the_letters_of_their_token():
    ways = token_splits(VOCABULARY, seed=0).to_list()
    assert len(ways) == 9 * len(VOCABULARY)
    for index, token in enumerate(VOCABULARY):
        whole, *others = ways[9 * index : 9 * index + 9]
        assert whole == [index]
        for parts in others:
            parts = [VOCABULARY[part] for part in parts]
            assert all(part.startswith("##") for part in parts[1:])
            assert "".join(part.removeprefix("##") for part in parts) == token.removeprefix("##")
            assert parts[0].startswith("##") == token.startswith("##")

    def split(token):
        index = VOCABULARY.index(token)
        return {tuple(row) for row in ways[9 * index + 1 : 9 * index + 9]}

    assert min(map(len, split("range"))) > 1 and len(split("range")) > 2
    # There is no "o" to begin with, no "##é" to end with, and special tokens are no words.
    for token in ("orange", "né", "r", *SPECIAL_TOKENS):
        assert split(token) == {(VOCABULARY.index(token),)}
    assert token_splits(VOCABULARY, seed=0).to_list() == ways
    assert token_splits(VOCABULARY, seed=1).to_list() != ways


def test_the_share_of_tokens_that_are_split_is_the_chance():
    ids = tf.fill([4000], VOCABULARY.index("range"))
    new, sources = SubwordDropout(VOCABULARY, 0.3, seed=0)(ids, (0, 0))
    assert len(new) == len(sources)
    split = (np.bincount(sources, minlength=4000) > 1).mean()
    assert split == pytest.approx(0.3, abs=0.03)
    assert (np.diff(sources) >= 0).all()


def test_batches_move_targets_to_the_first_part_of_what_is_split():
    tokenizer = WordPieceTokenizer(VOCABULARY, max_length=12)
    rows = tokenizer.encode_words([["range"] * (1 + index % 10) for index in range(64)])
    tags = np.where(rows.word_ids >= 0, rows.word_ids, IGNORE_INDEX)
    logits = np.where(tags[..., None] == IGNORE_INDEX, np.float32(np.nan), tags[..., None])
    labels = np.arange(64, dtype=np.int32)

    def batches(probability):
        return TrainingBatches(
            {name: rows.inputs[name] for name in ("input_ids", "token_type_ids")},
            {"intents": labels, "slots": tags},
            tokenizer,
            {"intents": TextLabel(), "slots": WordTag()},
            batch_size=8,
            word_dropout=0.0,
            subword_dropout=probability,
            seed=0,
            teacher_logits={"slots": logits.astype(np.float32)},
        )

    split, steps = batches(0.5), 0
    longer = cut = 0
    seen = []
    for inputs, targets in split.dataset():
        steps += 1
        assert inputs["token_type_ids"].shape == inputs["input_ids"].shape
        seen += targets["labels"]["intents"].numpy().tolist()
        for ids, found, taught, label in zip(
            inputs["input_ids"].numpy(),
            targets["labels"]["slots"].numpy(),
            targets["slots"].numpy(),
            targets["labels"]["intents"].numpy(),
            strict=True,
        ):
            words = 1 + label % 10
            tokens = ids[ids != tokenizer.pad_token_id]
            assert tokens[0] == tokenizer.cls_token_id and tokens[-1] == tokenizer.sep_token_id
            assert len(tokens) <= 12
            positions = np.flatnonzero(found != IGNORE_INDEX)
            # Each word once, at a token that begins it, in order.
            np.testing.assert_array_equal(found[positions], np.arange(len(positions)))
            assert not any(VOCABULARY[one].startswith("##") for one in ids[positions])
            np.testing.assert_array_equal(taught[:, 0][positions], found[positions])
            assert np.isnan(np.delete(taught[:, 0], positions)).all()
            longer += len(tokens) > words + 2
            cut += len(positions) < words
            if len(tokens) < 12:
                assert tokenizer.decode(tokens) == " ".join(["range"] * words)
    assert sorted(seen) == labels.tolist()
    assert steps == split.steps == batches(0.0).steps
    assert longer and cut
