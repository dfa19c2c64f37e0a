"""Results come as their lines do, and end in order whatever ends the command."""

from __future__ import annotations

import io
import json
import os
import signal
import sys
import types

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tfsqueeze.cli.test_terminal import start
from tfsqueeze.cli import predict_command, result_stream
from tfsqueeze.cli.input_lines import input_lines
from tfsqueeze.cli.result_stream import json_element, streamed_json, streamed_table
from tfsqueeze.utils.errors import UserError


@pytest.mark.parametrize(
    ("options", "ending"),
    [
        ((), "end of input"),
        (("--json",), "Ctrl-C"),
        ((), "reader gone"),
        (("--json",), "reader gone"),
    ],
)
def test_answers_come_before_the_next_line(options, ending, topics_model):
    process = start("predict", topics_model, *options)

    def ask(text):
        process.stdin.write(f"{text}\n".encode())
        process.stdin.flush()

    def read_until(label):
        found, text = b"", (f'"label": "{label}"' if options else label).encode()
        while text not in found:
            line = process.stdout.readline()
            assert line, process.stderr.read().decode()
            found += line
        return found

    ask("the cat dog cow")
    shown = read_until("animals")
    ask("the rain snow fog")
    shown += read_until("weather")
    if ending == "reader gone":
        process.stdout.close()
        ask("the soup")
        assert process.wait(60) == 128 + signal.SIGPIPE
        assert process.stderr.read() == b""
        return
    if ending == "Ctrl-C":
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 128 + signal.SIGINT
        assert process.stderr.read().decode().splitlines() == ["interrupted"]
    else:
        process.stdin.close()
        assert process.wait(60) == 0
    shown += process.stdout.read()
    if options:
        assert [row["label"] for row in json.loads(shown)] == ["animals", "weather"]
    else:
        assert shown.decode().splitlines()[-1].startswith("└")


def test_ctrl_c_ends_all_processes_with_one_line(topics_model):
    process = start("predict", topics_model, "--json", "--workers", "2", start_new_session=True)
    # A pipe holds the lines, but not the results.
    process.stdin.write(b"the cat dog cow\n" * 4000)
    process.stdin.flush()
    assert process.stdout.readline() == b"[\n"
    # A terminal sends it to all of them.
    os.killpg(process.pid, signal.SIGINT)
    # It ends when no process has it open.
    process.stdout.read()
    assert process.wait(60) == 128 + signal.SIGINT
    assert process.stderr.read().decode().splitlines() == ["interrupted"]


class _Chunks:
    """Standard input that gives what was written piece by piece."""

    def __init__(self, chunks):
        self._chunks = iter(chunks)

    def read1(self, size):
        return next(self._chunks, b"")


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.binary(min_size=1, max_size=12) | st.sampled_from([b"\n", b"\r\n", b"a\nb"])),
    st.integers(1, 5),
)
def test_lines_end_at_line_breaks_however_they_come(chunks, most):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", types.SimpleNamespace(buffer=_Chunks(chunks)))
        parts = list(input_lines(most))
    lines = b"".join(chunks).split(b"\n")
    expected = [line.decode("utf-8", "replace").removesuffix("\r") for line in lines]
    if not lines[-1]:
        expected.pop()
    assert [line for part in parts for line in part] == expected
    assert all(1 <= len(part) <= most for part in parts)


def test_a_line_that_is_refused_takes_no_other_with_it(monkeypatch):
    lines = b'who?\tAda\n{"question": "a", "context": "b\\tc"}\n{"question": 1}\nwho?\tAda\n'
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=_Chunks([lines])))
    pairs = predict_command._pairs_of_lines(16)
    assert next(pairs) == [("who?", "Ada"), ("a", "b\tc")]
    with pytest.raises(UserError, match="standard input:3: not a JSON object"):
        next(pairs)


@pytest.mark.parametrize("elements", [[], [{"a": []}], [{"text": "x\ny"}, 2, {"b": {"c": [1]}}]])
def test_streamed_json_is_what_json_writes(elements, capsys):
    with streamed_json() as write:
        for element in elements:
            write([json_element(element)])
    assert capsys.readouterr().out == json.dumps(elements, indent=2) + "\n"


def test_json_is_whole_after_an_error(capsys):
    for count in (0, 2):
        with pytest.raises(ValueError, match="no more"), streamed_json() as write:
            write([json_element({"a": 1})] * count)
            raise ValueError("no more")
        out = capsys.readouterr().out
        assert json.loads(out) == [{"a": 1}] * 2 if count else out == ""


def test_a_streamed_table_is_drawn_once(monkeypatch):
    shown = io.StringIO()
    console = result_stream.output.__class__(file=shown, width=48)
    monkeypatch.setattr(result_stream, "output", console)
    with streamed_table({"label": 7}) as write:
        write([])
        assert shown.getvalue() == ""
        write([{"label": "cats", "text": "[bold]a[/bold]"}])
        assert shown.getvalue().count("\n") == 4
        write([{"label": "entertainment", "text": "b " * 30}, {"label": "c", "text": ""}])
    lines = shown.getvalue().splitlines()
    assert len({len(line) for line in lines}) == 1
    assert [line[0] for line in lines].count("└") == [line[0] for line in lines].count("┡") == 1
    assert "[bold]a[/bold]" in shown.getvalue() and "enterta" in shown.getvalue()
