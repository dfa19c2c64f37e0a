"""The head of a pretrained model keeps its labels, whatever the order of the labels of the data."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import tf_keras as keras

from tfsqueeze import BertConfig, BertForSequenceClassification, BertForTokenClassification
from tfsqueeze.data.datasets.text_dataset import TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.tasks.task_training import order_labels
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

LENGTH = 12


@pytest.fixture(scope="module")
def splits(topics_folder):
    return load_dataset(topics_folder)


@pytest.fixture(scope="module")
def checkpoint(splits, tmp_path_factory):
    """A function that writes a checkpoint with labels; returns its folder and its model."""
    words = sorted({word for text in splits.train.texts for word in text.split()})
    tokenizer = WordPieceTokenizer(
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words], max_length=LENGTH
    )

    def write(labels, model_class=BertForSequenceClassification):
        keras.utils.set_random_seed(3)  # another than that of a new head
        config = BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=LENGTH,
            # Different texts then get different labels.
            initializer_range=1.0,
        ).with_labels(labels)
        model = model_class(config, input_names=("input_ids",))
        folder = tmp_path_factory.mktemp("checkpoint")
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        return folder, model, tokenizer

    return write


def train(folder, checkpoint, splits, task=TEXT_CLASSIFICATION):
    """Trains for no epoch: what is learned is what the checkpoint knows."""
    options = TrainingOptions(pretrained=str(checkpoint), epochs=0, qat_epochs=0, max_length=LENGTH)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return train_task(folder, task, splits, options)


def renamed(splits, names):
    """The dataset with other labels."""

    def rename(part):
        return dataclasses.replace(part, labels=[names[label] for label in part.labels])

    return TextDatasetSplits(rename(splits.train), rename(splits.validation))


def predicted(model, tokenizer, texts):
    ids = tokenizer(texts)["input_ids"].numpy()
    labels = list(model.config.id2label.values())
    return [labels[index] for index in model.predict({"input_ids": ids}, verbose=0).argmax(1)]


@pytest.mark.parametrize(
    "labels",
    [["weather", "food", "animals"], ["sports", "weather", "animals", "food"]],
    ids=["another order", "one label more"],
)
def test_labels_keep_their_order_by_name(labels, checkpoint, splits, tmp_path):
    folder, model, tokenizer = checkpoint(labels)
    run = train(tmp_path / "run", folder, splits)
    assert run.label_names == labels
    texts = splits.validation.texts
    expected = predicted(model, tokenizer, texts)
    assert len(set(expected)) > 1
    assert predicted(run.float_model, run.tokenizer, texts) == expected


def test_labels_without_names_are_matched_by_number(checkpoint, splits, tmp_path):
    folder, model, tokenizer = checkpoint(["LABEL_0", "LABEL_1", "LABEL_2"])
    numbered = renamed(splits, {"animals": "2", "food": "0", "weather": "1"})
    run = train(tmp_path / "run", folder, numbered)
    assert run.label_names == ["0", "1", "2"]
    texts = splits.validation.texts
    expected = [name.removeprefix("LABEL_") for name in predicted(model, tokenizer, texts)]
    assert predicted(run.float_model, run.tokenizer, texts) == expected


@pytest.mark.parametrize("labels", [["yes", "no", "maybe"], ["yes", "no"]])
def test_a_head_for_other_labels_is_replaced_with_a_warning(labels, checkpoint, splits, tmp_path):
    folder, model, _ = checkpoint(labels)
    options = TrainingOptions(pretrained=str(folder), epochs=0, qat_epochs=0, max_length=LENGTH)
    with pytest.warns(UserWarning, match="has a head for other labels .*: the model gets a new"):
        run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert run.label_names == ["animals", "food", "weather"]
    encoder, new = (
        each.get_layer("layer_0_query").get_weights()[0] for each in (model, run.float_model)
    )
    np.testing.assert_array_equal(encoder, new)
    assert not np.array_equal(
        model.get_layer("classifier").get_weights()[0],
        run.float_model.get_layer("classifier").get_weights()[0],
    )


def test_tags_keep_their_order(checkpoint, splits, tmp_path):
    tags = ["O", "B-topic", "I-topic"]
    folder, model, _ = checkpoint(tags, BertForTokenClassification)
    sentences = [text.split() for text in splits.train.texts[:40]]
    part = TokenDataset(
        "words", sentences, tags=[["O", *["B-topic"] * (len(s) - 1)] for s in sentences]
    )
    run = train(tmp_path / "run", folder, TokenDatasetSplits(part, part), TOKEN_CLASSIFICATION)
    assert run.label_names == tags
    ids = {"input_ids": run.tokenizer(splits.train.texts[:8])["input_ids"].numpy()}
    np.testing.assert_allclose(
        run.float_model.predict(ids, verbose=0), model.predict(ids, verbose=0), atol=1e-5
    )


@pytest.mark.parametrize("change", [1, -1])
def test_a_vocabulary_that_does_not_fit_the_embeddings_is_refused(
    change, checkpoint, splits, tmp_path
):
    folder, _, tokenizer = checkpoint(["animals", "food", "weather"])
    tokens = [*tokenizer.vocabulary, "more"][: tokenizer.vocab_size + change]
    (folder / "vocab.txt").write_text("\n".join(tokens) + "\n", "utf-8")
    with pytest.raises(UserError, match=r"vocab.txt has \d+ tokens, and the model embeddings for"):
        train(tmp_path / "run", folder, splits)


def test_no_label_is_no_match():
    assert order_labels([], ["a"]) is None
    assert order_labels(["0"], ["LABEL_0", "LABEL_1"]) is None
