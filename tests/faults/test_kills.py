"""A command that is killed at any moment and started again ends as if nothing had been."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from converters.targets.export_folder import MARKER_FILE
from tests.faults import commands
from tests.faults.killed_process import count_moments, kill_at

pytestmark = pytest.mark.faults
_TEMPORARY = re.compile(r"\.[0-9a-f]{8}-\d+-[0-9a-f]{8}\.")


def spread(count: int, points: int) -> list[int]:
    """Returns `points` indices from the first to the last of `count`, evenly spaced."""
    return sorted({round(index * (count - 1) / (points - 1)) for index in range(points)})


def campaign(tally, title, points, root, function, *arguments, prepare=None, check=None):
    """Kills a command at `points` moments, each time in a folder of its own.

    `prepare` makes what is there before. `check` takes the results of a whole run and of a killed
    one, and raises AssertionError if a kill left neither the old result nor the new one.
    """
    whole = root / "whole"
    if prepare:
        prepare(whole)
    moments = count_moments(function, whole, *arguments)
    expected = commands.results(whole)
    faults = []
    tried = spread(len(moments), points)
    for moment in tried:
        folder = root / f"killed-{moment}"
        where = f"{title}: killed before moment {moment} ({moments[moment]})"
        try:
            if prepare:
                prepare(folder)
            kill_at(moment, function, folder, *arguments)
            if check:
                check(expected, commands.results(folder))
            count_moments(function, folder, *arguments)
            found = commands.results(folder)
            left = [path.name for path in folder.rglob("*") if _TEMPORARY.match(path.name)]
            assert not left, f"it left {left}"
            changed = [
                name for name in {*expected, *found} if expected.get(name) != found.get(name)
            ]
            assert not changed, f"the result differs in {sorted(changed)}"
        except Exception as error:
            faults.append(f"{where}: {error}")
        else:
            shutil.rmtree(folder)
    tally(title, len(tried), faults)


def test_train(tally, tmp_path, topics_folder, one_layer_options):
    options = commands.with_dropout(one_layer_options)
    campaign(tally, "kills: train", 16, tmp_path, commands.train, topics_folder, options)


def test_pretrain(tally, tmp_path, topics_folder, one_layer_options):
    texts = tmp_path / "texts.txt"
    rows = (topics_folder / "train.csv").read_text("utf-8").splitlines()[1:]
    texts.write_text("\n".join(row.rpartition(",")[0] for row in rows) + "\n", "utf-8")
    model = {**one_layer_options.model, "hidden_dropout_prob": 0.1}
    campaign(tally, "kills: pretrain", 8, tmp_path, commands.pretrain, texts, model)


def test_compare(tally, tmp_path, topics_folder, one_layer_options, trained_run):
    backbone = tmp_path / "backbone"
    trained_run.float_model.save_pretrained(backbone)
    trained_run.tokenizer.save_pretrained(backbone)
    campaign(tally, "kills: compare", 5, tmp_path, commands.compare_in, topics_folder, backbone)


def test_convert(tally, tmp_path, trained_run):
    campaign(tally, "kills: convert", 4, tmp_path, commands.convert_in, trained_run.folder)


@pytest.mark.parametrize("target", ["android", "micro"])
def test_export_over_an_older_one(tally, tmp_path, trained_run, target):
    older = tmp_path / "older"
    commands.export_in(older, trained_run.folder, target)
    for path in filter(Path.is_file, older.rglob("*")):
        if path.name != MARKER_FILE:
            path.write_bytes(path.read_bytes() + b"\n")
    before = commands.results(older)

    def is_whole(expected, found):
        exported = {
            name: digest
            for name, digest in found.items()
            if name.startswith("exported/") and not _TEMPORARY.match(Path(name).name)
        }
        if target == "android":
            # Each file is replaced by itself, since the folder is the app's.
            assert exported.keys() == before.keys()
            assert all(exported[name] in (before[name], expected[name]) for name in exported)
        else:
            assert exported in (before, expected), "the folder is a mixture"

    campaign(
        tally,
        f"kills: export to {target} over an export",
        6,
        tmp_path,
        commands.export_in,
        trained_run.folder,
        target,
        prepare=lambda folder: shutil.copytree(older, folder),
        check=is_whole,
    )
