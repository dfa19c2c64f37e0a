"""Translations get the vectors of the originals, and lines that are no translations are seen."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from hypothesis import given
from hypothesis import strategies as st

from tfsqueeze.data.datasets.language_balance import balanced_rows
from tfsqueeze.data.readers.parallel_texts import ParallelTexts
from tfsqueeze.distillation.sentence_vector_loss import SentenceVectorLoss
from tfsqueeze.models.sentence_encoder import SentenceEncoder
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.pretraining import multilingual_distillation
from tfsqueeze.pretraining.alignment import align, check_order
from tfsqueeze.pretraining.multilingual_distillation import align_texts, multilingual_tokenizer
from tfsqueeze.pretraining.pretrain import pretrain
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.utils.errors import UserError

CHANNELS = 12
ENGLISH = ["cat", "dog", "bird", "fish"], ["runs", "sings", "sleeps"], ["house", "garden"]
GERMAN = ["katze", "hund", "vogel", "fisch"], ["rennt", "singt", "schläft"], ["haus", "garten"]


def sentences(words, pattern):
    animals, verbs, places = words
    return [
        pattern.format(animal, verb, place)
        for animal in animals
        for verb in verbs
        for place in places
    ]


ORIGINALS = sentences(ENGLISH, "the {} {} in the {} today")
TRANSLATIONS = sentences(GERMAN, "heute {} {} im {}")


def vectors_of(texts):
    """Sums a random vector for each word, so that texts of like words are near."""
    found = []
    for text in texts:
        words = [
            np.random.default_rng(int(hashlib.md5(word.encode()).hexdigest()[:8], 16))
            for word in text.split()
        ]
        found.append(sum(draw.normal(size=CHANNELS) for draw in words))
    vectors = np.stack(found).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def teacher(monkeypatch):
    monkeypatch.setattr(
        multilingual_distillation,
        "teacher_vectors",
        lambda name, texts, *_: vectors_of(texts),
    )


def options(**changes):
    return PretrainingOptions(
        **{
            "objective": "multilingual",
            "preset": "squeezebert-micro",
            "model": {
                "hidden_size": 16,
                "num_attention_heads": 2,
                "intermediate_size": 32,
                "num_hidden_layers": 1,
            },
            "vocab_size": 120,
            "max_length": 16,
            "epochs": 40,
            "batch_tokens": 240,
            "learning_rate": 2e-2,
            "precision": "float32",
            **changes,
        }
    )


@pytest.fixture
def corpus(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "en.txt").write_text("\n".join(ORIGINALS) + "\n", "utf-8")
    (folder / "de.txt").write_text("\n".join(TRANSLATIONS) + "\n", "utf-8")
    return folder


def test_a_student_finds_originals_by_their_translations(corpus, teacher, tmp_path):
    run = pretrain(tmp_path / "run", [corpus], options())
    assert run.history[-1]["loss"] < 0.5 * run.history[0]["loss"]
    model = SqueezeBertModel.from_pretrained(
        run.backbone, input_names=("input_ids", "attention_mask")
    )
    encoder = SentenceEncoder(model, WordPieceTokenizer.from_pretrained(run.backbone))
    cosines = encoder.encode(TRANSLATIONS) @ encoder.encode(ORIGINALS).T
    assert (cosines.argmax(axis=1) == np.arange(len(ORIGINALS))).mean() > 0.9
    pooling = json.loads((run.backbone / "1_Pooling" / "config.json").read_text())
    assert pooling["pooling_mode_mean_tokens"]
    (entry,) = json.loads((tmp_path / "run" / "alignment.json").read_text())
    assert (entry["language"], entry["kept"]) == ("de", len(ORIGINALS))


@pytest.mark.slow
def test_an_interrupted_run_ends_as_another(corpus, teacher, tmp_path):
    class Interrupt(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    settings = options(epochs=4, noisy_copies=1)
    with pytest.raises(KeyboardInterrupt):
        pretrain(tmp_path / "run", [corpus], settings, lambda *_: [Interrupt()])
    found = pretrain(tmp_path / "run", [corpus], settings)
    expected = pretrain(tmp_path / "whole", [corpus], settings)
    assert found.history == expected.history and len(found.history) == 4


@pytest.mark.slow
def test_another_backbone_gets_the_vocabulary_of_all_languages(corpus, teacher, tmp_path):
    first = pretrain(tmp_path / "first", [corpus], options(epochs=1, vocab_size=60))
    second = pretrain(
        tmp_path / "second", [corpus], options(epochs=1, pretrained=str(first.backbone), model={})
    )
    config = json.loads((second.backbone / "config.json").read_text())
    tokenizer = WordPieceTokenizer.from_pretrained(second.backbone)
    assert config["vocab_size"] == tokenizer.vocab_size > 60
    assert config["hidden_size"] == 16


def test_texts_without_the_teachers_language_are_one_sentence(corpus, teacher, tmp_path):
    with pytest.raises(UserError, match="has no texts in the teacher's language, 'fr', but in de"):
        pretrain(tmp_path / "run", [corpus], options(teacher_language="fr"))


def test_originals_without_a_text_do_not_claim_the_folder(corpus, teacher, tmp_path):
    (corpus / "en.txt").write_text("\u200b\n" * len(ORIGINALS), "utf-8")
    with pytest.raises(UserError, match="there is no text in .*de.txt and 1 more"):
        pretrain(tmp_path / "run", [corpus], options())
    assert not (tmp_path / "run" / "run.json").exists()


def test_each_language_has_as_many_texts_in_the_vocabulary(teacher, tmp_path):
    rare = ["seltene wörter stehen hier"]
    corpora = [
        ParallelTexts("a", {"en": ORIGINALS * 4, "fr": [f"mot{n}" for n in range(96)]}),
        ParallelTexts("b", {"en": ["rare words stand here"], "de": rare}),
    ]
    texts = align_texts(corpora, tmp_path, options())
    tokenizer = multilingual_tokenizer(tmp_path, texts, options(vocab_size=200))
    # A word of a single German text is a token, since that text counts as often as all others.
    assert "seltene" in tokenizer.vocabulary


def test_lines_that_are_no_translations_are_left_out():
    originals = ["a cat sleeps in the house", "the dog", "here is a text", "", "words and words"]
    translations = [
        "eine katze schläft im haus",
        "",
        "here is a text",
        "nichts",
        "wörter " * 30,
    ]
    alignment = align([*originals, *originals[:1] * 4], [*translations, *translations[:1] * 4])
    assert alignment.kept.tolist() == [True, False, False, False, False, *[True] * 4]
    assert alignment.to_dict() == {"kept": 5, "missing": 2, "copied": 1, "unusual_length": 1}


@pytest.mark.parametrize("where", ["after", "before"])
def test_shifted_lines_are_one_sentence(where):
    draw = np.random.default_rng(0)
    numbers = draw.permutation(400)
    originals = [f"number {n} and {n + 1}" for n in numbers]
    translations = [f"zahl {n} und {n + 1}" for n in numbers]
    assert check_order(originals, translations, vectors_of, "a", "de") > 0.1
    shift = -1 if where == "before" else 1
    shifted = translations[-shift:] + translations[:-shift]
    with pytest.raises(UserError, match=f"the line {where} fits better"):
        check_order(originals, shifted, vectors_of, "a", "de")


@given(st.lists(st.sampled_from(["en", "de", "fr"]), min_size=1, max_size=40))
def test_balanced_rows_hold_each_row(languages):
    rows = balanced_rows(np.array(languages))
    counts = np.bincount(rows, minlength=len(languages))
    assert counts.min() >= 1
    most = max(map(languages.count, set(languages)))
    for language, count in zip(languages, counts, strict=True):
        assert count == round((most / languages.count(language)) ** 0.5)


def test_the_loss_is_that_of_its_formula():
    draw = np.random.default_rng(0)
    teacher, student = draw.normal(size=(2, 5, 4)).astype(np.float32)
    teacher[3] = 2 * teacher[1]  # The same text.
    found = SentenceVectorLoss(ranking=0.5, scale=20.0)(teacher, student).numpy()
    teacher /= np.linalg.norm(teacher, axis=1, keepdims=True)
    student /= np.linalg.norm(student, axis=1, keepdims=True)
    losses = []
    for row in range(5):
        others = [column for column in range(5) if column == row or {row, column} != {1, 3}]
        cosines = 20 * student[row] @ teacher[others].T
        ranking = np.log(np.exp(cosines).sum()) - cosines[others.index(row)]
        losses.append(1 - student[row] @ teacher[row] + 0.5 * ranking)
    assert found == pytest.approx(np.mean(losses), rel=1e-5)
    same = SentenceVectorLoss(ranking=0.0)(tf.ones([2, 3]), tf.ones([2, 3]))
    assert float(same) == pytest.approx(0, abs=1e-6)
