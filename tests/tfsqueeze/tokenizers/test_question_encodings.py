"""Windows over contexts, and the characters of their tokens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *"abcdé", *(f"##{c}" for c in "abcdé"), "?"]
TOKENIZER = DeviceTokenizer(VOCABULARY, lowercase=False, max_length=12)


@settings(max_examples=80, deadline=None)
@given(
    st.text("abcdé ", max_size=60),
    st.text("abcd?", max_size=12),
    st.integers(5, 16),
    st.one_of(st.none(), st.integers(1, 20)),
)
def test_windows_cover_the_context_and_know_its_characters(context, question, length, stride):
    rows = TOKENIZER.encode_questions([question, "a"], [context, "b"], length, stride)
    assert rows.example_ids[-1] == 1 and (np.diff(rows.example_ids) >= 0).all()
    ids, types = rows.inputs["input_ids"], rows.inputs["token_type_ids"]
    seen = set()
    for row in np.flatnonzero(rows.example_ids == 0):
        positions = np.flatnonzero(rows.offset_mapping[row, :, 0] >= 0)
        for position in positions:
            start, end = rows.offset_mapping[row, position]
            assert context[start:end] == VOCABULARY[ids[row, position]].removeprefix("##")
            seen.add(start)
        total = rows.inputs["attention_mask"][row].sum()
        assert ids[row, 0] == 2 and ids[row, total - 1] == 3 and not ids[row, total:].any()
        assert types[row, positions].all() and types[row].sum() == len(positions) + 1
    assert seen == {position for position, c in enumerate(context) if c != " "}


def test_the_windows_of_a_stride():
    rows = TOKENIZER.encode_questions(["a?"], ["a b c d a b c d a"], 8, doc_stride=2)
    assert [[VOCABULARY[i] for i in row[4:7]] for row in rows.inputs["input_ids"]] == [
        ["a", "b", "c"],
        ["c", "d", "a"],
        ["a", "b", "c"],
        ["c", "d", "a"],
    ]
    assert rows.inputs["input_ids"][0].tolist() == [2, 4, 14, 3, 4, 5, 6, 3]
    # A stride past a window's end would leave tokens out.
    assert (
        len(TOKENIZER.encode_questions(["a?"], ["a b c d a b c d a"], 8, doc_stride=50).example_ids)
        == 3
    )


def test_lone_surrogates_move_no_characters():
    rows = TOKENIZER.encode_questions(["a"], ["a \ud800 b\udfffc"])
    assert rows.offset_mapping[0][rows.offset_mapping[0, :, 0] >= 0].tolist() == [
        [0, 1],
        [4, 5],
        [6, 7],
    ]


def test_sizes_and_numbers_that_do_not_fit_are_refused():
    for call, message in (
        (lambda: TOKENIZER.encode_questions(["a"], ["b", "c"]), "1 questions but 2 contexts"),
        (lambda: TOKENIZER.encode_questions(["a"], ["b"], 4), "max_length is 4"),
        (lambda: TOKENIZER.encode_questions(["a"], ["b"], 8, 0), "document stride is 0"),
        (lambda: TOKENIZER.encode_questions(["a"], [3]), "text 0 is 3, not a string"),
    ):
        with pytest.raises(UserError, match=message):
            call()


def test_a_graph_tokenizer_has_a_twin_for_devices():
    twin = WordPieceTokenizer(VOCABULARY, lowercase=False, max_length=9).to_device()
    assert twin.max_length == 9 and twin.to_device() is twin
    assert twin(["ab É"])["input_ids"].tolist() == [[2, 4, 10, 1, 3, 0, 0, 0, 0]]
