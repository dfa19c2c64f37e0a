"""The notebooks run from top to bottom; what is committed is the result of such a run, or none."""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from tfsqueeze.utils.archives import cache_dir

REPOSITORY = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.ipynb"))
_SECONDS_PER_CELL = 900
_VARIABLES = {
    "runtimes": "available_runtimes()",
    "accuracies": "accuracies",
    "agreements": "agreements",
    "majority": "majority",
    "operators": "len(operators)",
    "not_int8": "len(not_int8)",
    "labels": "labels",
    "predicted": "[prediction.label for prediction in predictions]",
    "bytes": "[len(float_network), len(network), file.stat().st_size]",
}


def execute(
    path: Path, folder: Path, expressions: dict[str, str], *, small: bool = False
) -> tuple[str, dict, list[str]]:
    """Runs a notebook in `folder`: what it printed, values of variables, MIME types it showed.

    small: with the small settings that the notebook has for tests.
    """
    notebook = nbformat.read(path, as_version=4)
    values = ", ".join(f"{name!r}: {expression}" for name, expression in expressions.items())
    probe = f"import json\nprint(json.dumps({{{values}}}))"
    notebook.cells.append(nbformat.v4.new_code_cell(probe))
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    paths = [str(REPOSITORY), *filter(None, [environment.get("PYTHONPATH")])]
    environment |= {
        "PYTHONPATH": os.pathsep.join(paths),
        "TFSQUEEZE_CACHE": str(cache_dir().resolve()),
    }
    if small:
        environment["TFSQUEEZE_SMALL"] = "1"
    client = NotebookClient(
        notebook,
        timeout=_SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=environment)
    *cells, last = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    shown = [mime for output in outputs for mime in output.get("data", {})]
    return _printed(outputs), json.loads(_printed(last.outputs)), shown


def _printed(outputs) -> str:
    return "".join(output.text for output in outputs if output.get("name") == "stdout")


@pytest.fixture(scope="module")
def from_text_to_int8(tmp_path_factory):
    path = REPOSITORY / "notebooks" / "01_from_text_to_int8.ipynb"
    return execute(path, tmp_path_factory.mktemp("notebook"), _VARIABLES)


@pytest.mark.slow
def test_every_op_is_int8(from_text_to_int8):
    printed, values, _ = from_text_to_int8
    found = re.search(r"(\d+) ops, (\d+) of them not int8", printed)
    assert found and int(found[1]) == values["operators"] > 20
    assert int(found[2]) == values["not_int8"] == 0


@pytest.mark.slow
def test_the_runtimes_agree_with_keras(from_text_to_int8):
    printed, values, _ = from_text_to_int8
    found = dict(re.findall(r"agreement of Keras QAT and int8 on (\S+): ([\d.]+) %", printed))
    assert "litert" in found and set(found) == set(values["runtimes"])
    assert min(map(float, found.values())) >= 95
    assert {
        name: pytest.approx(100 * value, abs=0.06) for name, value in values["agreements"].items()
    } == {name: float(value) for name, value in found.items()}


@pytest.mark.slow
def test_the_models_have_learned(from_text_to_int8):
    _, values, _ = from_text_to_int8
    assert len(values["accuracies"]) == 2 + len(values["runtimes"])
    assert min(values["accuracies"].values()) > values["majority"] + 0.1


@pytest.mark.slow
def test_the_file_is_smaller_and_predicts_alone(from_text_to_int8):
    _, values, _ = from_text_to_int8
    in_float, in_int8, packed = values["bytes"]
    assert in_int8 < in_float / 2 and packed > in_int8
    assert set(values["predicted"]) <= set(values["labels"])
    # The two topics that most of the texts are about.
    assert values["predicted"][0] == "earn" and values["predicted"][2] == "acq"


@pytest.mark.slow
def test_the_training_curve_is_drawn(from_text_to_int8):
    _, _, shown = from_text_to_int8
    assert shown.count("image/png") == 1


def run_small(name: str, folder: Path, expressions: dict[str, str]):
    return execute(REPOSITORY / "notebooks" / f"{name}.ipynb", folder, expressions, small=True)


