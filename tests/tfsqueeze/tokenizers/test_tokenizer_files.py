"""The files of a tokenizer's folder: each is honoured or refused with one sentence."""

from __future__ import annotations

import copy
import json

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from tfsqueeze.tokenizers.tokenizer_settings import SPECIAL_TOKENS
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

VOCABULARY = [*SPECIAL_TOKENS, "play", "##ing", "caf\u00e9", "cafe", "url"]
TEXTS = ["Playing url", "caf\u00e9", "Caf\u00e9 play \u6771"]


def library_tokenizer(**normalizer):
    """A tokenizer of the library `tokenizers` that gives BERT's ids."""
    ids = {token: index for index, token in enumerate(VOCABULARY)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(**normalizer)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer


def fields(**normalizer):
    return json.loads(library_tokenizer(**normalizer).to_str())


def change(root, path, value):
    """Returns a copy with another value at a dotted path."""
    root = copy.deepcopy(root)
    *keys, last = path.split(".")
    part = root
    for key in keys:
        part = part[key]
    part[last] = value
    return root


def write(folder, **files):
    for name, content in files.items():
        text = "\n".join(content) if name == "vocab_txt" else json.dumps(content)
        (folder / {"vocab_txt": "vocab.txt"}.get(name, f"{name}.json")).write_text(text, "utf-8")


def read(folder):
    return WordPieceTokenizer.from_pretrained(folder)


def refused(folder, message):
    with pytest.raises(UserError, match=message) as error:
        read(folder)
    assert str(error.value).isprintable() and len(str(error.value)) < 500
    assert str(error.value).startswith(str(folder))


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_folder_of_transformers_5(tmp_path, lowercase):
    library = library_tokenizer(lowercase=lowercase)
    library.save(str(tmp_path / "tokenizer.json"))
    write(tmp_path, tokenizer_config={"tokenizer_class": "TokenizersBackend"})
    tokenizer = read(tmp_path)
    assert tokenizer.vocabulary == tuple(VOCABULARY) and tokenizer.lowercase is lowercase
    for text in TEXTS:
        row = tokenizer(text, padding="longest")["input_ids"].numpy()[0].tolist()
        assert row == library.encode(text).ids


def test_a_template_of_bert_is_read(tmp_path):
    library = library_tokenizer()
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )  # fmt: skip
    library.save(str(tmp_path / "tokenizer.json"))
    assert read(tmp_path).vocabulary == tuple(VOCABULARY)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("model.type", "BPE", 'model: it is "BPE"; only WordPiece is supported'),
        ("model.type", "Unigram", 'it is "Unigram"; only WordPiece'),
        ("model", None, "model: it is null; only WordPiece"),
        ("model.unk_token", "<unk>", r'unk_token: it is "<unk>"; only "\[UNK\]"'),
        ("model.continuing_subword_prefix", "", 'it is ""; only "##"'),
        ("model.max_input_chars_per_word", 50, "it is 50; only 100"),
        ("model.vocab.play", 99, r"vocab: the ids of its 10 tokens must be the numbers from 0"),
        ("model.vocab.play", "5", 'vocab.play: it is "5", not an integer'),
        ("normalizer", None, "normalizer: it is null; only BertNormalizer"),
        ("normalizer.type", "Sequence", 'it is "Sequence"; only BertNormalizer'),
        ("normalizer.handle_chinese_chars", False, "tokenize_chinese_chars is false"),
        ("normalizer.strip_accents", False, "strip_accents is false and do_lower_case true"),
        ("normalizer.clean_text", False, "clean_text is false"),
        ("normalizer.lowercase", 1, "do_lower_case is 1, not true or false"),
        ("pre_tokenizer.type", "Whitespace", 'pre_tokenizer: it is "Whitespace"; only BertPre'),
        ("post_processor", None, "post_processor: it is null; only TemplateProcessing"),
        ("post_processor.cls", ["<s>", 2], r"only \[CLS\] and \[SEP\] are supported"),
        ("padding", {"direction": "Left"}, 'padding.direction: it is "Left"; only "Right"'),
        ("truncation", {"direction": "Left"}, 'truncation.direction: it is "Left"; only "Right"'),
    ],
)
def test_another_tokenizer_is_refused_by_name(tmp_path, path, value, message):
    write(tmp_path, tokenizer=change(fields(), path, value))
    refused(tmp_path, message)


