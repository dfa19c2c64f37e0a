"""Teachers of pairs, of tagged words and of intents with slots; and noisy copies beside them."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tfsqueeze.data.datasets.token_dataset import TokenDataset
from tfsqueeze.data.readers.conll import load_conll_folder
from tfsqueeze.data.readers.snips import load_snips
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import INTENT_AND_SLOTS, TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.batches import TrainingBatches
from tfsqueeze.training.teacher import Teacher
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run


def mixed_up(splits):
    """With the labels of training mixed up, only a teacher can have taught what is known."""
    train, changes = splits.train, {}
    if train.labels is not None:
        changes["labels"] = list(np.roll(train.labels, 1))
    if getattr(train, "tags", None) is not None:
        changes["tags"] = [list(np.roll(tags, 1)) for tags in train.tags]
        # I- tags in wrong places are what a repair would undo.
        changes["tags"] = [
            ["O" if tag == "O" else f"B-{tag[2:]}" for tag in tags] for tags in changes["tags"]
        ]
        changes["tags"][0] = train.tags[0]
    return dataclasses.replace(splits, train=dataclasses.replace(train, **changes))


BERT = {
    "model_type": "bert",
    "learning_rate": 5e-3,
    "model": {
        "hidden_size": 32,
        "num_attention_heads": 2,
        "intermediate_size": 64,
        "num_hidden_layers": 1,
        "hidden_dropout_prob": 0.0,
    },
}


def taught(task, splits, options, folder, architecture=BERT, **changes):
    """A student of a teacher with another tokenizer, and another architecture."""
    options = dataclasses.replace(options, epochs=12, patience=12)
    teacher = train_task(
        folder / "teacher",
        task,
        splits,
        dataclasses.replace(options, qat_epochs=0, vocab_size=60, **architecture),
    )
    return train_task(
        folder / "student",
        task,
        mixed_up(splits),
        dataclasses.replace(options, teacher=str(teacher.folder), **changes),
    )


@pytest.mark.slow
def test_words_are_taught_by_another_tokenizer(conll_folder, options, tmp_path):
    run = taught(
        TOKEN_CLASSIFICATION,
        load_conll_folder(conll_folder),
        options,
        tmp_path,
        noisy_copies=1,
        augmented_copies=1,
    )
    assert "logits_loss" in run.history["float"][0]
    for stage in ("float", "qat"):
        assert max(row["val_f1"] for row in run.history[stage]) > 0.8
    assert load_run(run.folder).options.noisy_copies == 1


@pytest.mark.slow
def test_intents_and_slots_are_taught_at_once(snips_folder, options, tmp_path):
    run = taught(INTENT_AND_SLOTS, load_snips(snips_folder), options, tmp_path)
    best = max(run.history["qat"], key=lambda row: row["val_score"])
    assert best["val_intent_accuracy"] > 0.8 and best["val_slot_f1"] > 0.8
    assert {"intent_logits_loss", "slot_logits_loss"} <= set(run.history["float"][0])


@pytest.mark.slow
def test_pairs_are_taught(pairs_folder, options, tmp_path):
    run = taught(
        TEXT_CLASSIFICATION,
        load_dataset(pairs_folder, text_pair_column="other"),
        options,
        tmp_path,
        architecture={},
        noisy_copies=1,
    )
    for stage in ("float", "qat"):
        assert max(row["val_accuracy"] for row in run.history[stage]) > 0.8


class Reads:
    """A tagger whose logits of a token are its id, by a vocabulary of letters."""

    def __init__(self, config):
        self.config, self.input_names, self.weights = config, ["input_ids"], []


@pytest.fixture
def tokenizers():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = [*special, *"abc", *(f"##{letter}" for letter in "abc")]
    return (
        WordPieceTokenizer(letters, max_length=8),
        WordPieceTokenizer([*special, "ab", "c", "cab"], max_length=8),
    )


def test_logits_go_from_word_to_word(tokenizers, monkeypatch, tmp_path):
    by_letters, by_words = tokenizers

    class Outputs:
        def __init__(self, folder, model, inputs, progress):
            self.ids = inputs["input_ids"]

        def batch(self, rows, length):
            return {"logits": self.ids[rows, :length, None].astype("float16")}

    monkeypatch.setattr("tfsqueeze.training.teacher.TeacherOutputs", Outputs)
    teacher = Teacher(None, Reads(None), by_letters, *[TOKEN_CLASSIFICATION] * 2)
    dataset = TokenDataset("words", [["c", "ab"], ["cab", "cab", "c"]])
    # The second row is a noisy copy of the second sentence, the third one of the first.
    rows = TOKEN_CLASSIFICATION.encode(
        by_words, TokenDataset("rows", [["c", "ab"], ["cab", "cba", "c"], ["x", "ab"]])
    )
    found = teacher.logits(dataset, rows, np.array([0, 1, 0]), tmp_path)["logits"][..., 0]
    a, c = (by_letters.vocabulary.index(letter) for letter in "ac")
    nan = np.nan
    # By letters the second sentence has room for two of its three words.
    np.testing.assert_array_equal(
        found,
        [
            [nan, c, a, nan, nan, nan, nan, nan],
            [nan, c, c, nan, nan, nan, nan, nan],
            [nan, c, a, nan, nan, nan, nan, nan],
        ],
    )


def test_batches_pad_the_logits_of_words_with_what_teaches_nothing(tokenizers):
    ids = np.zeros((8, 8), np.int32)
    for row in range(8):
        ids[row, : 1 + row] = 5
    logits = np.where(ids[..., None] == 5, np.float16(2.0), np.float16(np.nan))
    batches = TrainingBatches(
        ids,
        np.where(ids == 5, 1, -100),
        tokenizers[0],
        TOKEN_CLASSIFICATION.outputs,
        batch_size=2,
        word_dropout=0.0,
        seed=0,
        teacher_logits={"logits": logits},
    )
    for inputs, targets in batches.dataset():
        tokens = inputs["input_ids"].numpy() == 5
        assert targets["logits"].shape == (*tokens.shape, 1)
        np.testing.assert_array_equal(~np.isnan(targets["logits"][..., 0]), tokens)
        np.testing.assert_array_equal(targets["labels"] == 1, tokens)