@pytest.mark.docs
def test_intents_and_slots(tmp_path):
    printed, values, shown = run_small(
        "intent_and_slots",
        tmp_path,
        {
            "metrics": "{score.name: metrics[score.name] for score in predictor.task.scores}",
            "outputs": "[detail.name for detail in open_model(content).output_details]",
            "auroc": "found['out_of_scope']['auroc']",
        },
    )
    assert sorted(values["outputs"]) == ["intent_logits", "slot_logits"]
    assert values["metrics"]["intent_accuracy"] > 0.8 and values["metrics"]["slot_f1"] > 0.5
    assert f"AUROC {values['auroc']:.3f}" in printed
    assert "all int8" in printed and "hip hop" in printed
    assert shown.count("image/png") == 1


@pytest.mark.docs
def test_named_entities(tmp_path):
    printed, values, shown = run_small(
        "named_entities",
        tmp_path,
        {
            "f1": "metrics['f1']",
            "crf": "baseline['f1']",
            "languages": "{name: row['f1'] for name, row in metrics['per_language'].items()}",
        },
    )
    assert values["f1"] > 0.5 < values["crf"]
    assert set(values["languages"]) == {"de", "en"}
    assert f"F1 of whole entities {100 * values['f1']:.1f} %" in printed
    assert shown.count("image/png") == 1


@pytest.mark.docs
def test_question_answering(tmp_path):
    printed, values, shown = run_small(
        "question_answering",
        tmp_path,
        {
            "metrics": "{score.name: metrics[score.name] for score in predictor.task.scores}",
            "kinds": "[metrics[name]['exact_match'] for name in ('has_answer', 'no_answer')]",
            "nothing": "nothing.answer",
            "long": "[found.answer for found in long_answers]",
        },
    )
    assert min(values["metrics"].values()) > 0.8 and min(values["kinds"]) > 0.6
    assert f"F1 {100 * values['metrics']['f1']:.1f} %" in printed
    assert "start_logits: (1, 40), int8" in printed and values["nothing"] == ""
    assert values["long"] == ["Ada Lovelace", "Lima"]
    assert shown.count("image/png") == 1


@pytest.mark.docs
def test_pairs_and_similarity(tmp_path):
    printed, values, shown = run_small(
        "pairs_and_similarity",
        tmp_path,
        {
            "accuracy": "metrics['accuracy']",
            "pearson": "correlations['pearson']",
            "recalls": "{name: row['recall_at_10'] for name, row in recalls.items()}",
            "found": "[[match.text for match in row] for row in index.search(queries, top_k=3)]",
            "corpus": "corpus",
        },
    )
    assert f"accuracy on new wordings {100 * values['accuracy']:.1f} %" in printed
    assert values["pearson"] > 0 and values["recalls"]["after"] > 10 / 24
    assert all(len(row) == 3 and set(row) <= set(values["corpus"]) for row in values["found"])
    assert shown.count("image/png") == 1


@pytest.mark.docs
def test_robustness(tmp_path):
    printed, values, shown = run_small(
        "robustness",
        tmp_path,
        {
            "clean": "measured['clean']",
            "attacks": "len(attacks['attacks'])",
            "majority": "max(np.bincount(test.label_ids(labels))) / len(test)",
        },
    )
    assert len(values["clean"]) == values["attacks"] == 3
    assert values["clean"]["TF-IDF"] > values["majority"]
    assert all(0 <= accuracy <= 1 for accuracy in values["clean"].values())
    assert "queries a text" in printed and shown.count("image/png") == 1


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestCommitted:
    def test_is_the_result_of_one_run_or_cleared(self, path):
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
        outputs = [output for cell in cells for output in cell.outputs]
        counts = [cell.execution_count for cell in cells]
        if outputs:
            assert counts == list(range(1, len(cells) + 1))
        else:
            assert set(counts) == {None}
        assert not [o for o in outputs if o.output_type == "error" or o.get("name") == "stderr"]

    def test_names_no_machine(self, path):
        text = path.read_text("utf-8")
        found = re.findall(
            r"/(?:home|root|tmp|usr|opt|work|Users)/|[A-Z]:\\\\|site-packages|https?://", text
        )
        assert not found

    def test_every_code_cell_is_python(self, path):
        for cell in nbformat.read(path, as_version=4).cells:
            if cell.cell_type == "code":
                ast.parse(cell.source)  # no shell lines or magics, which scripts cannot copy
                assert max(map(len, cell.source.splitlines())) <= 110