def test_another_template_is_refused(tmp_path):
    library = library_tokenizer()
    library.post_processor = processors.TemplateProcessing(
        single="[CLS] $A", special_tokens=[("[CLS]", 2)]
    )
    library.save(str(tmp_path / "tokenizer.json"))
    refused(tmp_path, r"post_processor.single: only the template of BERT is supported: \[CLS\]:0 A")


def test_files_that_contradict_each_other_are_refused(tmp_path):
    write(tmp_path, tokenizer=fields(), vocab_txt=[*VOCABULARY[:-1], "other"])
    refused(tmp_path, "tokenizer.json has another vocabulary than vocab.txt")
    write(tmp_path, vocab_txt=VOCABULARY, tokenizer_config={"do_lower_case": False})
    refused(tmp_path, "do_lower_case is false, and tokenizer.json has true")
    write(tmp_path, tokenizer_config={"do_lower_case": True, "strip_accents": True})
    assert read(tmp_path).lowercase
    write(tmp_path, special_tokens_map={"unk_token": "<unk>"})
    refused(tmp_path, "special_tokens_map.json: unk_token is")


ADDED = {
    "added_tokens": lambda token, number: {"added_tokens": {token: number}},
    "decoder": lambda token, number: {
        "tokenizer_config": {"added_tokens_decoder": {str(number): {"content": token}}}
    },
    "tokenizer": lambda token, number: {
        "tokenizer": {**fields(), "added_tokens": [{"id": number, "content": token}]}
    },
    "special": lambda token, number: {"special_tokens_map": {"additional_special_tokens": [token]}},
    "extra": lambda token, number: {"tokenizer_config": {"extra_special_tokens": [token]}},
}


@pytest.mark.parametrize("where", ADDED)
def test_an_added_token_is_refused(tmp_path, where):
    with_row, without_row = VOCABULARY.index("url"), len(VOCABULARY)
    write(tmp_path, vocab_txt=VOCABULARY, **ADDED[where]("url", with_row))
    refused(tmp_path, 'adds the token "url".*, which WordPiece would divide .*: remove it')
    if where not in ("special", "extra"):
        write(tmp_path, **ADDED[where]("<url>", without_row))
        refused(tmp_path, 'adds the token "<url>" with id 10, for which .* 10 tokens has no row')
        # The special tokens are no news, but only where they are.
        write(tmp_path, **ADDED[where]("[SEP]", 4))
        refused(tmp_path, r'adds the token "\[SEP\]" with id 4')
    write(tmp_path, **ADDED[where]("[SEP]", 3))
    assert read(tmp_path).vocab_size == len(VOCABULARY)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("added_tokens", {"a": "1"}, 'added_tokens.json: a: it is "1", not an integer'),
        ("added_tokens", [], "not an object"),
        ("tokenizer_config", {"added_tokens_decoder": {"x": "a"}}, '"x" is not an id'),
        ("tokenizer_config", {"added_tokens_decoder": [1]}, "must be an object of tokens"),
        ("tokenizer_config", {"extra_special_tokens": {"a": 1}}, "and .* lists"),
        ("tokenizer_config", {"extra_special_tokens": [{"b": 1}]}, "adds the token null"),
        ("tokenizer_config", {"padding_side": "left"}, "padding_side is .*; only 'right'"),
        ("tokenizer_config", {"truncation_side": "left"}, "truncation_side is"),
        ("tokenizer_config", {"mask_token": "<mask>"}, "mask_token is"),
        ("tokenizer_config", {"never_split": ["a"]}, "never_split is"),
        ("tokenizer_config", {"tokenizer_class": "BertJapaneseTokenizer"}, "tokenizer_class is"),
        ("special_tokens_map", 5, "not an object"),
    ],
)
def test_what_would_give_other_ids_is_refused(tmp_path, name, content, message):
    write(tmp_path, vocab_txt=VOCABULARY, **{name: content})
    refused(tmp_path, message)
