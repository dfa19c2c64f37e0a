"""Presets: named SqueezeBERT configurations, each a JSON file in this folder."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.utils.errors import UserError

_FILES = {
    path.name.removesuffix(".json"): path
    for path in resources.files("tfsqueeze.configs.presets").iterdir()
    if path.name.endswith(".json")
}


def _fields(name: str) -> dict[str, Any]:
    return json.loads(_FILES[name].read_text("utf-8"))


def _by_size(name: str) -> tuple[int, int, str]:
    fields = _fields(name)
    return -fields["hidden_size"], -fields["num_hidden_layers"], name


# The purpose of each preset by its name, the widest and deepest first.
PRESETS: dict[str, str] = {
    name: _fields(name)["description"] for name in sorted(_FILES, key=_by_size)
}


def load_preset(name: str, **overrides: Any) -> SqueezeBertConfig:
    """Returns the config of a preset, with some fields changed.

    Args:
        name: a key of `PRESETS`.
        **overrides: fields of `SqueezeBertConfig`, such as `vocab_size` or `id2label`.

    Raises:
        UserError: there is no such preset or field, or the values do not fit together.

    Example:
        >>> from tfsqueeze import PRESETS, load_preset
        >>> "squeezebert-tiny" in PRESETS
        True
        >>> load_preset("squeezebert-tiny", vocab_size=8000).hidden_size
        384
    """
    if name not in PRESETS:
        raise UserError(f"no preset is named {name!r}; there are {', '.join(PRESETS)}")
    config = SqueezeBertConfig.from_dict(_fields(name))
    return config.replace(**overrides)
