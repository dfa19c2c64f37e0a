"""Entailment pairs in the XML of RTE1 to RTE3."""

from __future__ import annotations

import gzip
from collections import Counter

import pytest

from tfsqueeze.data.readers.rte import load_rte, read_rte
from tfsqueeze.data.sources.evaluation_set import load_evaluation_set
from tfsqueeze.data.sources.named_datasets import load_dataset
from tfsqueeze.utils.errors import UserError

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE entailment-corpus SYSTEM "rte.dtd">\n'
    "<entailment-corpus>\n"
)


def write(folder, body: str | bytes):
    path = folder / "rte.xml"
    if isinstance(body, str):
        body = f"{HEAD}{body}</entailment-corpus>".encode()
    path.write_bytes(body)
    return path


def test_labels_and_whitespace_of_the_challenges(tmp_path):
    body = (
        '<pair id="1" value="TRUE" task="IR"><t>Don&apos;t\n\tgo &amp; é.</t><h> Stay </h></pair>'
        '<pair id="2" value="FALSE"><t>a</t><h>b</h></pair>\n'
        '<pair id="3" entailment="YES"><h>d</h><t>c</t></pair>\r\n'
        '<pair id="4" entailment="NO" length="short" ><t>e</t><h>f</h></pair>'
    )
    dataset = read_rte(write(tmp_path, body))
    assert dataset.texts == ["Don't go & é.", "a", "c", "e"]
    assert dataset.text_pairs == ["Stay", "b", "d", "f"]
    assert dataset.labels == ["entailment", "not_entailment"] * 2


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            '<pair value="TRUE"><t>a</t><h>b</h></pair>\n<pair value="MAYBE">',
            r"rte\.xml:5: the pair has 'MAYBE', not one of TRUE, YES, FALSE, NO as its value or",
        ),
        ("<pair><t>a</t><h>b</h></pair>", r"rte\.xml:4: the pair has no label"),
        ('<pair value="TRUE" entailment="NO">', r"rte\.xml:4: the pair has 'TRUE' and 'NO'"),
        (
            '<pair value="TRUE">\n<t>a</t>\n</pair>',
            r"rte\.xml:6: the pair that ends here has no text in one <h>",
        ),
        ('<pair value="TRUE"><t> </t><h>b</h></pair>', r"rte\.xml:4: .* no text in one <t>"),
        ('<pair value="TRUE"><t>a</t><t>b</t><h>b</h></pair>', r"rte\.xml:4: .* in one <t>"),
        ('<pair value="TRUE"><t>a & b</t>', r"rte\.xml:4: not valid XML \(not well-formed"),
        ('<pair value="TRUE"><t>&undefined;</t>', r"rte\.xml:4: "),
        ("", "holds no pairs"),
        (b"", r"rte\.xml:1: not valid XML \(no element found\)"),
        (b"PK\x03\x04", r"rte\.xml:1: not valid XML"),
        (
            '<pair value="TRUE"><t>a<t>c</t></t><h>b</h></pair>',
            r"rte\.xml:4: a <t> begins within another text",
        ),
        ('<pair value="TRUE"><t>a<h>b</h></t></pair>', "a <h> begins within another text"),
        ('<pair value="TRUE"><pair value="NO">', r"rte\.xml:4: a <pair> begins within another"),
        ("<t>a</t>", r"rte\.xml:4: a <t> begins outside of a pair"),
        (f'<pair value="{"x" * 10_000}"/>', f"the pair has '{'x' * 40}', not one of TRUE"),
        ("<a>" * 100_000, r"rte\.xml:4: not valid XML"),
        (b'<?xml version="1.0" encoding="utf-7"?><e></e>', "its encoding cannot be read .*multi-b"),
        (
            b'<?xml version="1.0" encoding="foo-9"?><e></e>',
            "its encoding .*encoding: foo-9",
        ),
        (b'<?xml version="1.0" encoding="base64"?><e></e>', "its encoding cannot be read"),
        (
            b'<!DOCTYPE e [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><e>&b;</e>',
            r"rte\.xml:1: the file defines the entity 'a'; write its text where it is used",
        ),
    ],
)
def test_bad_files_are_named_with_the_line(tmp_path, body, message):
    with pytest.raises(UserError, match=message) as error:
        read_rte(write(tmp_path, body))
    assert str(tmp_path / "rte.xml") in str(error.value)
    assert "\n" not in str(error.value) and len(str(error.value)) < 500


def test_no_other_file_is_read(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    body = (
        f'<!DOCTYPE c [<!ENTITY x SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
        '<c><pair value="TRUE"><t>a &x;</t><h>b</h></pair></c>'
    )
    assert read_rte(write(tmp_path, body.encode())).texts == ["a"]


def test_an_entity_that_grows_by_itself_is_refused_at_once(tmp_path):
    levels = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    bomb = f'<!DOCTYPE c [<!ENTITY e0 "ha">{levels}]><c><pair value="TRUE"><t>&e11;</t></pair></c>'
    with pytest.raises(UserError, match="the file defines the entity 'e0'"):
        read_rte(write(tmp_path, bomb.encode()))


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_that_the_file_states_are_read(tmp_path, encoding):
    text = (
        f'<?xml version="1.0" encoding="{encoding}"?>'
        '<c><pair value="TRUE"><t>caf\xe9</t><h>b</h></pair></c>'
    )
    assert read_rte(write(tmp_path, text.encode(encoding))).texts == ["caf\xe9"]


def test_a_single_or_a_packed_file(tmp_path):
    body = '<pair value="TRUE"><t>a</t><h>b</h></pair><pair value="NO"><t>c</t><h>d</h></pair>'
    path = write(tmp_path, body.replace('value="NO', 'entailment="NO') * 20)
    splits = load_dataset(path)
    assert [len(part) for part in (splits.train, splits.validation, splits.test)] == [29, 3, 8]
    packed = tmp_path / "rte.xml.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert read_rte(packed).texts == read_rte(path).texts


def test_missing_files(tmp_path):
    with pytest.raises(UserError, match=r"cannot read .*rte1_dev\.xml: No such file"):
        load_rte(tmp_path)


@pytest.mark.parametrize(
    ("name", "entailed", "not_entailed"),
    [
        ("rte1_dev", 283, 284), ("rte1_test", 400, 400), ("rte2_dev", 210, 190),
        ("rte2_test", 400, 400), ("rte3_dev", 412, 388), ("rte3_test", 410, 390),
    ],
)  # fmt: skip
def test_the_challenges(shared_dir, name, entailed, not_entailed):
    dataset = read_rte(shared_dir / "data" / "rte" / f"{name}.xml")
    assert Counter(dataset.labels) == {"entailment": entailed, "not_entailment": not_entailed}


def test_the_challenges_as_one_dataset(shared_dir):
    splits = load_rte(shared_dir / "data" / "rte")
    assert (len(splits.train), len(splits.validation), len(splits.test)) == (3_030, 337, 800)
    assert splits.label_names == ["entailment", "not_entailment"]
    assert splits.test.text_pairs[0] == "Le Beau Serge was directed by Chabrol."
    assert splits.test.labels[0] == "entailment"


def test_a_folder_of_its_files_is_a_dataset(shared_dir):
    folder = shared_dir / "data" / "rte"
    assert load_dataset(folder, seed=3) == load_rte(folder, seed=3)
    test = load_evaluation_set(str(folder))
    assert test.texts == load_evaluation_set(str(folder / "rte3_test.xml")).texts
    assert test.text_pairs is not None
