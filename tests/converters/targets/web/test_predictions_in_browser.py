"""The page predicts what `tfsqueeze predict` predicts, for every task."""

from __future__ import annotations

import dataclasses
import json
import random
from typing import Any, NamedTuple

import numpy as np
import pytest
import tf_keras as keras

from converters.inference.predictor import Predictor
from converters.targets.web.web_target import ABOUT_FILE, MODEL_FILE, WebTarget
from tfsqueeze import (
    BertConfig,
    BertForMaskedLM,
    BertForQuestionAnswering,
    BertForSequenceClassification,
    BertForTokenClassification,
    BertModel,
)
from tfsqueeze.tasks import INTENT_AND_SLOTS, TASKS
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.calibrated_checkpoint import calibrate_checkpoint
from tfsqueeze.training.train_task import train_task
from tfsqueeze.training.trained_run import load_run

pytestmark = pytest.mark.web

TEXTS = 200
# The longer one gets two signatures, and the other one.
LONGER, LENGTH = 40, 30
# Outputs are equal; what follows adds doubles in another order, and vectors as float32.
TOLERANCE = 1e-6
TOPICS = {index: f"topic {index}" for index in range(6)}
TAGS = {index: tag for index, tag in enumerate(("O", "B-a", "I-a", "B-b", "I-b"))}
NUMBER = {"id2label": {0: "LABEL_0"}, "problem_type": "regression"}
SEVERAL = {"id2label": TOPICS, "problem_type": "multi_label_classification"}


class Case(NamedTuple):
    """A checkpoint of random weights, and whether it is calibrated with pairs of texts."""

    model: Any
    fields: dict[str, Any]
    pairs: bool = False


# Intents and slots have no head in checkpoints: the test trains a run.
CASES = {
    "text-classification": Case(BertForSequenceClassification, {"id2label": TOPICS}),
    "pairs": Case(BertForSequenceClassification, {"id2label": TOPICS}, pairs=True),
    "multi-label-classification": Case(BertForSequenceClassification, SEVERAL),
    "regression": Case(BertForSequenceClassification, NUMBER),
    "token-classification": Case(BertForTokenClassification, {"id2label": TAGS}),
    "question-answering": Case(BertForQuestionAnswering, {}, pairs=True),
    "masked-lm": Case(BertForMaskedLM, {}),
    "sentence-embeddings": Case(BertModel, {}),
    INTENT_AND_SLOTS.name: None,
}


LONG = ("text-classification", "question-answering", "masked-lm")


@pytest.fixture(scope="module")
def lines(texts) -> list[str]:
    """Lines that a calibration file can hold, and 200 others with all kinds of characters."""
    plain = [text for text in texts if 20 < len(text) < 300 and text.isprintable()]
    return [*random.Random(1).sample(plain, 700), *texts[-50:]]


@pytest.fixture(scope="module")
def checkpoint(lines, tmp_path_factory):
    """Returns a function that makes a run of a case."""
    folder = tmp_path_factory.mktemp("checkpoints")
    calibrating = lines[:200]
    (folder / "texts.txt").write_text("\n".join(calibrating), "utf-8")
    (folder / "pairs.tsv").write_text(
        "\n".join(map("\t".join, zip(calibrating[::2], calibrating[1::2], strict=True))), "utf-8"
    )
    tokenizer = WordPieceTokenizer(train_vocabulary(calibrating, vocab_size=1000))

    def make(name: str, case: Case):
        keras.utils.set_random_seed(0)
        config = BertConfig(
            vocab_size=tokenizer.vocab_size,
            hidden_size=32,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=64,
            max_position_embeddings=LONGER,
            initializer_range=0.4,
            **case.fields,
        )
        case.model(config).save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
        if case.model is BertModel:
            pooling = folder / name / "1_Pooling" / "config.json"
            pooling.parent.mkdir()
            pooling.write_text(json.dumps({"pooling_mode_mean_tokens": True}))
        data = folder / ("pairs.tsv" if case.pairs else "texts.txt")
        length = LONGER if name in LONG else LENGTH
        run, _ = calibrate_checkpoint(folder / name, [data], max_length=length)
        return run

    return make


@pytest.fixture(scope="module")
def trained(shared_dir, one_layer_options, tmp_path_factory):
    """Returns a function that trains a run for intents and slots."""

    def make():
        splits = INTENT_AND_SLOTS.data.load_splits(str(shared_dir / "data" / "snips"))
        options = dataclasses.replace(
            one_layer_options, vocab_size=1000, max_length=LENGTH, epochs=1, qat_epochs=0
        )
        folder = tmp_path_factory.mktemp("intents") / "run"
        fewer = dataclasses.replace(
            splits,
            train=splits.train.sample(1000, seed=0),
            validation=splits.validation.sample(50, seed=0),
        )
        train_task(folder, INTENT_AND_SLOTS, fewer, options)
        return load_run(folder)

    return make


