"""A finished run of each task on tiny data."""

from __future__ import annotations

import csv
import dataclasses

import pytest

from tests.end_to_end.conftest import (  # noqa: F401 (fixtures)
    conll_folder,
    pairs_folder,
    snips_folder,
    squad_folder,
)
from tfsqueeze.tasks import (
    INTENT_AND_SLOTS,
    QUESTION_ANSWERING,
    SENTENCE_EMBEDDINGS,
    TEXT_CLASSIFICATION,
    TOKEN_CLASSIFICATION,
)

# The data and the columns of each run.
TASKS = {
    "pairs": (TEXT_CLASSIFICATION, "pairs_folder", {"text_pair_column": "other"}),
    "bi-encoder": (TEXT_CLASSIFICATION, "pairs_folder", {"text_pair_column": "other"}),
    "tags": (TOKEN_CLASSIFICATION, "conll_folder", {}),
    "intents": (INTENT_AND_SLOTS, "snips_folder", {}),
    "answers": (QUESTION_ANSWERING, "squad_folder", {}),
    "vectors": (SENTENCE_EMBEDDINGS, "like_texts_folder", {"text_pair_column": "other"}),
}
# Fields of the models that are not those of all.
_MODELS = {"bi-encoder": {"pair_encoder": "bi_encoder"}}


@pytest.fixture(scope="session")
def like_texts_folder(topics_folder, made_once):
    """Pairs of texts of one topic."""

    def write(folder):
        folder.mkdir()
        for part in ("train", "val", "test"):
            with (topics_folder / f"{part}.csv").open(encoding="utf-8") as lines:
                rows = sorted(csv.DictReader(lines), key=lambda row: row["label"])
            with (folder / f"{part}.csv").open("w", newline="", encoding="utf-8") as lines:
                table = csv.writer(lines)
                table.writerow(("text", "other"))
                table.writerows(
                    (first["text"], second["text"])
                    for first, second in zip(rows[::2], rows[1::2], strict=False)
                )

    return made_once("like-texts", write)


@pytest.fixture(scope="session")
def task_run(request, one_layer_options, made_once):
    """Returns the run of a name in `TASKS`. Tests must leave its folder as it is."""
    from tfsqueeze.training.train_task import train_task
    from tfsqueeze.training.trained_run import load_run

    def run(name):
        task, data, columns = TASKS[name]
        model = {**one_layer_options.model, **_MODELS.get(name, {})}
        options = dataclasses.replace(one_layer_options, max_length=20, model=model)
        folder = str(request.getfixturevalue(data))

        def train(path):
            splits = task.data.load_splits(folder, **columns)
            train_task(path, task, splits, options, dataset_name=folder)

        return load_run(made_once(f"task-{name}", train))

    return run
