"""Sentence vectors through the whole pipeline, learned from a tiny teacher's."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import tf_keras as keras

from converters.conversion.runs import QAT_FILE, convert_run
from converters.experiments.run_verification import verify_run
from converters.inference.predictor import Predictor
from converters.inference.sentence_embeddings_predictor import SentenceEmbeddingsPredictor
from converters.runtime.interpreters import available_runtimes
from converters.runtime.workers import predict_outputs, run_in_workers
from converters.tflite.inspection import require_int8
from converters.tflite.metadata import read_metadata
from tests.environments.environment import run_tfsqueeze
from tfsqueeze import BertConfig, BertModel, SentenceEncoder
from tfsqueeze.data.readers.prepared_folders import read_manifest, read_rows, read_vectors
from tfsqueeze.data.readers.text_lines import load_plain_texts
from tfsqueeze.pretraining.pretrain import pretrain
from tfsqueeze.pretraining.pretraining_options import PretrainingOptions
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.train_task import train_task
from tfsqueeze.utils.errors import UserError

pytestmark = pytest.mark.slow

RUNTIMES = sorted(
    (runtime, kernels) for runtime in available_runtimes() for kernels in ("default", "reference")
)


@pytest.fixture(scope="module")
def texts(topics_folder):
    return load_plain_texts(topics_folder).train.texts


@pytest.fixture(scope="module")
def teacher(texts, tmp_path_factory):
    """A BERT of random weights: texts of like words have near vectors."""
    folder = tmp_path_factory.mktemp("teacher")
    keras.utils.set_random_seed(0)
    tokenizer = WordPieceTokenizer(train_vocabulary(texts, vocab_size=200), max_length=16)
    BertModel(
        BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=16,
            initializer_range=0.3,
        )
    ).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def run(topics_folder, teacher, options, tmp_path_factory):
    return train_task(
        tmp_path_factory.mktemp("embedder") / "run",
        SENTENCE_EMBEDDINGS,
        load_plain_texts(topics_folder),
        dataclasses.replace(options, teacher=str(teacher), epochs=5),
        dataset_name=str(topics_folder),
    )


@pytest.fixture(scope="module")
def content(run):
    return convert_run(run)


def test_the_vectors_of_the_teacher_are_learnt(run):
    assert run.label_names == []
    for stage in ("float", "qat"):
        assert max(row["val_cosine"] for row in run.history[stage]) > 0.8


def test_the_runtimes_agree_with_keras(run, content, topics_folder):
    require_int8(content, allow_float_output=False)
    results = verify_run(run, {QAT_FILE: content}, load_plain_texts(topics_folder).test)
    assert sorted((row["runtime"], row["kernels"]) for row in results["accuracy"][2:]) == RUNTIMES
    for row in results["accuracy"]:
        assert row["teacher_cosine"] > 0.8
        if row["model"] == QAT_FILE:
            assert row["logit_error_mean"] < 1 and row["logit_error_max"] <= 4, row
        # Which text is nearest is a near thing among a random teacher's vectors.
        assert 0.3 < row["agreement_with_qat"] <= 1
    assert results["accuracy"][1]["agreement_with_qat"] == 1


def test_padding_and_length_change_nothing(run, content, texts):
    merged = convert_run(run, [8, 16])
    for runtime in available_runtimes():
        whole, short = (
            SentenceEmbeddingsPredictor.open(file, runtime).encode(texts[:8])
            for file in (content, merged)
        )
        np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-6)
        assert ((whole * short).sum(axis=1) > 0.99).all()


def test_each_token_counts_the_same(run, texts):
    """Against the mean of the float encoder's last states, by hand."""
    inputs = SENTENCE_EMBEDDINGS.encode(run.tokenizer, load_plain_texts_of(texts[:6])).inputs
    ids, mask = inputs["input_ids"], inputs["attention_mask"][..., None]
    norms = [layer.name for layer in run.float_model.layers if layer.name.endswith("_norm")]
    states = keras.Model(run.float_model.input, run.float_model.get_layer(norms[-1]).output)
    mean = (states.predict(ids, verbose=0) * mask).sum(axis=1) / mask.sum(axis=1)
    expected = mean / np.linalg.norm(mean, axis=1, keepdims=True)
    found = run.float_model.predict(ids, verbose=0)["embeddings"]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def load_plain_texts_of(texts):
    from tfsqueeze.data.datasets.sentence_dataset import SentenceDataset

    return SentenceDataset("texts", list(texts))


def test_search_finds_texts_of_the_same_words(content):
    embedder = Predictor.open(content)
    corpus = ["the cat dog horse", "the bread cheese apple", "the rain snow wind"]
    found = embedder.search(corpus, ["the horse cat dog", "the snow rain wind"], top_k=2)
    assert [[match.index for match in matches][0] for matches in found] == [0, 2]
    assert all(len(matches) == 2 and matches[0].score >= matches[1].score for matches in found)
    with pytest.raises(UserError, match="no texts to search"):
        embedder.search([], ["a"])
    with pytest.raises(UserError, match="top_k is 0"):
        embedder.search(["a"], ["a"], top_k=0)
    assert embedder.encode([]).shape == (0, 32)


