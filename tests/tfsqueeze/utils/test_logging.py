"""What comes through to standard error, and what does not."""

import os
import subprocess
import sys

from tfsqueeze.utils.logging import suppress_native_logs


def test_chatter_is_dropped_and_the_rest_kept(capfd):
    with suppress_native_logs():
        os.write(
            2,
            b"I0000 00:00:1.2 3 file.cc:1] hello\nW0000 careful\n"
            b"INFO: Created a delegate.\nsegfault\n",
        )
    assert capfd.readouterr().err == "W0000 careful\nsegfault\n"


def test_what_was_written_before_an_error_is_kept(capfd):
    try:
        with suppress_native_logs():
            os.write(2, b"the reason\n")
            raise RuntimeError
    except RuntimeError:
        pass
    assert "the reason" in capfd.readouterr().err


def test_tensorflow_loads_without_a_line():
    finished = subprocess.run(
        [
            sys.executable,
            "-c",
            "from tfsqueeze.utils.logging import load_tensorflow; load_tensorflow(); "
            "import tensorflow as tf; print(int(tf.constant(1) + 1))",
        ],
        capture_output=True,
        text=True,
    )
    assert (finished.stdout, finished.stderr) == ("2\n", "")
