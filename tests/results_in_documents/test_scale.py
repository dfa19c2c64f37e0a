"""The figures of docs/scale.md are those of scale.json and large-data.json."""

from __future__ import annotations

import re

import pytest

from converters.reports.formatting import decimals, integer
from tests.results_in_documents.documents import figures, result, rows_of_table

PAGE = "docs/scale.md"
USD_OF_CORE_HOUR = 0.04
CORES = 64


@pytest.fixture(scope="module")
def run():
    (only,) = result("scale")["runs"]
    return only


@pytest.fixture(scope="module")
def rates(run):
    """Texts per second by command, tokens of a text and number of processes."""
    return {(row["name"], row["length"], row["workers"]): row["rate"] for row in run["scale"]}


@pytest.fixture(scope="module")
def large_data():
    (only,) = result("large-data")["runs"]
    return only


@pytest.fixture(scope="module")
def rows_of_data(large_data):
    """The steps by number of rows, where the texts are, and the name of the step."""
    return {(row["rows"], row["way"], row["step"]): row for row in large_data["large-data"]}


def command_of(title):
    """The command and the tokens of a text that the first cell of a line names."""
    (command,) = re.findall("`(.+?)`", title)
    (length,) = re.findall(r"(\d+) tokens", title) or ["64"]
    return command, int(length)


def test_commands(run, rates, large_data, rows_of_data):
    lengths = sorted({length for _, length, _ in rates})
    pattern = r"scale --length (\d+) --length (\d+) --steps (\d+)"
    assert figures(PAGE, pattern) == (*map(str, lengths), str(run["steps"]))
    numbers = sorted({rows for rows, _, _ in rows_of_data})
    assert figures(PAGE, r"large-data --rows (\d+) --rows (\d+)") == tuple(map(str, numbers))
    assert figures(PAGE, r"trains (\d+) steps, not an epoch") == (str(large_data["steps"]),)
    assert figures(PAGE, r"(squeezebert-\w+), texts of") == (run["preset"],)


def test_one_and_two_processes(run, rates):
    found = rows_of_table(PAGE, "command", "one process, texts/s", "two processes", "times")
    commands = [command_of(title) for title, *_ in found]
    assert len(commands) == len(rates) / 2
    for command, (title, *cells) in zip(commands, found, strict=True):
        one, two = (rates[(*command, workers)] for workers in (1, 2))
        assert cells == [integer(round(one)), integer(round(two)), decimals(two / one)], title
        if command[0] == "train":
            assert f"steps of {run['texts_of_step']} texts" in title


def test_beam(run):
    starts = [row["start"] for row in run["scale"] if row["name"] in ("predict-files", "prepare")]
    expected = (f"{min(starts):.0f}", f"{max(starts):.0f}")
    assert figures(PAGE, r"Beam takes (\S+) to (\S+) seconds to start") == expected
    assert run["rows_of_beam_as_predict"] == run["rows"]
    expected = (integer(run["rows"]),)
    assert figures(PAGE, r"All (\S+) rows that it predicted were those of `predict`") == expected


def exchange(run, rates, length):
    """The seconds that two workers take to exchange their gradients."""
    one, two = (rates["train", length, workers] for workers in (1, 2))
    return run["texts_of_step"] / two - run["texts_of_step"] / one / 2


def test_exchange_of_gradients(run, rates):
    texts = str(run["texts_of_step"])
    one, two = (integer(round(rates["train", 64, workers])) for workers in (1, 2))
    seconds = {length: decimals(exchange(run, rates, length)) for length in (16, 64)}
    pattern = (
        r"that takes (\S+) s at 64 tokens, which is (\d+) / (\S+) - (\d+) / (\S+) / 2 s, "
        r"and (\S+) s at 16 tokens"
    )
    assert figures(PAGE, pattern) == (seconds[64], texts, two, texts, one, seconds[16])
    assert figures(PAGE, r"exchanges gradients in (\S+) s;") == (seconds[64],)
    pattern = r"each step takes (\d+) / (\S+) \+ (\S+) s in place of (\d+) / (\S+) s"
    assert figures(PAGE, pattern) == (texts, one, seconds[64], texts, one)


def test_cost_of_many_texts(run, rates):
    assert figures(PAGE, r"a core-hour costs (\S+) USD") == (str(USD_OF_CORE_HOUR),)
    step = run["texts_of_step"] / rates["train", 64, 1]
    with_exchange = run["texts_of_step"] / (step + round(exchange(run, rates, 64), 2))

    def cells(rate, *, parallel=True):
        hours = 1e9 / rate / 3600
        on_cores = f"{hours / CORES:.1f} h" if parallel else "–"
        price = f"{hours * USD_OF_CORE_HOUR:.0f} USD"
        return [f"{hours / 10:.0f}", f"{hours:.0f}", on_cores, price]

    one_worker = cells(rates["train", 64, 1], parallel=False)
    found = rows_of_table(PAGE, "what", "core-hours for 10^8", "for 10^9")
    assert found == [
        ["`predict`, 64 tokens", *cells(rates["predict --workers", 64, 2] / 2)],
        ["`predict-files`, 16 tokens", *cells(rates["predict-files", 16, 2] / 2)],
        ["`prepare`, 16 tokens", *cells(rates["prepare", 16, 2] / 2)],
        ["`train`, one epoch, 64 tokens, one worker", *one_worker],
        ["`train`, one epoch, 64 tokens, 64 workers", *cells(with_exchange)],
    ]


def test_steps_by_number_of_rows(rows_of_data):
    columns = ((10_000_000, "stream"), (200_000, "stream"), (200_000, "memory"))
    header = ("rows/s, 10 million rows", "peak MB", "rows/s, 200,000 rows", "peak MB")
    found = rows_of_table(PAGE, "step", *header, "the same in memory")
    assert {title for title, *_ in found} == {step for _, _, step in rows_of_data}
    for title, *cells in found:
        expected = []
        for column in columns:
            row = rows_of_data[(*column, title)]
            rate = "–" if title.startswith("first batch") else integer(round(row["rate"]))
            expected += [rate, integer(round(row["peak_bytes"] / 1e6))]
        assert cells == expected, title


def test_memory_of_a_row(rows_of_data):
    last = "first batch of the next stage"
    few, many = (rows_of_data[rows, "stream", last]["peak_bytes"] for rows in (200_000, 10_000_000))
    bytes_of_row = round((many - few) / (10_000_000 - 200_000), -1)
    pattern = r"Beyond the (\S+) GB .*? takes about (\S+) bytes\. .*? rows need (\S+) GB in each"
    expected = (f"{few / 1e9:.1f}", f"{bytes_of_row:.0f}", f"{bytes_of_row:.0f}")
    assert figures(PAGE, pattern) == expected
