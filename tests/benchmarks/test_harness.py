"""Side-by-side measurement: what the figures are of, and one clear error for what goes wrong."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import harness
from benchmarks.harness import Candidate, measure
from tfsqueeze.utils.errors import UserError


@pytest.fixture(scope="module")
def measured(dense_models):
    """A run of both models, the calls of its progress, and the cores of its processes."""
    calls, cores = [], []

    def progress(done, total, text):
        calls.append((done, total, text))
        if text.startswith("round 2"):
            cores.append(
                [
                    os.sched_getaffinity(process.pid)
                    for process in multiprocessing.active_children()
                    if process.is_alive()
                ]
            )

    candidates = [Candidate(name, path) for name, path in dense_models.items()]
    run = measure(
        candidates, baseline="large", rounds=3, warmup=1, turn_seconds=0.001, progress=progress
    )
    return run, calls, cores


def test_rounds_are_interleaved(measured) -> None:
    _, calls, _ = measured
    expected = ["opening small", "opening large", "warm-up: small", "warm-up: large"]
    expected += [
        f"round {number} of 3: {name}" for number in (1, 2, 3) for name in ("small", "large")
    ]
    assert [text for _, _, text in calls] == [*expected, "done"]
    assert [done for done, _, _ in calls] == list(range(11))


def test_speedups_are_of_one_round(measured) -> None:
    run, _, _ = measured
    for one in run.measurements:
        expected = np.array(run["large"].milliseconds) / one.milliseconds
        np.testing.assert_allclose(one.speedups, expected)
        assert one.speedup == pytest.approx(np.median(expected))
        assert one.speedup_p10 <= one.speedup <= one.speedup_p90
        assert len(one.milliseconds) == 3
        assert one.p10 <= one.median <= one.p90
    assert set(run["large"].speedups) == {1.0}


def test_sizes_and_memory_are_the_models_own(measured, dense_models) -> None:
    run, _, _ = measured
    for name, path in dense_models.items():
        assert run[name].size_bytes == path.stat().st_size
        assert run[name].load_milliseconds > 0
        assert run[name].first_run_milliseconds > 0
        assert run[name].peak_memory_bytes > run[name].added_memory_bytes > 0
    # The large one's weights are 16.8 MB more.
    extra = run["large"].added_memory_bytes - run["small"].added_memory_bytes
    assert extra > 16e6


def test_each_process_is_pinned_to_one_core(measured) -> None:
    _, _, cores = measured
    assert len(cores[0]) == 2
    assert all(len(allowed) == 1 for allowed in cores[0])


def test_shared_processes_measure_no_memory(dense_models) -> None:
    seen = []
    run = measure(
        [Candidate(name, path) for name, path in dense_models.items()],
        rounds=1,
        warmup=0,
        share_processes=True,
        progress=lambda *_: seen.append(len(multiprocessing.active_children())),
    )
    assert max(seen) == 1
    for one in run.measurements:
        assert (one.peak_memory_bytes, one.added_memory_bytes, one.speedup) == (None,) * 3
    assert run["small"].median < run["large"].median


def test_processes_end_with_the_run(measured) -> None:
    assert not multiprocessing.active_children()


def test_unreadable_file_is_one_sentence(dense_models, tmp_path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(dense_models["small"].read_bytes()[:400])
    with pytest.raises(UserError, match=r"^litert cannot open broken \(.*broken.tfl") as info:
        measure([Candidate("broken", path)])
    assert "\n" not in str(info.value)


def test_an_optional_candidate_is_left_out_with_the_reason(dense_models, tmp_path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(dense_models["small"].read_bytes()[:400])
    broken, small = (
        Candidate("broken", path, optional=True),
        Candidate("small", dense_models["small"]),
    )
    run = measure([broken, small], baseline="small", rounds=1)
    assert [one.name for one in run.measurements] == ["small"]
    assert run.refused["broken"].startswith("litert cannot open broken (")
    with pytest.raises(UserError, match="litert cannot open broken"):
        measure([broken, small], baseline="broken", rounds=1)


def test_death_of_a_process_is_one_sentence(dense_models) -> None:
    def kill(done, total, text):
        if text.startswith("round 2"):
            for process in multiprocessing.active_children():
                process.kill()
                process.join()

    with pytest.raises(UserError, match="the process of small on litert died by signal 9"):
        measure([Candidate("small", dense_models["small"])], rounds=3, progress=kill)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"baseline": "missing"}, "the baseline 'missing' is not among the models: small"),
        ({"rounds": 0}, "rounds=0"),
        ({"num_threads": 4096}, "4096 threads cannot be pinned"),
    ],
)
def test_impossible_options(dense_models, options, message) -> None:
    with pytest.raises(UserError, match=message):
        measure([Candidate("small", dense_models["small"])], **options)


def test_impossible_candidates(dense_models, monkeypatch) -> None:
    small = Candidate("small", dense_models["small"])
    with pytest.raises(UserError, match="no model to measure"):
        measure([])
    with pytest.raises(UserError, match="one name"):
        measure([small, small])
    with pytest.raises(UserError, match=r"nowhere.tflite, the file of gone, does not exist"):
        measure([Candidate("gone", Path("nowhere.tflite"))])
    monkeypatch.setattr(harness, "available_backends", lambda: ["tflite-runtime"])
    with pytest.raises(UserError, match="small needs the runtime 'litert'; installed here: tflite"):
        measure([small])
