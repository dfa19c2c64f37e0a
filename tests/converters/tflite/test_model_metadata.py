"""Metadata that were changed together with their checksums."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest

from converters.tflite.metadata import pack_metadata, read_metadata
from tests.converters.tflite.test_metadata import metadata_buffer
from tfsqueeze.utils.errors import UserError


def rewritten(packed: bytes, network=None, **changes) -> bytes:
    """The packed model with another network or other fields of tfsqueeze.json."""
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        network = network or packed[: archive.infolist()[0].header_offset]
    details = json.loads(files["tfsqueeze.json"]) | changes
    details["network_bytes"] = len(network)
    details["network_sha256"] = hashlib.sha256(network).hexdigest()
    stream = io.BytesIO()
    stream.write(network)
    with zipfile.ZipFile(stream, "a") as archive:
        for name, content in {**files, "tfsqueeze.json": json.dumps(details)}.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"options": []}, r"options is '\[\]', and must be of type dict"),
        ({"options": {"seed": "1"}}, "seed is '1', and must be of type int"),
        ({"options": {"seed": True}}, "seed is 'True', and must be of type int"),
        ({"options": {"seed": 1e300}}, "seed is '1e.300', and must be of type int"),
        ({"options": {"seed": -1}}, "seed is -1, and must be from 0 to 4294967295"),
        ({"options": {"seed": 10**999}}, "seed is 10{39}, and must be from 0 to 4294967295"),
        ({"options": {"teacher": 3}}, "teacher is '3', and must be of type str"),
        ({"dataset": {}}, "dataset is '{}', and must be of type str"),
        ({"accuracy": float("nan")}, "holds NaN, which is no JSON"),
        ({"accuracy": -float("inf")}, "holds -Infinity, which is no JSON"),
    ],
)
def test_what_an_evaluation_reads_has_its_type(packed_model, extra, message):
    with pytest.raises(UserError, match=f"tfsqueeze.json:? {message}"):
        read_metadata(rewritten(packed_model, extra=extra))


def test_facts_of_training_are_read(packed_model):
    extra = {"options": {"seed": 3, "teacher": None}, "dataset": "mine"}
    assert read_metadata(rewritten(packed_model, extra=extra)).extra == extra


def test_offsets_within_the_description_are_not_trusted(packed_model, metadata):
    description = metadata_buffer(packed_model)
    start = packed_model.index(description)
    network = packed_model[: packed_model.index(b"PK\x03\x04")]
    generator = np.random.default_rng(0)
    refused = 0
    for position in range(0, len(description), 3):
        changed = bytearray(network)
        changed[start + position] = generator.integers(256)
        try:
            found = read_metadata(rewritten(packed_model, bytes(changed)))
            assert found.labels == metadata["labels"]
        except UserError as error:
            refused += 1
            assert "description" in str(error) or "another tool" in str(error)
    assert refused > 20


def test_a_description_that_names_a_million_outputs_is_read_at_once(packed_model, metadata):
    content = rewritten(packed_model, _with_many_outputs(packed_model))
    with pytest.raises(UserError, match="the description in the model is damaged"):
        read_metadata(content)
    assert pack_metadata(packed_model, **metadata) == packed_model


def _with_many_outputs(packed):
    """The network with 2^30 as the length of the vector of outputs."""
    from converters.tflite.metadata_schema_generated import ModelMetadata

    network = bytearray(packed[: packed.index(b"PK\x03\x04")])
    description = metadata_buffer(packed)
    subgraph = ModelMetadata.GetRootAs(description).SubgraphMetadata(0)
    vector = subgraph._tab.Vector(subgraph._tab.Offset(10)) - 4
    place = network.index(description) + vector
    network[place : place + 4] = (2**30).to_bytes(4, "little")
    return bytes(network)
