"""The figures of few examples in docs/your-own-data.md are those of few-examples.json."""

from __future__ import annotations

from converters.reports.formatting import percentage
from tests.results_in_documents.documents import figures, result


def test_more_epochs_for_few_examples():
    (run,) = result("few-examples")["runs"]
    scores = {
        str(row["epochs"]): percentage(row["score"])
        for row in run["few-examples"]
        if (row["name"], row["examples"]) == ("CLINC-150", 100)
    }
    pattern = (
        r"on 100 examples of ten intents, four epochs get (\S+) % and (\d+) epochs (\S+) % "
        r"\(`benchmarks/results/few-examples.md`\)"
    )
    few, epochs, many = figures("docs/your-own-data.md", pattern)
    assert (few, many) == (scores["4"], scores[epochs])
