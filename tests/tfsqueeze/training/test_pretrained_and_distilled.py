"""Runs that start from a pretrained model, and runs that learn from a teacher."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from converters.conversion.runs import convert_run
from converters.runtime.interpreters import open_model
from tfsqueeze import BertConfig
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.data.datasets.neighbour_words import NeighbourWords
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.tasks import TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.training.batches import TrainingBatches, tokenize
from tfsqueeze.training.encoding import encode_examples
from tfsqueeze.training.examples import Examples, Origin, add_variants
from tfsqueeze.training.teacher import load_teacher
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

SMALL = {"hidden_size": 32, "num_attention_heads": 2, "intermediate_size": 64}
ONE_LAYER = {**SMALL, "num_hidden_layers": 1, "layer_types": ["attention"]}


@pytest.fixture(scope="module")
def splits(topics_folder):
    return load_dataset(topics_folder)


@pytest.fixture(scope="module")
def teacher_run(splits, tiny_options, tmp_path_factory):
    options = dataclasses.replace(
        tiny_options,
        model_type="bert",
        model={**SMALL, "num_hidden_layers": 1, "hidden_dropout_prob": 0.0},
        epochs=12,
        patience=12,
        learning_rate=2e-3,
        qat_epochs=0,
    )
    return train_task(
        tmp_path_factory.mktemp("teacher") / "run", TEXT_CLASSIFICATION, splits, options
    )


def test_other_architectures_train_convert_and_load(teacher_run, splits):
    assert isinstance(teacher_run.config, BertConfig)
    assert max(row["val_accuracy"] for row in teacher_run.history["float"]) > 0.8
    loaded = load_run(teacher_run.folder)
    assert loaded.config == teacher_run.config
    ids = tokenize(loaded.tokenizer, splits.validation.texts)
    float_logits = loaded.float_model.predict({"input_ids": ids}, verbose=0)
    int8_logits = open_model(convert_run(loaded)).predict_logits({"input_ids": ids})
    assert (int8_logits.argmax(1) == float_logits.argmax(1)).mean() > 0.9


@pytest.mark.slow
def test_a_student_learns_from_its_teacher_alone(teacher_run, splits, one_layer_options, tmp_path):
    # With the labels mixed up, only the teacher can have taught what it knows.
    mixed = dataclasses.replace(splits.train, labels=list(np.roll(splits.train.labels, 1)))
    more = tmp_path / "more.txt"
    more.write_text("\n".join(" ".join(text.split()[::-1]) for text in mixed.texts), "utf-8")
    options = dataclasses.replace(
        one_layer_options,
        teacher=str(teacher_run.folder),
        augmented_copies=1,
        epochs=2,
        unlabelled=[str(more)],
    )
    counts = []
    run = train_task(
        tmp_path / "run",
        TEXT_CLASSIFICATION,
        dataclasses.replace(splits, train=mixed),
        options,
        teacher_progress=lambda *count: counts.append(count),
    )
    texts, of = counts[-1]
    assert texts == of and 2 * 1.5 * len(mixed) < of <= 2 * 2 * len(mixed)
    for stage in ("float", "qat"):
        assert max(row["val_accuracy"] for row in run.history[stage]) > 0.8
    assert "logits_loss" in run.history["float"][0]
    assert run.config.model_type == "squeezebert"
    assert load_run(run.folder).options == options


def test_a_run_starts_from_a_pretrained_folder(trained_run, splits, tmp_path):
    config = load_preset(
        "squeezebert-micro",
        **ONE_LAYER,
        hidden_dropout_prob=0.0,
        vocab_size=trained_run.tokenizer.vocab_size,
    )
    backbone = SqueezeBertModel(config, input_names=("input_ids",))
    backbone.save_pretrained(tmp_path / "backbone", dtype="float16")
    trained_run.tokenizer.save_pretrained(tmp_path / "backbone")
    options = TrainingOptions(
        pretrained=str(tmp_path / "backbone"),
        epochs=1,
        qat_epochs=0,
        model={"hidden_dropout_prob": 0.1},
        max_length=12,
        learning_rate=1e-12,
    )
    run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert run.tokenizer.vocabulary == trained_run.tokenizer.vocabulary
    assert run.tokenizer.max_length == 12
    assert run.config.hidden_dropout_prob == 0.1 and run.config.num_labels == 3
    table = backbone.get_layer("embeddings").word_embeddings.numpy()
    np.testing.assert_allclose(
        run.float_model.get_layer("embeddings").word_embeddings.numpy(), table, atol=1e-4
    )


def test_a_run_starts_from_an_earlier_run(trained_run, splits, tmp_path):
    options = TrainingOptions(
        pretrained=str(trained_run.folder), epochs=0, qat_epochs=0, max_length=12
    )
    run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert run.tokenizer.vocabulary == trained_run.tokenizer.vocabulary
    assert run.label_names == trained_run.label_names
    # The same labels, so the head stays too.
    for ours, theirs in zip(
        run.float_model.get_weights(), trained_run.float_model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(ours, theirs)
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "run.json").write_text("{}")
    with pytest.raises(UserError, match="unfinished holds no finished training run"):
        train_task(
            tmp_path / "other",
            TEXT_CLASSIFICATION,
            splits,
            dataclasses.replace(options, pretrained=str(tmp_path / "unfinished")),
        )


@pytest.mark.slow
def test_a_pretrained_model_gets_a_vocabulary_of_the_texts(trained_run, splits, tmp_path):
    config = load_preset(
        "squeezebert-micro", **ONE_LAYER, vocab_size=trained_run.tokenizer.vocab_size
    )
    SqueezeBertModel(config, input_names=("input_ids",)).save_pretrained(tmp_path / "backbone")
    trained_run.tokenizer.save_pretrained(tmp_path / "backbone")
    options = TrainingOptions(
        pretrained=str(tmp_path / "backbone"),
        new_vocabulary=True,
        vocab_size=60,
        lowercase=False,
        epochs=0,
        qat_epochs=0,
        max_length=12,
    )
    run = train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)
    assert not run.tokenizer.lowercase and run.tokenizer.max_length == 12
    assert run.tokenizer.vocab_size == run.config.vocab_size <= 60
    assert run.tokenizer.vocabulary != trained_run.tokenizer.vocabulary
    table = run.float_model.get_layer("embeddings").word_embeddings
    assert table.shape == (run.config.vocab_size, run.config.embedding_size)
    assert load_run(run.folder).options == options
    with pytest.raises(UserError, match="new_vocabulary is for a pretrained model"):
        TrainingOptions(new_vocabulary=True)


def test_variants_are_of_like_words_and_the_same_again(teacher_run, splits):
    teacher = load_teacher(teacher_run.folder, TEXT_CLASSIFICATION, {"logits": splits.label_names})
    similar = NeighbourWords.of_model(teacher.tokenizer.vocabulary, teacher.model)
    options = TrainingOptions(teacher="x", augmented_copies=2, replaced_words=0.5)
    part = splits.train.take(range(50))
    examples = add_variants(Examples.originals(part), similar, options)
    varied = examples.dataset
    texts, found = part.texts, varied.texts
    assert examples.origins.tolist() == 50 * [Origin.ORIGINAL] + 100 * [Origin.VARIANT]
    np.testing.assert_array_equal(examples.sources, np.tile(np.arange(50), 3))
    assert found[:50] == texts and len(found) == 150
    assert varied == add_variants(Examples.originals(part), similar, options).dataset
    assert varied.labels == 3 * part.labels
    assert found[50:100] != found[100:]
    words = [
        (a, b)
        for old, new in zip(texts * 2, found[50:], strict=True)
        for a, b in zip(old.split(), new.split(), strict=True)
    ]
    assert 0.3 < np.mean([a != b for a, b in words]) < 0.6


@pytest.mark.slow
def test_variants_without_a_teacher_keep_their_labels(trained_run, splits, tmp_path, monkeypatch):
    seen = []

    def encode(examples, **options):
        seen.append(examples)
        return encode_examples(examples, **options)

    monkeypatch.setattr("tfsqueeze.training.train_task.encode_examples", encode)
    few = dataclasses.replace(splits, train=splits.train.sample(60, seed=0))
    options = TrainingOptions(
        pretrained=str(trained_run.folder),
        augmented_copies=2,
        replaced_words=0.5,
        epochs=1,
        qat_epochs=0,
        max_length=12,
    )
    train_task(tmp_path / "run", TEXT_CLASSIFICATION, few, options)
    similar = NeighbourWords.of_model(trained_run.tokenizer.vocabulary, trained_run.float_model)
    expected = add_variants(Examples.originals(few.train), similar, options)
    assert len(expected) == 180 and seen[0].dataset == expected.dataset
    assert seen[0].dataset.labels == 3 * few.train.labels


def test_a_teacher_of_other_labels_is_refused(teacher_run, tmp_path):
    with pytest.raises(UserError, match="are not the 2 of this data"):
        load_teacher(teacher_run.folder, TEXT_CLASSIFICATION, {"logits": ["a", "b"]})
    with pytest.raises(UserError, match="holds no trained teacher"):
        load_teacher(tmp_path, TEXT_CLASSIFICATION, {"logits": ["a", "b"]})
    with pytest.raises(UserError, match="of single texts, not for text-classification of pairs"):
        load_teacher(teacher_run.folder, TEXT_CLASSIFICATION, {}, pairs=True)
    with pytest.raises(UserError, match="single texts, not for token-classification"):
        load_teacher(teacher_run.folder, TOKEN_CLASSIFICATION, {})
    with pytest.raises(UserError, match="augmented_copies need a teacher or a pretrained model"):
        TrainingOptions(augmented_copies=1)


def test_batches_keep_texts_and_logits_together(tmp_path, trained_run):
    tokenizer = trained_run.tokenizer
    ids = np.zeros((20, 12), np.int32)
    for row in range(20):
        ids[row, : 3 + row % 7] = 10 + row
    logits = np.arange(20, dtype=np.float32)[:, None].repeat(3, 1)
    batches = TrainingBatches(
        ids,
        np.arange(20, dtype=np.int32),
        tokenizer,
        TEXT_CLASSIFICATION.outputs,
        batch_size=4,
        word_dropout=0.0,
        seed=0,
        teacher_logits={"logits": logits},
    )
    seen = []
    for inputs, targets in batches.dataset():
        np.testing.assert_array_equal(inputs["input_ids"][:, 0] - 10, targets["labels"])
        np.testing.assert_array_equal(targets["logits"][:, 0], targets["labels"])
        seen += targets["labels"].numpy().tolist()
    assert sorted(seen) == list(range(20))
