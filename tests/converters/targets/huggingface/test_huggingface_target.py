"""The folder that `tfsqueeze export --target huggingface` writes."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
import tf_keras as keras
from huggingface_hub import ModelCard
from typer.testing import CliRunner

import tfsqueeze
from converters.inference.predictor import Predictor
from converters.tflite.inspection import require_int8, require_int8_products
from tests.environments.environment import run_in_environment
from tfsqueeze.cli.main import app
from tfsqueeze.configs.problem_type import ProblemType
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.checkpoint import open_checkpoint

pytestmark = pytest.mark.slow

_SCRIPT = Path(__file__).parents[3] / "environments" / "card_code.py"
_WORDS = "the cat dog bird runs sings sleeps in house garden who what where some text ada".split()
_FILES = {
    ".tfsqueeze-export", "README.md", "config.json", "model.safetensors", "model_int8.tflite",
    "model_mobile.tflite", "special_tokens_map.json", "tokenizer.json", "tokenizer_config.json",
    "vocab.txt",
}  # fmt: skip


def export(source, folder, *options):
    arguments = ["export", source, "--target", "huggingface", "-o", folder, *options, "--json"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return CliRunner().invoke(app, [str(argument) for argument in arguments])


def exported_files(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def exported(trained_run, topics_folder, tmp_path_factory):
    """The export of the run on topics, and what the command printed."""
    folder = tmp_path_factory.mktemp("export") / "topics"
    result = export(trained_run.folder, folder, "--data", topics_folder / "test.csv")
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


def test_all_files_are_there_and_what_they_say(exported, trained_run):
    folder, printed = exported
    assert exported_files(folder) == _FILES
    assert {file["name"] for file in printed["files"]} == _FILES - {".tfsqueeze-export"}
    require_int8(folder / "model_int8.tflite")
    require_int8_products(folder / "model_mobile.tflite")
    for profile in ("int8", "mobile"):
        content = (folder / f"model_{profile}.tflite").read_bytes()
        assert content == tfsqueeze.convert(trained_run, profile=profile)


def test_the_card_has_what_evaluate_measures(exported, trained_run, topics_folder):
    folder, printed = exported
    test = trained_run.task.data.load_evaluation_set(str(topics_folder / "test.csv"))
    metrics = Predictor.open(folder / "model_int8.tflite").evaluate(test)
    card = ModelCard.load(folder / "README.md")
    found = {result.metric_name: result.metric_value for result in card.data.eval_results}
    assert found["Accuracy (int8)"] == pytest.approx(metrics["accuracy"], abs=1e-6)
    assert found["Macro F1 (int8)"] == pytest.approx(metrics["macro_f1"], abs=1e-6)
    assert found["Accuracy (float32)"] > 0.8
    float32, int8, mobile = printed["measured"]
    assert int8["bytes"] == (folder / "model_int8.tflite").stat().st_size < float32["bytes"]
    assert all(row["milliseconds"] > 0 for row in (float32, int8, mobile))
    assert f"| int8 | {100 * metrics['accuracy']:.2f} %" in card.text
    # The presets have variants that transformers does not know.
    assert card.data.library_name == "tfsqueeze" and "from transformers" not in card.text


def test_a_fresh_load_gives_the_same_logits(exported, trained_run, topics_folder, tmp_path):
    folder, _ = exported
    texts = ["the cat and the dog", "rain", "bread and butter"]
    inputs = {"input_ids": trained_run.tokenizer(texts)["input_ids"]}
    expected = trained_run.float_model(inputs).numpy()
    assert np.ptp(expected) > 0
    checkpoint = open_checkpoint(folder, trained_run.options.max_length)
    examples = checkpoint.task.data.unlabelled(texts, None)
    tokens = checkpoint.tokenizer(texts)["input_ids"]
    np.testing.assert_array_equal(tokens, inputs["input_ids"])
    loaded = checkpoint.load(examples, "texts")
    np.testing.assert_array_equal(loaded.float_model({"input_ids": tokens}).numpy(), expected)
    assert loaded.label_names == trained_run.label_names

    run = tfsqueeze.train(
        topics_folder,
        tmp_path / "run",
        pretrained=str(folder),
        epochs=0,
        qat_epochs=0,
        max_length=trained_run.options.max_length,
    )
    np.testing.assert_array_equal(run.float_model(inputs).numpy(), expected)


def test_a_run_whose_data_are_gone_has_no_scores(trained_run, tmp_path):
    arguments = ["export", trained_run.folder, "--target", "huggingface", "-o", tmp_path / "hub"]
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0
    message = "the card has no scores, for the data of training cannot be read"
    assert message in " ".join(result.stderr.split())
    card = ModelCard.load(tmp_path / "hub" / "README.md")
    assert card.data.eval_results is None and "| file | MB | ms |" in card.text


def test_an_export_replaces_nothing_that_no_export_made(exported, trained_run, tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    result = export(trained_run.folder, tmp_path)
    assert result.exit_code == 1
    assert "holds files that no export made" in " ".join(result.output.split())
    assert exported_files(tmp_path) == {"thesis.tex"}


def test_other_targets_measure_nothing(trained_run, tmp_path):
    arguments = ["export", trained_run.folder, "--target", "android", "-o", tmp_path / "a"]
    result = CliRunner().invoke(app, [str(x) for x in [*arguments, "--data", "reuters-r8"]])
    assert result.exit_code == 1
    assert "the target android measures nothing; leave --data out" in result.output


# The head, the family, its fields, and what else there is in the folder.
_HEADS = {
    "classifier": ("BertForSequenceClassification", {}, set()),
    "distilbert": ("DistilBertForSequenceClassification", {}, set()),
    "albert": ("AlbertForSequenceClassification", {}, set()),
    "squeezebert": ("SqueezeBertForSequenceClassification", {}, set()),
    "several": (
        "BertForSequenceClassification",
        {"problem_type": ProblemType.MULTI_LABEL_CLASSIFICATION},
        {"decoding.json"},
    ),
    "regressor": (
        "BertForSequenceClassification",
        {"problem_type": ProblemType.REGRESSION},
        {"decoding.json"},
    ),
    "tagger": ("BertForTokenClassification", {}, set()),
    "answers": ("BertForQuestionAnswering", {}, set()),
    "masked": ("BertForMaskedLM", {}, set()),
    "embedder": (
        "BertForSentenceEmbeddings",
        {},
        {"modules.json", "sentence_bert_config.json", "1_Pooling/config.json"},
    ),
}


def checkpoint_folder(folder, class_name, fields):
    keras.utils.set_random_seed(0)
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *_WORDS]
    model_class = getattr(tfsqueeze, class_name)
    sizes = (
        {"dim": 16, "n_layers": 1, "n_heads": 2, "hidden_dim": 32}
        if class_name.startswith("DistilBert")
        else {
            "hidden_size": 16,
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "intermediate_size": 32,
        }
    )
    if class_name.startswith("Albert"):
        sizes["embedding_size"] = 8
    labels = ["score"] if fields.get("problem_type") == "regression" else ["O", "B-x"]
    config = model_class.config_class(
        vocab_size=len(vocabulary), max_position_embeddings=24, **sizes
    ).with_labels(labels, fields.get("problem_type"))
    model_class(config).save_pretrained(folder)
    WordPieceTokenizer(vocabulary).save_pretrained(folder)
    (folder / "README.md").write_text("---\nlanguage: en\nlicense: mit\n---\n# Mine\n")
    return folder


@pytest.fixture(scope="module")
def exported_heads(tmp_path_factory):
    """An export of each of `_HEADS`, by its name; the folders' checkpoints are beside them."""
    root = tmp_path_factory.mktemp("heads")
    (root / "texts.txt").write_text("\n".join(f"the {word} sings" for word in _WORDS) + "\n")
    folders = {}
    for name, (class_name, fields, _) in _HEADS.items():
        source = checkpoint_folder(root / f"{name}-checkpoint", class_name, fields)
        folders[name] = root / name
        result = export(source, folders[name], "--calibration", root / "texts.txt")
        assert result.exit_code == 0, (name, result.output)
    return folders


