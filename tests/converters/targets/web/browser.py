"""Headless Chromium on a folder of static files, with a page of the tests that runs jobs."""

from __future__ import annotations

import functools
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

_HARNESS = Path(__file__).parent / "harness"
_TIMEOUT_SECONDS = 240
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")


def find_chromium() -> str | None:
    """Returns the path of the browser, or None where there is none."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Browser:
    """Runs a job of `harness/run.js` in a browser that it starts for that job.

    Args:
        program: the path of Chromium.

    Attributes:
        requested: the paths that the last job asked the server for.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self.requested: list[str] = []

    def run(self, folder: Path, job: dict[str, Any], screenshot: Path | None = None) -> Any:
        """Returns the results of a job.

        Args:
            folder: an export, which is served at the root.
            job: its `kind` is a name in JOBS, and the rest is what that job takes.
            screenshot: the PNG file to draw the page to at the end.
        """
        state = _State(job)
        handler = functools.partial(_Handler, state, directory=str(folder))
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                output = self._start(server.server_port, state, screenshot)
            finally:
                # A browser that was ended waits for nothing any more.
                state.has_results.set()
                server.shutdown()
                thread.join()
        self.requested = state.requested
        assert state.answer is not None, f"the browser gave no results: {output[-3000:]}"
        assert "error" not in state.answer, state.answer["error"]
        return state.answer["results"]

    def _start(self, port: int, state: _State, screenshot: Path | None) -> str:
        """Starts the browser, and ends it when the results are there; returns what it printed."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
            command = [self._program, "--headless", "--disable-gpu", f"--user-data-dir={profile}"]
            command += ["--no-first-run", "--disable-background-networking", "--disable-sync"]
            command += ["--disable-component-update", "--disable-dev-shm-usage"]
            # All names but that of the server lead nowhere.
            command += ["--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"]
            if os.geteuid() == 0:
                command.append("--no-sandbox")
            if screenshot is not None:
                command += [f"--screenshot={screenshot}", "--window-size=720,900"]
            url = f"http://127.0.0.1:{port}/harness/run.html"
            with subprocess.Popen(
                [*command, url], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            ) as process:
                try:
                    state.has_results.wait(_TIMEOUT_SECONDS)
                    if screenshot is not None and state.answer is not None:
                        # It ends by itself when it has drawn.
                        return process.communicate(timeout=60)[0]
                finally:
                    process.terminate()
                return process.communicate(timeout=60)[0]


class _State:
    """What the server knows of a job."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = json.dumps(job).encode()
        self.requested: list[str] = []
        self.answer: dict[str, Any] | None = None
        self.has_results = threading.Event()


class _Handler(http.server.SimpleHTTPRequestHandler):
    def __init__(self, state: _State, *args: Any, **options: Any) -> None:
        self._state = state
        super().__init__(*args, **options)

    def do_GET(self) -> None:  # noqa: N802
        if self.path == "/harness/job":
            self._answer(self._state.job, "application/json")
        elif self.path == "/harness/wait":
            self._state.has_results.wait(_TIMEOUT_SECONDS)
            self._answer(b"", "image/png")
        elif self.path.startswith("/harness/"):
            path = _HARNESS / Path(self.path).name
            kind = "text/javascript" if path.suffix == ".js" else "text/html"
            self._answer(path.read_bytes(), kind)
        else:
            self._state.requested.append(self.path)
            super().do_GET()

    def do_POST(self) -> None:  # noqa: N802
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self._state.answer = json.loads(content)
        self._answer(b"", "text/plain")
        self._state.has_results.set()

    def _answer(self, content: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Prints nothing."""
