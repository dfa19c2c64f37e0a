"""From datasets to rows and targets, and from logits back to labels and tags."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.data.datasets.token_dataset import TokenDataset, TokenDatasetSplits
from tfsqueeze.decoding.bio import repair_bio
from tfsqueeze.tasks import (
    IGNORE_INDEX,
    INTENT_AND_SLOTS,
    TASKS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
    find_task,
)
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##b", "c"]
TOKENIZER = DeviceTokenizer(VOCABULARY, max_length=8)
TAGS = ["B-x", "B-y", "I-x", "I-y", "O"]


def test_each_task_is_found_by_its_name():
    assert [find_task(name) for name in TASKS] == list(TASKS.values())
    with pytest.raises(UserError, match="no task 'parsing'; there are text-classification, "):
        find_task("parsing")


def test_no_task_loads_tensorflow():
    code = "import sys, tfsqueeze.tasks; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_pairs_are_one_row_with_types():
    dataset = TextDataset("pairs", ["a b", "c"], labels=["no", "yes"], text_pairs=["c", "a a"])
    rows = TEXT_CLASSIFICATION.encode(TOKENIZER, dataset)
    assert rows.inputs["input_ids"].tolist() == [[2, 4, 5, 3, 7, 3, 0, 0], [2, 7, 3, 4, 4, 3, 0, 0]]
    assert rows.select(["token_type_ids"])["token_type_ids"].tolist() == [
        [0, 0, 0, 0, 1, 1, 0, 0],
        [0, 0, 0, 1, 1, 1, 0, 0],
    ]
    assert TEXT_CLASSIFICATION.training.targets(dataset, rows, {"logits": ["no", "yes"]})[
        "logits"
    ].tolist() == [0, 1]


def test_the_first_piece_of_each_word_has_its_tag():
    dataset = TokenDataset(
        "words", [["ab", "c"], ["a"] * 9], tags=[["B-x", "O"], ["I-y"] * 9], labels=["p", "q"]
    )
    rows = INTENT_AND_SLOTS.encode(TOKENIZER, dataset)
    targets = INTENT_AND_SLOTS.training.targets(
        dataset, rows, {"intent_logits": ["p", "q"], "slot_logits": TAGS}
    )
    i = IGNORE_INDEX
    assert targets["slot_logits"].tolist() == [[i, 0, i, 4, i, i, i, i], [i, 1, 3, 3, 3, 3, 3, i]]
    assert targets["intent_logits"].tolist() == [0, 1]
    assert TOKEN_CLASSIFICATION.training.targets(dataset, rows, {"logits": TAGS})[
        "logits"
    ].tolist() == (targets["slot_logits"].tolist())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(["a", "ab", "cab"]), st.sampled_from(TAGS)), max_size=5),
        min_size=1,
        max_size=4,
    )
)
def test_targets_decode_to_the_tags_that_they_are_of(sentences):
    dataset = TokenDataset(
        "words",
        [[word for word, _ in row] for row in sentences],
        tags=[[tag for _, tag in row] for row in sentences],
    )
    tokenizer = DeviceTokenizer(VOCABULARY, max_length=20)
    rows = TOKEN_CLASSIFICATION.encode(tokenizer, dataset)
    targets = TOKEN_CLASSIFICATION.training.targets(dataset, rows, {"logits": TAGS})["logits"]
    # What is at other tokens must not matter.
    logits = np.random.default_rng(0).normal(size=(*targets.shape, len(TAGS)))
    logits[targets >= 0] = np.eye(len(TAGS))[targets[targets >= 0]]
    found = TOKEN_CLASSIFICATION.decode({"logits": logits}, rows, {"logits": TAGS})
    assert found == {"logits": [repair_bio(tags) for tags in dataset.tags]}
    counted = TOKEN_CLASSIFICATION.active_logits({"logits": logits}, rows)["logits"]
    assert len(counted) == sum(map(len, sentences))


def test_configs_get_the_names_of_the_data():
    part = TokenDataset("words", [["a", "b"]], tags=[["B-x", "I-x"]], labels=["p"])
    config = INTENT_AND_SLOTS.training.configure(
        SqueezeBertConfig(), TokenDatasetSplits(part, part)
    )
    # O is there for words that are cut off, though no example has it.
    assert config.slot_labels == ("B-x", "I-x", "O") and config.id2label == {0: "p"}
    assert SqueezeBertConfig.from_dict(config.to_dict()) == config
    assert "slot_labels" not in SqueezeBertConfig().checkpoint_fields()
    texts = TextDataset("texts", ["a"], labels=["p"])
    with pytest.raises(UserError, match="trained on a TokenDataset, not on a TextDataset"):
        TOKEN_CLASSIFICATION.training.configure(
            SqueezeBertConfig(), TextDatasetSplits(texts, texts)
        )


def test_metrics_of_intents_and_slots_tell_whole_commands():
    dataset = TokenDataset(
        "words", [["a", "b"], ["c"]], tags=[["B-x", "I-x"], ["O"]], labels=["p", "q"]
    )
    classes = {"intent_logits": ["p", "q"], "slot_logits": TAGS}
    found = INTENT_AND_SLOTS.metrics(
        dataset, {"intent_logits": ["p", "p"], "slot_logits": [["B-x", "I-x"], ["O"]]}, classes
    )
    assert (found["intent_accuracy"], found["slot_f1"], found["frame_accuracy"]) == (0.5, 1, 0.5)
    assert found["intents"]["examples"] == 2 and found["slots"]["entities"] == 1
