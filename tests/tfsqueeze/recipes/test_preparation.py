"""From the name of a dataset to a run."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tfsqueeze.recipes import train as train_module
from tfsqueeze.recipes.data_facts import find_facts
from tfsqueeze.recipes.preparation import prepare_training
from tfsqueeze.tasks import find_task
from tfsqueeze.utils.errors import UserError


def prepare(data, **arguments):
    return prepare_training(str(data), **{"given": {}, **arguments})


def chosen(prepared):
    return {choice.option: choice.value for choice in prepared.choices}


def test_nothing_is_asked_for(topics_folder):
    prepared = prepare(topics_folder)
    assert prepared.task.name == "text-classification"
    assert prepared.options.pretrained == "squeezebert-tiny"
    found = chosen(prepared)
    assert found["task"] == "text-classification" and found["max_length"] == 16
    # The same data give the same settings, so that a run goes on.
    assert prepare(topics_folder).options == prepared.options


def test_pairs_are_found(tmp_path):
    lines = [f"a cat {n}\ta kitten {n}\t{'same' if n % 2 else 'other'}" for n in range(40)]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(["premise\thypothesis\tlabel", *lines]) + "\n")
    prepared = prepare(path)
    assert chosen(prepared)["text_pair_column"] == "hypothesis"
    assert prepared.splits.train.text_pairs[0].startswith("a kitten")
    named = prepare(path, text_column="hypothesis", text_pair_column="premise")
    assert named.splits.train.texts[0].startswith("a kitten")
    assert "text_pair_column" not in chosen(named)


def test_devices(topics_folder):
    assert prepare(topics_folder, target="micro").options.preset == "squeezebert-micro"
    edgetpu = prepare(topics_folder, target="edgetpu")
    assert edgetpu.options.preset == "squeezebert-edgetpu" and edgetpu.options.pretrained is None
    assert chosen(edgetpu)["preset"] == "squeezebert-edgetpu"
    assert prepare(topics_folder, target="android").options.pretrained == "squeezebert-tiny"
    with pytest.raises(UserError, match="a size and a target both say how large the model is"):
        prepare(topics_folder, target="micro", size="tiny")
    for start in ("preset", "pretrained"):
        with pytest.raises(UserError, match=f"{start} and a target both say what the model is"):
            prepare(topics_folder, target="edgetpu", given={start: "squeezebert-tiny"})
    with pytest.raises(UserError, match="max_per_source is for question-answering"):
        prepare(topics_folder, max_per_source=5)


@pytest.fixture
def data(topics_folder, tmp_path):
    """Paths of data by their task."""
    numbers = tmp_path / "numbers.csv"
    numbers.write_text("text,label\n" + "".join(f"text {n},{n / 7}\n" for n in range(40)))
    words = tmp_path / "words.conll"
    words.write_text("cats B-animal\nsleep O\n\n" * 40)
    answer = {"text": "7", "answer_start": 6}
    questions = [
        {
            "paragraphs": [
                {
                    "context": "It is 7.",
                    "qas": [{"id": str(n), "question": "What?", "answers": [answer]}],
                }
            ]
        }
        for n in range(40)
    ]
    answers = tmp_path / "squad.json"
    answers.write_text(json.dumps({"data": questions}))
    return {"classes": topics_folder, "numbers": numbers, "words": words, "answers": answers}


BI_ENCODER = {"model": {"pair_encoder": "bi_encoder"}}


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("classes", {"temperature": 3.0}, "temperature is for a teacher's logits of classes, and"),
        ("numbers", {"temperature": 3.0, "teacher": "run"}, "temperature is for a teacher's"),
        ("numbers", {"label_smoothing": 0.1}, "label_smoothing is for classes, and regression"),
        ("classes", {"label_smoothing": 0.1, "teacher": "run"}, "label_smoothing is for training"),
        ("answers", {"word_dropout": 0.1}, "word_dropout is for other tasks than question-answ"),
        ("classes", {"noise_level": 0.2}, "noise_level is for noisy_copies, and there are none"),
        ("classes", {"replaced_words": 0.1}, "replaced_words is for augmented_copies, and there"),
        ("classes", {"adversarial_rounds": 1}, "adversarial_rounds is for adversarial training"),
        ("classes", {"adversarial_texts": 9}, "adversarial_texts is for adversarial training"),
        ("classes", {"epochs": 0, "learning_rate": 1e-4}, "learning_rate is for the float stage"),
        ("answers", {"qat_learning_rate": 1e-4}, "qat_learning_rate is for the quantization-aw"),
        ("words", {"batch_tokens": 99, "batch_size": 8}, "batch_size is for batches of as many"),
        ("classes", BI_ENCODER, "pair_encoder is for labels and numbers of pairs of texts, and"),
        (
            "classes",
            {"pretrained": "squeezebert-tiny", "tokenizer": "squeezebert-small"},
            "tokenizer is for a model that is not pretrained",
        ),
        (
            "classes",
            {"pretrained": "squeezebert-tiny", "model_type": "bert"},
            "model_type is for a model that is not pretrained",
        ),
        (
            "classes",
            {"preset": "squeezebert-tiny", "model_type": "bert"},
            "preset is for SqueezeBERT, and model_type is bert",
        ),
        (
            "classes",
            {"tokenizer": "squeezebert-tiny", "lowercase": False},
            "lowercase is for a vocabulary that is trained from the texts, and a tokenizer is",
        ),
    ],
)
def test_options_that_a_run_would_ignore_are_refused(name, given, message, data):
    with pytest.raises(UserError, match=message):
        prepare(data[name], given=given)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("classes", {"temperature": 3.0, "teacher": "run"}),
        ("classes", {"noise_level": 0.2, "noisy_copies": 1}),
        ("classes", {"adversarial": ["textfooler"], "adversarial_texts": 9}),
        ("answers", {"word_dropout": 0.0, "label_smoothing": 0.1}),
        ("answers", {"qat_epochs": 1, "qat_learning_rate": 1e-4}),
        ("words", {"word_dropout": 0.2, "batch_tokens": 99, "noise_level": 0.1}),
        ("classes", {"vocab_size": 99, "pretrained": "squeezebert-tiny"}),
    ],
)
def test_options_that_a_run_reads_are_taken(name, given, data):
    options = prepare(data[name], given=given).options
    assert {option: getattr(options, option) for option in given} == {
        option: tuple(value) if isinstance(value, list) else value
        for option, value in given.items()
    }


def test_columns_are_refused_before_the_data_are_read(data):
    with pytest.raises(UserError, match="label_column is for other tasks than token-classif"):
        prepare(data["words"], label_column="ner")
    with pytest.raises(UserError, match="max_per_source is for a folder of folders"):
        prepare(data["answers"], max_per_source=5)


@pytest.mark.slow
def test_choices_are_in_the_run(topics_folder, tmp_path, capsys):
    settings = {"epochs": 1, "qat_epochs": 0, "vocab_size": 200, "size": "micro"}
    run = train_module.train(topics_folder, tmp_path / "run", **settings)
    printed = capsys.readouterr().out
    assert "task text-classification: " in printed and "float epoch 1: loss" in printed
    kept = json.loads((run.folder / "run.json").read_text())["choices"]
    assert {"option": "task", "value": "text-classification"}.items() <= kept[0].items()
    assert all(choice["reason"] and choice["source"] for choice in kept)
    # Naming what was chosen before is the same run.
    again = train_module.train(
        topics_folder, run.folder, task="text-classification", verbose=False, **settings
    )
    assert again.history == run.history and not capsys.readouterr().out


@pytest.mark.slow
def test_a_search_before_training(topics_folder, tmp_path, capsys):
    arguments = {"size": "micro", "vocab_size": 200, "qat_epochs": 0, "batch_size": 16}
    run = train_module.train(topics_folder, tmp_path / "run", search=2, epochs=1, **arguments)
    assert capsys.readouterr().out.count("trial ") == 2
    settings = json.loads((run.folder / "run.json").read_text())
    found = [row for row in settings["choices"] if row["reason"].startswith("the best of 2 trials")]
    assert {row["option"] for row in found} == {"learning_rate", "word_dropout"}
    assert all(settings["options"][row["option"]] == row["value"] for row in found)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused_before_the_data_are_divided(seed, tmp_path):
    path = tmp_path / "mail.csv"
    path.write_text("text,label\n" + "a cat,x\na dog,y\n" * 20)
    with pytest.raises(UserError, match=f"seed must be from 0 to 4294967295, not {seed}"):
        prepare(path, given={"seed": seed})


def test_unknown_options_are_named_before_the_data_are_read():
    with pytest.raises(UserError, match="no option 'epoch'; did you mean 'epochs'?"):
        train_module.train("no_such_data/", epoch=3)
    with pytest.raises(UserError, match="a search trains on one device"):
        train_module.train("no_such_data/", search=2, distribute="mirrored")


def test_a_run_without_a_folder_has_the_name_of_its_data(topics_folder, monkeypatch):
    folders = []
    monkeypatch.setattr(train_module, "train_task", lambda folder, *_, **__: folders.append(folder))
    train_module.train(topics_folder)
    assert folders == [Path("runs") / topics_folder.name]


@pytest.mark.parametrize(
    ("data", "is_english"),
    [
        *[(name, True) for name in ("clinc150", "sst2", "cola", "snips", "wnut17", "rte", "qa")],
        *[(f"stsb/{language}", language == "en") for language in "en de fr es it nl pl pt".split()],
        *[(f"wikiann/{language}", language == "en") for language in "en de fr nl".split()],
    ],
)
def test_english_is_told_from_other_languages(shared_dir, data, is_english):
    path = str(shared_dir / "data" / data)
    prepared = prepare(path, task="regression" if data.startswith("stsb") else None)
    share = find_facts(prepared.task.name, prepared.splits).whole_words
    assert share >= 0.86 if is_english else share <= 0.74
    assert (prepared.options.pretrained is not None) == is_english


def test_facts(topics_folder):
    splits = find_task("text-classification").data.load_splits(str(topics_folder))
    facts = find_facts("text-classification", splits)
    assert facts.examples == len(splits.train) and facts.classes == len(splits.label_names)
    assert not facts.pairs and 0 < facts.rarest_share <= 1 / facts.classes
    assert 0.8 < facts.whole_words <= 1 and 4 < facts.tokens <= 16


def test_settings_are_chosen_without_tensorflow(topics_folder):
    # TensorFlow takes seconds, and a mistake in the data should be told at once.
    code = (
        "import sys; from tfsqueeze.recipes.preparation import prepare_training; "
        f"prepare_training({str(topics_folder)!r}, given={{}}); "
        "sys.exit('tensorflow' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(sys.path)})
