"""Presets: what is listed can be built, and base is the paper's."""

import json
import subprocess
import sys
from importlib import resources

import pytest

from tfsqueeze.configs.presets import PRESETS, load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.models.complexity import count_parameters
from tfsqueeze.models.squeezebert import SqueezeBertModel
from tfsqueeze.utils.errors import UserError


def test_the_presets_by_size():
    assert list(PRESETS) == [
        f"squeezebert-{size}" for size in ("base", "small", "tiny", "tagger", "edgetpu", "micro")
    ]
    totals = [sum(count_parameters(load_preset(name)).values()) for name in PRESETS]
    assert totals == sorted(totals, reverse=True)
    assert all(PRESETS.values())


def test_base_is_the_papers_model():
    config = load_preset("squeezebert-base")
    assert config == SqueezeBertConfig()
    parameters = SqueezeBertModel(config).count_params()
    assert round(parameters / 1e6, 1) == 51.1
    assert sum(count_parameters(config).values()) == parameters


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_has_only_known_fields(name):
    path = resources.files("tfsqueeze.configs.presets") / f"{name}.json"
    fields = set(json.loads(path.read_text("utf-8")))
    assert fields - {"description"} <= set(SqueezeBertConfig().to_dict())


def test_overrides():
    config = load_preset("squeezebert-tiny", vocab_size=100, id2label={0: "a"})
    assert (config.vocab_size, config.num_labels, config.hidden_size) == (100, 1, 384)


def test_an_unknown_preset_or_field():
    with pytest.raises(UserError, match="'squeezebert-huge'; there are squeezebert-base, "):
        load_preset("squeezebert-huge")
    with pytest.raises(UserError, match="no field 'layers'"):
        load_preset("squeezebert-tiny", layers=3)


def test_presets_and_sizes_do_not_load_tensorflow():
    code = (
        "import sys; from tfsqueeze.configs.presets import load_preset; "
        "from tfsqueeze.models.complexity import count_macs; "
        "count_macs(load_preset('squeezebert-base')); assert 'tensorflow' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
