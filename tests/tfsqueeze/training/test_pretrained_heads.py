"""The head of a pretrained model keeps its labels, whatever the order of the labels of the data."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np
import pytest
import tf_keras as keras
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfsqueeze.checkpoint_folders import change_config
from tfsqueeze import (
    BertConfig,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)
from tfsqueeze.checkpoints.huggingface import holds_head
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.data.datasets.multi_label_dataset import (
    MultiLabelDataset,
    MultiLabelDatasetSplits,
)
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.tasks import (
    IGNORE_INDEX,
    MULTI_LABEL_CLASSIFICATION,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.pretrained_head import load_checkpoint
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError

LENGTH = 12
TOKENIZER = DeviceTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a"], max_length=4)


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


def test_numbers_are_those_of_the_heads_names(checkpoint, splits, tmp_path):
    labels = ["weather", "animals", "food"]
    folder, model, tokenizer = checkpoint(labels)
    numbered = renamed(splits, {name: str(number) for number, name in enumerate(labels)})
    run = train(tmp_path / "run", folder, numbered)
    assert run.label_names == labels
    texts = splits.validation.texts
    assert predicted(run.float_model, run.tokenizer, texts) == predicted(model, tokenizer, texts)


LABELS_IN_FILES = {
    "a label less": ["animals", "food"],
    "other labels": ["yes", "no", "maybe"],
    "no names": ["LABEL_0", "LABEL_1", "LABEL_2"],
    "one without a name": ["animals", "LABEL_1", "weather"],
    "a name twice": ["animals", "animals", "food", "weather"],
}


@pytest.mark.parametrize("labels", LABELS_IN_FILES.values(), ids=LABELS_IN_FILES)
def test_a_head_for_other_labels_is_refused(labels, checkpoint, splits, tmp_path):
    folder, _, _ = checkpoint(labels)
    with pytest.raises(UserError, match=r"id2label in config.json: .*\(--new-head\)$") as error:
        train(tmp_path / "run", folder, splits)
    message = str(error.value)
    assert message.startswith(str(folder)) and message.isprintable()
    if len(set(labels)) == len(labels):
        assert splits.train.name in message and "in its labels" in message
    assert not (tmp_path / "run" / "run.json").exists()


def test_a_new_head_is_for_other_labels(checkpoint, splits, tmp_path):
    folder, model, _ = checkpoint(["yes", "no"])
    options = TrainingOptions(
        pretrained=str(folder), new_head=True, epochs=0, qat_epochs=0, max_length=LENGTH
    )
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


def test_another_id_of_padding_is_refused(checkpoint, splits, tmp_path):
    folder, _, _ = checkpoint(["animals", "food", "weather"])
    change_config(folder, pad_token_id=1)
    with pytest.raises(UserError, match=r"pad_token_id is 1, and \[PAD\] has the id 0 in vocab.t"):
        train(tmp_path / "run", folder, splits)


def test_texts_longer_than_the_checkpoint_reads_are_refused(checkpoint, splits, tmp_path):
    folder, _, _ = checkpoint(["animals", "food", "weather"])
    options = TrainingOptions(pretrained=str(folder), max_length=LENGTH + 1)
    message = rf"max_position_embeddings is {LENGTH}, fewer than the 13 .*--max-length {LENGTH}\)"
    with pytest.raises(UserError, match=message):
        train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)


@pytest.mark.parametrize(
    ("problem_type", "message"),
    [
        (
            "multi_label_classification",
            "with 3 labels: its head needs the task multi-label-classification; or",
        ),
        ("regression", "with 3 labels: its head needs the task regression; or train a new head"),
        (["x"], r"one of regression, .* not \['x'\]"),
        ("ranking", "one of regression, single_label_classification, multi_label_classification"),
    ],
)
def test_a_head_for_another_problem_names_its_task(
    problem_type, message, checkpoint, splits, tmp_path
):
    folder, _, _ = checkpoint(["animals", "food", "weather"])
    change_config(folder, problem_type=problem_type)
    with pytest.raises(UserError, match=f"problem_type.* {message}"):
        train(tmp_path / "run", folder, splits)


def test_a_head_of_another_task_is_replaced(checkpoint, splits, tmp_path):
    folder, _, _ = checkpoint(["animals", "food", "weather"], BertForTokenClassification)
    options = TrainingOptions(pretrained=str(folder), epochs=0, qat_epochs=0, max_length=LENGTH)
    with pytest.warns(UserWarning, match="the model gets a new head"):
        train_task(tmp_path / "run", TEXT_CLASSIFICATION, splits, options)


def test_a_checkpoint_that_names_no_class_has_a_head(checkpoint, tmp_path):
    folder, _, _ = checkpoint(["a", "b"])
    change_config(folder, architectures=None)
    assert holds_head(BertForSequenceClassification, folder)
    BertModel(BertConfig.from_json(folder / "config.json")).save_pretrained(tmp_path)
    change_config(tmp_path, architectures=None)
    assert not holds_head(BertForSequenceClassification, tmp_path)


@pytest.mark.parametrize("change", [lambda labels: labels, lambda labels: labels[::-1]])
def test_verification_compares_with_the_checkpoints_own_labels(
    change, checkpoint, splits, tmp_path
):
    folder, model, tokenizer = checkpoint(["weather", "animals", "food"])
    run = train(tmp_path / "run", folder, splits)
    # A run with its labels in another order agrees with itself, but not with the checkpoint.
    run.config = run.config.with_labels(change(run.label_names))
    loaded, numbers = load_checkpoint(run)
    inputs = {"input_ids": tokenizer(splits.validation.texts)["input_ids"].numpy()}
    expected = predicted(model, tokenizer, splits.validation.texts)
    logits = loaded.predict(inputs, verbose=0)[:, numbers["logits"]]
    assert [run.label_names[index] for index in logits.argmax(1)] == expected
    agrees = predicted_names(run, splits.validation.texts) == expected
    assert agrees == (change([0, 1]) == [0, 1])


def predicted_names(run, texts):
    ids = run.tokenizer(texts)["input_ids"].numpy()
    logits = run.float_model.predict({"input_ids": ids}, verbose=0)
    return [run.label_names[index] for index in logits.argmax(1)]


def test_a_checkpoint_that_is_gone_is_a_warning(checkpoint, splits, tmp_path):
    folder, _, _ = checkpoint(["weather", "animals", "food"])
    run = train(tmp_path / "run", folder, splits)
    folder.rename(tmp_path / "gone")
    with pytest.warns(UserWarning, match="the run is not compared with its checkpoint: "):
        assert load_checkpoint(run) is None


# Names of every kind; "2" and "10" are in another order as numbers than as texts.
NAMES = st.one_of(
    st.just([str(number) for number in range(12)]),
    st.just(["2", "10", "1"]),
    st.just([f"LABEL_{number}" for number in range(11)]),
    st.lists(st.text("ab1", min_size=1), min_size=1, max_size=12, unique=True),
).flatmap(st.permutations)


def head_classes(task, head, data, names):
    """The name that the checkpoint has for the class that each example is trained to be."""
    head_config = BertConfig().with_labels(head)
    part = data(names)
    splits_type = TextDatasetSplits if isinstance(part, TextDataset) else TokenDatasetSplits
    splits, fields = task.training.name_by_head(splits_type(part, part), head_config, "checkpoint")
    config = task.training.configure(head_config, splits).replace(**fields)
    classes = task.classes(list(config.id2label.values()), ())
    rows = task.encode(TOKENIZER, splits.train)
    targets = task.training.targets(splits.train, rows, classes)["logits"]
    # What is evaluated gets the same names as what is trained on.
    evaluated = task.name_labels(part, classes)
    task.check_dataset(evaluated, classes, False)
    assert evaluated == splits.train
    return [head[index] for index in targets.ravel() if index != IGNORE_INDEX]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_texts_get_the_names_of_the_checkpoint(data):
    head = data.draw(NAMES)
    labels = data.draw(st.lists(st.sampled_from(head), min_size=1))

    def texts(names):
        return TextDataset("texts", ["a"] * len(names), labels=names)

    assert head_classes(TEXT_CLASSIFICATION, head, texts, labels) == labels
    numbers = [str(number) for number in range(len(head))]
    if not set(numbers) <= set(head):
        order = data.draw(st.permutations(numbers))
        found = head_classes(TEXT_CLASSIFICATION, head, texts, order)
        assert found == [head[int(number)] for number in order]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_several_labels_get_the_names_of_the_checkpoint(data):
    head = data.draw(NAMES)
    several = st.sets(st.sampled_from(head), min_size=1)
    labels = data.draw(st.lists(several, min_size=1, max_size=4))
    numbers = [str(number) for number in range(len(head))]
    found = [(label,) for label in numbers] if not set(numbers) <= set(head) else []

    def names_of(examples):
        names = [tuple(sorted(names)) for names in examples]
        part = MultiLabelDataset("texts", ["a"] * len(names), labels=names)
        config = BertConfig().with_labels(head, ProblemType.MULTI_LABEL_CLASSIFICATION)
        task = MULTI_LABEL_CLASSIFICATION
        splits, fields = task.training.name_by_head(
            MultiLabelDatasetSplits(part, part), config, "checkpoint"
        )
        config = task.training.configure(config, splits).replace(**fields)
        classes = task.classes(list(config.id2label.values()), ())
        rows = task.encode(TOKENIZER, splits.train)
        targets = task.training.targets(splits.train, rows, classes)["logits"]
        assert task.name_labels(part, classes) == splits.train
        return [{head[index] for index in np.flatnonzero(row)} for row in targets]

    assert names_of(labels) == labels
    if found:
        order = data.draw(st.permutations(range(len(head))))
        assert names_of([found[number] for number in order]) == [{head[n]} for n in order]


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_words_get_the_tags_of_the_checkpoint(data):
    types = data.draw(NAMES)
    tags = ["O", *(f"{prefix}-{kind}" for kind in types for prefix in "BI")]
    head = data.draw(st.permutations(tags))
    chosen = [tag for tag in data.draw(st.lists(st.sampled_from(tags), min_size=1, max_size=6))]

    def sentences(names):
        return TokenDataset("words", [["a"] for _ in names], tags=[[name] for name in names])

    expected = [tag.replace("I-", "B-", 1) if tag[0] == "I" else tag for tag in chosen]
    assert head_classes(TOKEN_CLASSIFICATION, head, sentences, chosen) == expected
    order = data.draw(st.permutations(range(len(head))))
    found = head_classes(TOKEN_CLASSIFICATION, head, sentences, [str(number) for number in order])
    assert found == [
        f"B{tag[1:]}" if tag[0] == "I" else tag for tag in (head[number] for number in order)
    ]


@pytest.mark.parametrize(
    ("tags", "message"),
    [
        (["O", "B-x", "S-x"], "the tag 'S-x' .* is neither O nor B- or I- with a type"),
        (["B-x", "I-x"], "no class has the name O"),
        (["O", "LABEL_1"], "the tag 'LABEL_1'"),
    ],
)
def test_a_head_for_other_tags_is_refused(tags, message):
    part = TokenDataset("words", [["a", "b"]], tags=[["O", "B-x"]])
    head = BertConfig().with_labels(tags)
    with pytest.raises(UserError, match=f"checkpoint, id2label in config.json: {message}"):
        TOKEN_CLASSIFICATION.training.name_by_head(
            TokenDatasetSplits(part, part), head, "checkpoint"
        )


def test_a_head_that_lacks_what_no_data_hold():
    part = TokenDataset("words", [["a", "b"]], tags=[["O", "B-x"]])
    head = BertConfig().with_labels(["B-x", "O"])
    _, fields = TOKEN_CLASSIFICATION.training.name_by_head(
        TokenDatasetSplits(part, part), head, "checkpoint"
    )
    assert fields == {"id2label": {0: "B-x", 1: "O"}}
