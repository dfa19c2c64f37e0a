"""The part of a model card that shows how the model is used in Python."""

from __future__ import annotations

from typing import TYPE_CHECKING

from converters.targets.huggingface.pipeline_tags import PIPELINE_TAGS
from tfsqueeze.tasks import (
    MASKED_LM,
    MULTI_LABEL_CLASSIFICATION,
    QUESTION_ANSWERING,
    REGRESSION,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)

if TYPE_CHECKING:
    from converters.targets.huggingface.model_facts import ModelFacts

_TEXTS = '["some text"]'
_PAIRS = '["a text"], ["another text"]'
_PREDICTIONS = {
    QUESTION_ANSWERING.name: 'predictor.predict(["who wrote it?"], ["Ada wrote it in 1843."])',
    MASKED_LM.name: 'predictor.predict(["the court [MASK] the ruling"])',
}
_PIPELINES = {
    TEXT_CLASSIFICATION.name: 'model("some text")',
    MULTI_LABEL_CLASSIFICATION.name: 'model("some text", top_k=None, function_to_apply="sigmoid")',
    REGRESSION.name: 'model("some text", function_to_apply="none")',
    TOKEN_CLASSIFICATION.name: 'model("some text")',
    MASKED_LM.name: 'model("the court [MASK] the ruling")',
}
_PAIR_PIPELINE = '{"text": "a text", "text_pair": "another text"}'
_ANSWERS = """\
import torch
from transformers import AutoModelForQuestionAnswering, AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained(FOLDER)
model = AutoModelForQuestionAnswering.from_pretrained(FOLDER)
inputs = tokenizer("who wrote it?", "Ada wrote it in 1843.", return_tensors="pt")
with torch.no_grad():
    outputs = model(**inputs)
print(outputs.start_logits, outputs.end_logits)"""
_EMBEDDINGS = """\
from sentence_transformers import SentenceTransformer

print(SentenceTransformer(FOLDER).encode(["some text"]))"""


def usage(facts: ModelFacts) -> str:
    """Returns the part of a card with code.

    Args:
        facts: what is known of the model.
    """
    run = facts.run
    inputs = _PAIRS if run.reads_pairs else _TEXTS
    prediction = _PREDICTIONS.get(run.task.name, f"predictor.predict({inputs})")
    device = [
        "On a device, without TensorFlow and without PyTorch; the files have the labels, the "
        "vocabulary and the tokenizer's settings inside:",
        "```python\n"
        "from tfsqueeze import Predictor\n\n"
        "# Every op is int8. model_mobile.tflite has int8 products alone and is faster on CPUs.\n"
        'predictor = Predictor.open("model_int8.tflite")\n'
        f"print({prediction}[0])\n```",
    ]
    parts = ["## How to use it", *device]
    if facts.is_for_transformers:
        parts += ["In float32, `FOLDER` being this folder or its id on the hub:", _float(facts)]
    parts += [
        "To train it further, or to convert it anew:",
        "    tfsqueeze train my_texts/ -o runs/mine --pretrained FOLDER\n"
        "    tfsqueeze convert FOLDER -o model.tflite --calibration texts.txt",
    ]
    return "\n\n".join(parts)


def _float(facts: ModelFacts) -> str:
    task, pairs = facts.run.task.name, facts.run.reads_pairs
    if task == QUESTION_ANSWERING.name:
        code = _ANSWERS
    elif task == SENTENCE_EMBEDDINGS.name:
        code = _EMBEDDINGS
    else:
        call = _PIPELINES[task]
        if pairs:
            call = call.replace('"some text"', _PAIR_PIPELINE)
        code = (
            "from transformers import pipeline\n\n"
            f'model = pipeline("{PIPELINE_TAGS[task]}", FOLDER)\n'
            f"print({call})"
        )
    return f"```python\n{code}\n```"
