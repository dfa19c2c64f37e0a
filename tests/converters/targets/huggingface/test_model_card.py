"""The model card: YAML that the hub reads, nothing that is not known, no path of a machine."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from huggingface_hub import ModelCard

from converters.experiments.model_scores import EvaluationSet, ModelScores
from converters.targets.huggingface.card_sources import read_card_fields
from converters.targets.huggingface.model_card import write_card
from converters.targets.huggingface.model_facts import ModelFacts
from tfsqueeze import BertConfig
from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.tasks import TASKS, find_task
from tfsqueeze.training.training_options import TrainingOptions

ROWS = [
    ModelScores("float32", 4_610_000, 1.5, {"accuracy": 0.96943, "macro_f1": 0.9}, None),
    ModelScores("int8", 1_260_000, 0.75, {"accuracy": 0.96978, "macro_f1": 0.91}, None),
]
EXAMPLES = EvaluationSet("/home/me/topics", TextDataset("topics", ["a", "b"], ["x", "y"]), True)
DECODING = {
    "multi-label-classification": {"thresholds": [0.25, 0.5]},
    "regression": {"mean": 3.5, "scale": 1.25},
}


def facts(task="text-classification", pretrained=None, fields=(), **changes):
    config = BertConfig(hidden_size=8, num_attention_heads=2).with_labels(["no", 'say "yes"'])
    decoding = DECODING.get(task, {})
    labels = list(config.id2label.values())
    run = SimpleNamespace(
        folder=Path("/nowhere/mine"),
        config=config,
        task=find_task(task).with_decoding(decoding, labels) if decoding else find_task(task),
        options=TrainingOptions(pretrained=pretrained, max_length=64),
        dataset_name="/home/me/texts.txt, reuters-r8",
        tokenizer=SimpleNamespace(lowercase=True),
        label_names=labels if find_task(task).has_labels else [],
        reads_pairs=task == "question-answering",
        decoding=decoding,
    )
    found = ModelFacts("mine", run, 64, True, dict(fields))
    return dataclasses.replace(found, **changes)


def card(tmp_path, about, rows=ROWS, examples=EXAMPLES):
    write_card(tmp_path / "README.md", about, rows, examples)
    text = (tmp_path / "README.md").read_text("utf-8")
    _, front, body = text.split("---\n", 2)
    return yaml.safe_load(front), body


def test_the_front_matter_has_what_is_known_and_the_hub_reads_it(tmp_path):
    front, body = card(tmp_path, facts(pretrained="squeezebert/squeezebert-uncased@main"))
    assert set(front) == {"base_model", "library_name", "pipeline_tag", "tags", "model-index"}
    assert front["base_model"] == "squeezebert/squeezebert-uncased"
    assert front["library_name"] == "transformers"
    assert front["pipeline_tag"] == "text-classification"
    assert {"tfsqueeze", "tflite", "bert"} <= set(front["tags"])
    results = ModelCard.load(tmp_path / "README.md").data.eval_results
    assert [(x.metric_name, x.metric_type, x.metric_value) for x in results] == [
        ("Accuracy (float32)", "accuracy", 0.96943),
        ("Macro F1 (float32)", "macro_f1", 0.9),
        ("Accuracy (int8)", "accuracy", 0.96978),
        ("Macro F1 (int8)", "macro_f1", 0.91),
    ]
    assert {x.dataset_name for x in results} == {"topics"}
    assert "| int8 | 96.98 % | 91.00 % | 1.26 | 0.75 |" in body
    assert "Measured on 2 examples of topics." in body
    assert "its license, its language" in body


def test_no_path_of_the_machine_is_told(tmp_path):
    _, body = card(tmp_path, facts(pretrained="/home/me/checkpoint"))
    text = (tmp_path / "README.md").read_text()
    assert "/home" not in text and "/nowhere" not in text
    assert "texts.txt, reuters-r8" in body and "base_model" not in text


def test_without_examples_there_are_sizes_and_times_alone(tmp_path):
    rows = [dataclasses.replace(row, scores={}) for row in ROWS]
    front, body = card(tmp_path, facts(), rows, None)
    assert "model-index" not in front
    assert "| file | MB | ms |" in body and "Measured on" not in body
    assert "| int8 | 1.26 | 0.75 |" in body


def test_examples_without_labels_give_the_likeness_to_float32(tmp_path):
    rows = [dataclasses.replace(ROWS[0], scores={})]
    rows.append(dataclasses.replace(ROWS[1], scores={}, likeness=0.9875))
    examples = dataclasses.replace(EXAMPLES, has_labels=False)
    front, body = card(tmp_path, facts(), rows, examples)
    assert "model-index" not in front
    assert "| int8 | 98.75 % | 1.26 | 0.75 |" in body
    assert "Measured on 2 unlabelled examples" in body
    _, body = card(tmp_path, facts("sentence-embeddings"), rows, examples)
    assert "| file | cosine to float32 |" in body and "| int8 | 0.9875 |" in body


def test_how_predictions_are_decoded(tmp_path):
    _, body = card(tmp_path, facts("regression"), [], None)
    assert "A number is `3.5 + 1.25 * logit`." in body and "Labels:" not in body
    _, body = card(tmp_path, facts("multi-label-classification"), [], None)
    assert '`no` 0.25, `say "yes"` 0.5.' in body


def test_what_yaml_would_read_otherwise_is_quoted(tmp_path):
    fields = {"language": "no", "license": "other", "datasets": ["a/b", "1.5"]}
    front, body = card(tmp_path, facts(fields=fields))
    assert {name: front[name] for name in fields} == fields
    assert "Add what it is for and what it must not be used for" in body


@pytest.mark.parametrize("task", TASKS)
def test_every_task_has_a_card(task, tmp_path):
    if task != "intent-and-slots":
        front, body = card(tmp_path, facts(task), [], None)
        assert front["pipeline_tag"] and "Predictor.open" in body
        assert ("from transformers" in body) == (task != "sentence-embeddings")
    front, body = card(tmp_path, facts(task, is_for_transformers=False), [], None)
    assert front["library_name"] == "tfsqueeze" and "transformers" not in body


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "---\nlanguage: en\nwidget: x\nlicense: mit\n---\nA",
            {"language": "en", "license": "mit"},
        ),
        (
            "---\nlanguage:\n- en\n- de\ndatasets:\n  - a/b\n---\n",
            {"language": ["en", "de"], "datasets": ["a/b"]},
        ),
        ("---\nlicense: &a !!python/object:os.system\n---\n", {}),
        ("---\nlanguage:\ntags:\n- x\n---\n", {}),
        ("---\nlicense: mit\n", {}),
        ("# license: mit\n", {}),
        ("", {}),
    ],
    ids=["plain", "lists", "tags_of_yaml", "empty", "no_end", "no_front_matter", "nothing"],
)
def test_fields_of_the_card_of_a_checkpoint(text, expected, tmp_path):
    path = tmp_path / "README.md"
    assert read_card_fields(path) == {}
    path.write_text(text)
    assert read_card_fields(path) == expected