@pytest.mark.slow
def test_every_head_is_exported_and_is_loaded_alike(exported_heads):
    for name, folder in exported_heads.items():
        _, _, more = _HEADS[name]
        assert exported_files(folder) == {*_FILES, *more}, name
        source = folder.with_name(f"{name}-checkpoint")
        outputs = []
        for checkpoint in (open_checkpoint(source), open_checkpoint(folder)):
            pairs = ["the cat"] if name == "answers" else None
            loaded = checkpoint.load(checkpoint.task.data.unlabelled(["who"], pairs), "texts")
            inputs = dict(checkpoint.tokenizer(["who sings"]))
            inputs["masked_positions"] = np.array([[1]], np.int32)
            given = {x: inputs[x] for x in loaded.float_model.input_names}
            outputs.append((checkpoint.task.name, loaded.float_model(given)))
        (task, expected), (other_task, found) = outputs
        assert task == other_task, name
        for ours, theirs in zip(tf.nest.flatten(expected), tf.nest.flatten(found), strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=name)
        card = ModelCard.load(folder / "README.md")
        assert (card.data.language, card.data.license) == ("en", "mit"), name
        assert card.data.eval_results is None and "unlabelled examples" in card.text, name


@pytest.mark.slow
def test_the_code_of_the_cards_runs_on_devices(exported_heads, monkeypatch, capsys):
    for name, folder in exported_heads.items():
        blocks = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
        (code,) = (block for block in blocks if "from tfsqueeze" in block)
        monkeypatch.chdir(folder)
        exec(code, {})
        assert capsys.readouterr().out.strip(), name


@pytest.mark.readers
def test_the_code_of_the_cards_runs_in_transformers(exported_heads):
    output = run_in_environment("transformers", _SCRIPT, *exported_heads.values())
    assert len(output.splitlines()) >= len(exported_heads)
