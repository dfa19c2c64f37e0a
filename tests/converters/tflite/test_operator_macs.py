"""Multiply-accumulates of a file against the closed form of the model that it was made of."""

from __future__ import annotations

from converters.tflite.inspection import list_operators
from converters.tflite.operator_macs import count_operator_macs
from tfsqueeze.models.complexity import count_macs as count_config_macs


def test_a_file_has_the_products_of_its_config(trained_run, topics_model):
    config, length = trained_run.config, trained_run.options.max_length
    counted = sum(map(count_operator_macs, list_operators(topics_model)))
    parts = count_config_macs(config, length)
    # The head's dense layer runs on every token; its labels, and means as products, are the rest.
    pooler = length * config.hidden_size**2
    means = 5 * 2 * length * config.hidden_size
    labels = config.hidden_size * config.num_labels
    assert counted == sum(parts.values()) - parts["pooler"] + pooler + means + labels