@pytest.fixture(scope="module", params=list(CASES))
def case(request, checkpoint, trained, tmp_path_factory, npm):
    """Returns the name of a case, and its export."""
    name = request.param
    run = trained() if CASES[name] is None else checkpoint(name, CASES[name])
    folder = tmp_path_factory.mktemp("web")
    WebTarget().export(run, folder)
    return name, folder


def test_every_task_has_a_case():
    assert set(TASKS) == set(CASES) - {"pairs"}


def test_200_texts(case, browser, lines, utf16, report):
    name, folder = case
    texts = inputs_of(name, lines[-TEXTS:])
    answer = browser.run(folder, {"kind": "predictions", "items": texts})
    predictor = Predictor.open(folder / MODEL_FILE)
    about = json.loads((folder / ABOUT_FILE).read_text("utf-8"))
    assert len(about["signatures"]) == (2 if name in LONG else 1)
    predictions = expected(name, predictor, texts)
    largest, decided = 0.0, set()
    for row, found, prediction in zip(texts, answer["found"], predictions, strict=True):
        decisions, numbers = decisions_of(prediction, row[-1], utf16)
        web_decisions, web_numbers = web_decisions_of(found)
        assert web_decisions == decisions, row
        assert web_numbers == pytest.approx(numbers, abs=TOLERANCE)
        largest = max([largest, *np.abs(np.subtract(web_numbers, numbers))])
        decided.add(str((decisions, np.round(numbers, 3).tolist())))
    assert len(decided) > TEXTS / 2
    report(
        f"browser, {name}: {len(texts)} texts alike ({len(decided)} distinct results), numbers "
        f"within {largest:.1e}, {answer['milliseconds'] / len(texts):.1f} ms a text"
    )


def inputs_of(name: str, texts: list[str]) -> list[list[str]]:
    """Returns what is typed into the fields of the page."""
    if name in ("pairs", "sentence-embeddings"):
        return [list(pair) for pair in zip(texts, texts[::-1], strict=True)]
    if name == "question-answering":
        return [
            [question, " ".join(texts[index : index + 4])] for index, question in enumerate(texts)
        ]
    if name == "masked-lm":
        return [[f"{text[:6]} [MASK]{text[6:10]} [MASK]."] for text in texts]
    return [[text] for text in texts]


def expected(name: str, predictor: Predictor, texts: list[list[str]]) -> list[Any]:
    columns = [list(column) for column in zip(*texts, strict=True)]
    if name != "sentence-embeddings":
        return predictor.predict(*columns)
    first, second = (predictor.predict(column) for column in columns)
    return list(zip(first, second, strict=True))


def decisions_of(prediction, text, utf16) -> tuple[list[Any], list[float]]:
    """Returns what Python decides, with positions in UTF-16 code units, and all its numbers."""
    if isinstance(prediction, tuple):
        vectors = [one.embedding for one in prediction]
        return [], [*vectors[0], *vectors[1], float(np.dot(*vectors))]
    decisions, numbers = [], []
    facts = vars(prediction)
    for key in ("label", "labels", "intent", "filled"):
        if key in facts:
            decisions.append(facts[key])
    if "number" in facts:
        numbers.append(facts["number"])
    for name, share in facts.get("probabilities", {}).items():
        decisions.append(name)
        numbers.append(share)
    for entity in facts.get("entities", facts.get("slots", [])):
        start, end = utf16(text, entity.start), utf16(text, entity.end)
        decisions.append([entity.type, start, end, entity.text])
        numbers.append(entity.score)
    for answer in facts.get("candidates", []):
        decisions.append([utf16(text, answer.start), utf16(text, answer.end), answer.text])
        numbers.append(answer.probability)
    if "candidates" in facts:
        decisions.append(None if prediction.start is None else prediction.answer)
        numbers += [prediction.probability, prediction.no_answer_score or 0.0]
    for mask in facts.get("masks", []):
        decisions.append([one.token for one in mask])
        numbers += [one.probability for one in mask]
    return decisions, numbers


def web_decisions_of(found) -> tuple[list[Any], list[float]]:
    """Returns the same of the page's result."""
    if "embeddings" in found:
        return [], [*found["embeddings"][0], *found["embeddings"][1], found["cosine"]]
    decisions = [found[key] for key in ("label", "labels", "intent", "filled") if key in found]
    numbers = [found["number"]] if "number" in found else []
    for name, share in found.get("probabilities", []):
        decisions.append(name)
        numbers.append(share)
    for entity in found.get("entities", found.get("slots", [])):
        decisions.append([entity["type"], entity["start"], entity["end"], entity["text"]])
        numbers.append(entity["score"])
    for answer in found.get("candidates", []):
        decisions.append([answer["start"], answer["end"], answer["text"]])
        numbers.append(answer["probability"])
    if "candidates" in found:
        decisions.append(found["answer"] and found["answer"]["text"])
        numbers += [found["probability"], found["noAnswerScore"] or 0.0]
    for mask in found.get("masks", []):
        decisions.append([one["token"] for one in mask])
        numbers += [one["probability"] for one in mask]
    return decisions, numbers
