"""An export replaces an older export, and nothing else."""

from __future__ import annotations

import pytest

from converters.targets.export_folder import replace_export
from tfsqueeze.utils.errors import UserError


def export(folder, name):
    with replace_export(folder) as temporary:
        (temporary / name).write_text("")


def test_an_export_replaces_an_older_one(tmp_path):
    for name in ("first", "second"):
        export(tmp_path / "export", name)
    names = {path.name for path in (tmp_path / "export").iterdir()}
    assert names == {"second", ".tfsqueeze-export"}
    (tmp_path / "empty").mkdir()
    export(tmp_path / "empty", "file")


def test_files_that_no_export_made_stay(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="holds files that no export made"):
        export(tmp_path, "file")
    with pytest.raises(UserError, match="thesis.tex is a file"):
        export(tmp_path / "thesis.tex", "file")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]
