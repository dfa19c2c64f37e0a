"""Words that both texts have, through the whole pipeline."""

from __future__ import annotations

import dataclasses
import random

import pytest

from converters.conversion.runs import convert_run
from converters.inference.predictor import Predictor
from converters.tflite.metadata import pack_metadata, read_metadata
from converters.tflite.task_library import require_task_library
from tfsqueeze.data.datasets.text_dataset import TextDataset, TextDatasetSplits
from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification
from tfsqueeze.tasks import TEXT_CLASSIFICATION
from tfsqueeze.tokenizers.match_types import default_stop_words
from tfsqueeze.training.model_setup import load_or_train_tokenizer, model_config, new_model
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow


def pairs(count, words, seed):
    """Returns pairs that share a word or none."""
    draw = random.Random(seed)
    firsts, seconds, labels = [], [], []
    for index in range(count):
        *chosen, other = draw.sample(words, 5)
        first, second = chosen[:2], chosen[2:]
        if index % 2:
            second[draw.randrange(2)] = draw.choice(first)
        else:
            second[draw.randrange(2)] = other
        firsts.append(" ".join(first))
        seconds.append(" ".join(second))
        labels.append("same" if index % 2 else "other")
    return TextDataset("pairs", firsts, labels=labels, text_pairs=seconds)


@pytest.fixture(scope="module")
def splits():
    words = [first + second for first in "abcdefgh" for second in "ijklmnop"]
    random.Random(0).shuffle(words)
    # No word of the test part is in the others.
    return TextDatasetSplits(
        pairs(240, words[:40], 0), pairs(40, words[:40], 1), pairs(60, words[40:], 2)
    )


@pytest.fixture(scope="module")
def run(splits, options, tmp_path_factory):
    options = dataclasses.replace(options, match_types=True, word_dropout=0.0)
    folder = tmp_path_factory.mktemp("match_types") / "run"
    return train_task(folder, TEXT_CLASSIFICATION, splits, options)


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_shared_words_are_learnt_whichever_they_are(run, splits, content):
    assert run.config.type_vocab_size == 4
    loaded = load_run(run.folder)
    assert loaded.tokenizer.settings() == run.tokenizer.settings()
    metadata = read_metadata(content)
    stop_words = list(default_stop_words())
    assert metadata.tokenizer["match_types"] == {"stop_words": stop_words}
    assert Predictor.open(content).evaluate(splits.test)["accuracy"] > 0.9
    # Without its match types the file cannot tell.
    plain = {key: value for key, value in metadata.tokenizer.items() if key != "match_types"}
    blind = Predictor.open(pack_metadata(content, **{**vars(metadata), "tokenizer": plain}))
    assert blind.evaluate(splits.test)["accuracy"] < 0.7


def test_the_file_says_what_its_token_types_mean(content):
    assert b"2 and 3 for those of their words that both have." in content


def test_a_pretrained_run_keeps_its_match_types(run, tmp_path):
    options = dataclasses.replace(run.options, match_types=False, pretrained=str(run.folder))
    source = tmp_path / "source"
    run.float_model.save_pretrained(source)
    run.tokenizer.save_pretrained(source)
    options = dataclasses.replace(options, pretrained=str(source))
    tokenizer = load_or_train_tokenizer(tmp_path / "run", [], options)
    assert tokenizer.settings() == run.tokenizer.settings()
    assert model_config(tokenizer, TEXT_CLASSIFICATION, options).type_vocab_size == 4


def test_a_pretrained_model_without_them_gets_them(run, tmp_path):
    source = tmp_path / "source"
    start = SqueezeBertForSequenceClassification(
        run.config.replace(type_vocab_size=2), input_names=run.float_model.input_names
    )
    start.save_pretrained(source)
    tokenizer = type(run.tokenizer)(run.tokenizer.vocabulary, max_length=16)
    tokenizer.save_pretrained(source)
    options = dataclasses.replace(run.options, pretrained=str(source))
    tokenizer = load_or_train_tokenizer(tmp_path / "run", [], options)
    assert tokenizer.match_types is not None
    config = model_config(tokenizer, TEXT_CLASSIFICATION, options)
    model = new_model(
        config, TEXT_CLASSIFICATION, start.input_names, tokenizer, options, keeps_head=True
    )
    table, old = (
        one.get_layer("embeddings").token_type_embeddings.numpy() for one in (model, start)
    )
    assert (
        table.shape == (4, old.shape[1]) and (table[2:] == old).all() and (table[:2] == old).all()
    )


def test_where_there_is_nothing_to_match_they_are_refused(run, splits, options, tmp_path):
    single = dataclasses.replace(splits.train, text_pairs=None, name="single")
    options = dataclasses.replace(options, match_types=True)
    with pytest.raises(UserError, match="match_types are for answers and for pairs of texts"):
        train_task(
            tmp_path / "run", TEXT_CLASSIFICATION, TextDatasetSplits(single, single), options
        )
    assert not (tmp_path / "run").exists()
    without = dataclasses.replace(options, model_type="distilbert", model={})
    with pytest.raises(UserError, match="distilbert model has 0; train without match_types"):
        model_config(run.tokenizer, TEXT_CLASSIFICATION, without)


def test_the_task_library_has_no_match_types(content):
    about = dataclasses.replace(read_metadata(content), task="question-answering")
    with pytest.raises(UserError, match="question and context share no token types of their own"):
        require_task_library(about, [384])