def test_files_hold_no_labels(content):
    metadata = read_metadata(content)
    assert (metadata.labels, metadata.slots, metadata.task) == ([], [], "sentence-embeddings")


def test_a_teacher_of_another_width_is_refused(topics_folder, teacher, options, tmp_path):
    wide = dataclasses.replace(
        options, teacher=str(teacher), model={**options.model, "hidden_size": 64}
    )
    with pytest.raises(UserError, match="vectors have 32 channels.*the model's 64"):
        train_task(tmp_path / "run", SENTENCE_EMBEDDINGS, load_plain_texts(topics_folder), wide)
    with pytest.raises(UserError, match="there is no sentence teacher 'nobody'"):
        train_task(
            tmp_path / "other",
            SENTENCE_EMBEDDINGS,
            load_plain_texts(topics_folder),
            dataclasses.replace(options, teacher="nobody"),
        )


def test_commands(command, run, content, teacher, topics_folder, tmp_path):
    file, corpus = tmp_path / "embedder.tflite", tmp_path / "corpus.txt"
    file.write_bytes(content)
    texts = load_plain_texts(topics_folder).test.texts
    corpus.write_text("\n".join(texts))
    metrics = command("evaluate", file, topics_folder, "--json")
    assert metrics["examples"] == len(texts) and metrics["teacher_cosine"] > 0.8
    expected = SentenceEncoder.from_pretrained(teacher).encode(texts)
    ((found, _),) = run_in_workers(
        predict_outputs,
        [(content, {"input_ids": run.tokenizer(texts)["input_ids"].numpy()}, "litert", "default")],
    )
    found = found["embeddings"] / np.linalg.norm(found["embeddings"], axis=1, keepdims=True)
    assert metrics["teacher_cosine"] == pytest.approx((found * expected).sum(1).mean(), abs=1e-4)
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(
        "text,other,label\nthe cat dog,the dog cat,5\nthe cat dog,the rain,1\n"
        "the bread cheese,the cheese bread,4.5\nthe snow,the bread cheese,0\n"
    )
    scored = command("evaluate", file, pairs, "--text-pair-column", "other", "--json")
    assert scored["examples"] == 4 and scored["spearman"] > 0.5
    (vector,) = command("predict", file, "the cat", "--json")
    assert len(vector["embedding"]) == 32
    assert sum(x * x for x in vector["embedding"]) == pytest.approx(1, abs=1e-5)
    assert "32 numbers" in command("predict", file, "the cat")
    (result,) = command("search", file, corpus, texts[3], "--top-k", 3, "--json")
    assert result["matches"][0]["text"] == texts[3] and len(result["matches"]) == 3
    assert texts[3] in command("search", file, corpus, stdin=texts[3] + "\n")
    index = tmp_path / "texts.safetensors"
    assert command("search", file, corpus, "--save-index", index, stdin="") == ""
    (again,) = command("search", file, index, texts[3], "--top-k", 3, "--json")
    assert again == result
    micro = tmp_path / "c"
    options = ("--runtime", "c", "--search-texts", corpus, "-o", micro)
    command("export", run.folder, "--target", "micro", *options)
    assert texts[3] in (micro / "embedder_tables.c").read_text()


@pytest.mark.beam
def test_a_student_learns_the_vectors_that_texts_were_prepared_with(run, content, texts, tmp_path):
    teacher, lines, shards = (
        tmp_path / "teacher.tflite",
        tmp_path / "texts.txt",
        tmp_path / "shards",
    )
    teacher.write_bytes(content)
    lines.write_text("\n".join(texts) + "\n", "utf-8")
    options = ("--teacher", teacher, "--tokenizer", run.folder / "tokenizer", "--max-length", 16)
    done = run_tfsqueeze("beam", "prepare", *map(str, (lines, "-o", shards, *options)))
    assert done.returncode == 0, done.stderr
    manifest = read_manifest(shards)
    rows = read_rows([shards / name for name in manifest.files]).as_numpy_iterator()
    vectors = np.concatenate(list(read_vectors(shards)))
    assert len(vectors) == manifest.counts["rows"] > 0.5 * len(texts)
    expected = SentenceEmbeddingsPredictor.open(content).encode(
        [run.tokenizer.decode(row) for row in rows]
    )
    np.testing.assert_allclose(vectors, expected, atol=1e-6)
    pretrained = pretrain(
        tmp_path / "pretrained",
        [shards],
        PretrainingOptions(
            preset="squeezebert-micro",
            model={"hidden_size": 16, "num_attention_heads": 2, "num_hidden_layers": 1},
            max_length=16,
            epochs=20,
            batch_tokens=480,
            learning_rate=1e-2,
            precision="float32",
        ),
    )
    assert pretrained.history[-1]["cosine"] > 0.7 > pretrained.history[0]["cosine"]
    found = WordPieceTokenizer.from_pretrained(pretrained.backbone)
    assert found.vocabulary == run.tokenizer.vocabulary
