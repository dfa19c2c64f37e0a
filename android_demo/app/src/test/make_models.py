"""Makes the models in resources/models/: one for each kind of task, tiny and hardly trained.

From the repository's root:  python -m android_demo.app.src.test.make_models
"""

from __future__ import annotations

import csv
import json
import tempfile
from pathlib import Path

from converters.android.export import export
from tfsqueeze.data.conll import load_conll_folder
from tfsqueeze.data.datasets import load_dataset
from tfsqueeze.data.snips import load_snips
from tfsqueeze.tasks import INTENT_AND_SLOTS, TEXT_CLASSIFICATION, TOKEN_CLASSIFICATION
from tfsqueeze.training.options import TrainingOptions
from tfsqueeze.training.run import train_task

OUTPUT = Path(__file__).parent / "resources" / "models"
OPTIONS = TrainingOptions(
    preset="squeezebert-micro",
    model={"hidden_size": 16, "num_attention_heads": 2, "intermediate_size": 32,
           "num_hidden_layers": 1, "layer_types": ["attention"], "hidden_dropout_prob": 0.0},
    vocab_size=120, max_length=32, epochs=4, qat_epochs=0, batch_size=16, learning_rate=1e-2,
    word_dropout=0.0)
TOPICS = {"animals": "cat dog horse cow sheep goat", "food": "bread cheese apple soup rice cake"}
NAMES = {"PER": "Ada Alan Grace Emmy Kurt Noam", "LOC": "Berlin Paris London Rome Oslo Lima"}


def topics(folder: Path):
    for part in ("train", "val", "test"):
        _table(folder / f"{part}.csv", ("text", "label"), (
            (f"the {word} and the {other}", label) for label, words in TOPICS.items()
            for word in words.split() for other in words.split()))
    return TEXT_CLASSIFICATION, load_dataset(folder)


def pairs(folder: Path):
    animals, food = (words.split() for words in TOPICS.values())
    for part in ("train", "val", "test"):
        _table(folder / f"{part}.csv", ("text", "other", "label"), (
            row for one in animals for two in food
            for row in ((one, two, "food"), (two, one, "animals"))))
    return TEXT_CLASSIFICATION, load_dataset(folder, text_pair_column="other")


def names(folder: Path):
    for part in ("train", "dev", "test"):
        (folder / f"{part}.conll").write_text("\n\n".join(
            f"{person}\tB-PER\nwas\tO\nin\tO\n{city}\tB-LOC" for person in NAMES["PER"].split()
            for city in NAMES["LOC"].split()) + "\n", "utf-8")
    return TOKEN_CLASSIFICATION, load_conll_folder(folder)


def commands(folder: Path):
    for intent, verb, slot, values in (
            ("PlayMusic", "play some ", "genre", "jazz rock soul folk"),
            ("GetWeather", "weather in ", "city", NAMES["LOC"])):
        (folder / f"{intent}.json").write_text(json.dumps({intent: [
            {"data": [{"text": verb}, {"text": value, "entity": slot}]}
            for value in values.split() * 8]}), "utf-8")
    return INTENT_AND_SLOTS, load_snips(folder)


def _table(path, header, rows):
    with path.open("w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([header, *rows])


def main() -> None:
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for make in (topics, pairs, names, commands):
        with tempfile.TemporaryDirectory() as folder:
            data = Path(folder) / "data"
            data.mkdir()
            task, splits = make(data)
            run = train_task(Path(folder) / make.__name__, task, splits, OPTIONS,
                             dataset_name=make.__name__)
            print(export(run, OUTPUT)["files"])


if __name__ == "__main__":
    main()
