"""The files of a tokenizer for Hugging Face: read by `tokenizers`, and by tfsqueeze again."""

from __future__ import annotations

import json

import pytest
from tokenizers import Tokenizer

from tfsqueeze.tokenizers.published_tokenizer import publish_tokenizer
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "cat", "sings", "##s", "É", "e", "!", "東"]


@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("special", [["[MASK]"], []], ids=["mask", "no_mask"])
def test_tokenizer_json_gives_the_same_ids(lowercase, special, tmp_path):
    tokenizer = WordPieceTokenizer([*WORDS, *special], lowercase=lowercase, max_length=32)
    publish_tokenizer(tokenizer, tmp_path, ("input_ids", "attention_mask"))
    read = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert read.get_vocab_size() == len(WORDS) + len(special)
    texts = ["The cats sing!", "É東 e", "", "a" * 101, "CAT"]
    pairs = texts[::-1]
    for ours, theirs in (
        (tokenizer(texts), read.encode_batch(texts)),
        (tokenizer(texts, pairs), read.encode_batch(list(zip(texts, pairs, strict=True)))),
    ):
        lengths = ours["attention_mask"].numpy().sum(axis=1)
        for row, encoding in enumerate(theirs):
            length = lengths[row]
            assert ours["input_ids"][row, :length].numpy().tolist() == encoding.ids
            assert ours["token_type_ids"][row, :length].numpy().tolist() == encoding.type_ids
    assert read.decode(tokenizer("the cats!")["input_ids"][0].numpy().tolist()) == "the cats!"
    again = WordPieceTokenizer.from_pretrained(tmp_path)
    assert again.settings() == tokenizer.settings() and again.vocabulary == tokenizer.vocabulary
    # tokenizer.json alone will do, too.
    for name in ("vocab.txt", "special_tokens_map.json"):
        (tmp_path / name).unlink()
    assert WordPieceTokenizer.from_pretrained(tmp_path).vocabulary == tokenizer.vocabulary


def test_the_settings_name_the_inputs_and_the_special_tokens(tmp_path):
    publish_tokenizer(WordPieceTokenizer(WORDS), tmp_path, ("input_ids", "attention_mask"))
    settings = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert settings["model_input_names"] == ["input_ids", "attention_mask"]
    assert settings["tokenizer_class"] == "BertTokenizer"
    special = json.loads((tmp_path / "special_tokens_map.json").read_text())
    assert special == {
        "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"
    }  # fmt: skip
