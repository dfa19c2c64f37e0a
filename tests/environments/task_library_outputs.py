"""Runs in the environment `task-library`: opens files, and prints what their readers answer.

Arguments are KIND=PATH, with the kind of `_READERS`; the last one is a JSON file of inputs by kind.
"""

import json
import sys
from pathlib import Path

from mediapipe.tasks import python as mediapipe
from mediapipe.tasks.python import text as mediapipe_text
from tflite_support.task import text


def classify(path, texts):
    support = text.BertNLClassifier.create_from_file(path)
    options = mediapipe_text.TextClassifierOptions(
        base_options=mediapipe.BaseOptions(model_asset_path=path)
    )
    with mediapipe_text.TextClassifier.create_from_options(options) as tasks:
        return {
            name: [
                {
                    category.category_name: category.score
                    for category in reader.classify(each).classifications[0].categories
                }
                for each in texts
            ]
            for name, reader in (("tflite-support", support), ("mediapipe", tasks))
        }


def embed(path, texts):
    support = text.TextEmbedder.create_from_file(path)
    options = mediapipe_text.TextEmbedderOptions(
        base_options=mediapipe.BaseOptions(model_asset_path=path)
    )
    with mediapipe_text.TextEmbedder.create_from_options(options) as tasks:
        return {
            "tflite-support": [
                support.embed(each).embeddings[0].feature_vector.value.tolist() for each in texts
            ],
            "mediapipe": [tasks.embed(each).embeddings[0].embedding.tolist() for each in texts],
        }


def answer(path, pairs):
    reader = text.BertQuestionAnswerer.create_from_file(path)
    return {
        "tflite-support": [
            [answer.text for answer in reader.answer(context, question).answers]
            for question, context in pairs
        ]
    }


_READERS = {"classify": classify, "embed": embed, "answer": answer}
*files, inputs = sys.argv[1:]
inputs = json.loads(Path(inputs).read_text())
found = {}
for file in files:
    kind, _, path = file.partition("=")
    found[Path(path).name] = _READERS[kind](path, inputs[kind])
print(json.dumps(found))
