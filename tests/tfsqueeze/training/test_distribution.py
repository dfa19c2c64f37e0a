"""How batches are divided among replicas, and what is refused before workers connect."""

from __future__ import annotations

import json

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import tfsqueeze
from tfsqueeze.cli.main import app
from tfsqueeze.training.distribution import Distribution, get_distribution, rows_of_replica
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.tf_data import endless_epochs


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(1, 40), replicas=st.integers(1, 7), together=st.integers(1, 2))
def test_the_mean_over_replicas_is_the_mean_over_the_batch(rows, replicas, together):
    losses = np.random.default_rng(rows).random(rows * together).astype(np.float32)
    batch = (tf.constant(losses), {"numbers": tf.range(rows * together)})
    means, seen = [], []
    for replica in range(replicas):
        (taken, named), weights = rows_of_replica(batch, tf.constant(replica), replicas, together)
        assert len(taken) == len(weights) and len(taken) % together == 0
        np.testing.assert_array_equal(taken, losses[named["numbers"]])
        means.append(np.mean(taken * weights))
        seen.extend(named["numbers"].numpy()[weights.numpy() > 0])
    assert np.mean(means) == pytest.approx(losses.mean(), rel=1e-5)
    assert seen == list(range(rows * together))


@pytest.mark.parametrize("done", [0, 2, 3, 7])
def test_epochs_follow_each_other_from_where_the_training_stands(done):
    def epoch(number):
        return tf.data.Dataset.range(3).map(lambda batch: 10 * number + batch)

    data = endless_epochs(epoch, tf.Variable(done, dtype=tf.int64), 3)
    expected = [10 * (step // 3) + step % 3 for step in range(done, done + 8)]
    assert list(data.take(8).as_numpy_iterator()) == expected
    assert int(data.cardinality()) == tf.data.INFINITE_CARDINALITY


def test_one_device_is_the_default():
    distribution = Distribution()
    assert distribution.replicas == 1 and distribution.is_chief and not distribution.has_workers
    with distribution.chief_first(), distribution.scope():
        distribution.wait()
    distribution.check_accumulation(4)


@pytest.mark.parametrize(
    "config",
    [
        None,
        "{",
        "[]",
        "{}",
        {"cluster": {"worker": ["a:1"]}},
        {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}},
        {"cluster": {"worker": ["a"]}, "task": {"type": "worker", "index": 0}},
        {"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}},
        {"cluster": ["a:1"], "task": {"type": "worker", "index": 0}},
        {"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": "first"}},
    ],
)
def test_a_wrong_cluster_is_refused_in_one_sentence(config, monkeypatch, tmp_path, topics_folder):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if config is not None:
        text = config if isinstance(config, str) else json.dumps(config)
        monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(UserError, match=r"TF_CONFIG.*\"task\": \{\"type\": \"worker\""):
        get_distribution("multi-worker")
    with pytest.raises(UserError, match="TF_CONFIG"):
        tfsqueeze.train(topics_folder, tmp_path / "run", distribute="multi-worker")
    result = CliRunner().invoke(
        app, ["train", str(topics_folder), "-o", str(tmp_path), "--distribute", "multi-worker"]
    )
    assert result.exit_code == 1 and "TF_CONFIG" in result.output
    assert not list(tmp_path.iterdir())


def test_several_devices_do_not_accumulate_gradients():
    class Two(Distribution):
        replicas = 2

    with pytest.raises(UserError, match="gradient_accumulation_steps is 4"):
        Two().check_accumulation(4)


def test_search_trains_on_one_device(topics_folder, tmp_path):
    arguments = ["train", str(topics_folder), "-o", str(tmp_path / "run"), "--search", "2"]
    result = CliRunner().invoke(app, [*arguments, "--distribute", "mirrored"])
    assert result.exit_code == 1 and "without --distribute" in result.output
