"""Damaged and hostile files of every kind that tfsqueeze reads, and what reads them."""

from __future__ import annotations

import copy
import gzip
import json
import random
import struct
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfsqueeze.data.readers.conll import read_conll
from tfsqueeze.data.readers.rte import read_rte
from tfsqueeze.data.readers.snips import read_snips
from tfsqueeze.data.readers.squad import read_squad
from tfsqueeze.data.readers.tables import read_table
from tfsqueeze.data.readers.text_lines import read_plain_texts
from tfsqueeze.utils.errors import UserError

_TEXTS = ("the parcel is late", "i forgot my password", "give me, please; my \t money", "é 東京 🙂")
_HEADERS = (("text", "label"), ("Text", "LABEL"), ("text", "category"))
_LABELS = ("delivery", "account", "refund", "account")
_SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Normans",
            "paragraphs": [
                {
                    "context": "🍕 The Normans were in Normandy.",
                    "qas": [
                        {
                            "id": "1",
                            "question": "Where?",
                            "is_impossible": False,
                            "answers": [{"text": "Normandy", "answer_start": 22}],
                        },
                        {"id": "2", "question": "Why?", "is_impossible": True, "answers": []},
                    ],
                }
            ],
        }
    ],
}
_SNIPS = {
    "PlayMusic": [
        {"data": [{"text": "play "}, {"text": "Don't Stop", "entity": "track"}]},
        {"data": [{"text": "stop!"}]},
    ],
    "RateBook": [{"data": [{"text": "five stars for "}, {"text": "it", "entity": "book"}]}],
}
_RTE = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE entailment-corpus SYSTEM "rte.dtd">
<entailment-corpus>
<pair id="1" value="TRUE" task="IR"><t>Don&apos;t &amp; go é.</t><h>Stay</h></pair>
<pair id="2" entailment="NO"><h>d</h><t>c</t></pair>
</entailment-corpus>
"""
_CONLL = "-DOCSTART- -X- O\n\nEU NNP B-ORG\nrejects VBZ O\n\nen:Bonn NNP B-LOC\n"
_CONLL_TABS = "en:1 000\tB-NUM\nen:euros\tI-NUM\n\nen:é\tO\n"
_TOKENIZER_CONFIG = {
    "tokenizer_class": "BertTokenizer",
    "do_lower_case": True,
    "do_basic_tokenize": True,
    "tokenize_chinese_chars": True,
    "strip_accents": None,
    "model_max_length": 16,
    "pad_token": "[PAD]",
    "unk_token": {"content": "[UNK]", "lstrip": False},
    "cls_token": "[CLS]",
    "sep_token": "[SEP]",
    "mask_token": None,
}
_HISTORY = "epoch,loss,val_accuracy\n0,,0.5\n1,0.7,0.75\n2,1e-3,1.0\n"
_VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "play", "##ing", "jazz", "é", "東")

# What JSON can hold in place of what is expected.
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2, 0.5, -0.0, 1e308, float("nan"), float("inf"), float("-inf"),
    2**31, 2**63, 10**9, 10**20, -(10**20), "", " ", "x", "nan", "NA", "0", "1", "\ud800", "a\nb",
    "\x00", "\x1b[31m", "\u2028", "[PAD]", "attention", "a" * 10_000, [], [1], [None], ["x"],
    ["attention"], [[]], {}, {"x": 1}, {"0": "x"}, {"0": None}, {"-1": "x"}, {"content": "[PAD]"},
    [{}] * 3, list(range(300)),
)  # fmt: skip
# What no Python value is written as, by the string that stands for it.
_RAW = {
    "@deep": "[" * 100_000 + "]" * 100_000,
    "@nested": '{"a":' * 900 + "1" + "}" * 900,
    "@digits": "9" * 10_000,
    "@exponent": "1e99999",
    "@twice": '{"x": 1, "x": 2}',
    "@unfinished": "[1, 2",
    "@control": '"\x01"',
    "@escape": '"\\ud83d"',
}
# Bytes that mean something to one of the formats or to what decodes them.
_SNIPPETS = (
    b"\x00", b"\n", b"\r", b"\r\n\r\n", b"\t", b" ", b",", b";", b'"', b'""', b"\\", b"[", b"{",
    b"]", b"}", b":", b"null", b"NaN", b"<", b">", b"&x;", b"&#0;", b"<t>", b"</t>", b"<pair>",
    b"</pair>", b"]]>", b"<![CDATA[", b'<!DOCTYPE a [<!ENTITY x "y">]>', b'encoding="utf-7"',
    b'encoding="foo-9"', b'encoding="utf-16"', b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf",
    b"\xff\xfe\x00\x00", b"\xed\xa0\x80", b"\xc3", b"\xf4\x90\x80\x80", "\u2028\x85".encode(),
    b"-DOCSTART-", b"# ", b"O", b"B-", b"I-x", b"\x1f\x8b", b"9" * 5_000, b"a" * 200_000,
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        file_name: what such a file is called.
        samples: makes files that are as they should be.
        read: reads a file.
        companions: writes what else must be in the file's folder.
        edit: changes the content of a sample in a way that its format knows; returns bytes.
    """

    file_name: str
    samples: Callable[[], Sequence[Any]]
    read: Callable[[Path], Any]
    companions: Callable[[Path], None] = lambda folder: None
    edit: Callable[[random.Random, Any], bytes] = lambda rng, sample: sample


def mutated_inputs(rng: random.Random, kind: str) -> Iterator[bytes]:
    """Yields the contents of damaged files without end.

    Args:
        rng: fixes them.
        kind: a key of `KINDS`.
    """
    samples = KINDS[kind].samples()
    while True:
        content = KINDS[kind].edit(rng, copy.deepcopy(rng.choice(samples)))
        for _ in range(rng.choice((0, 0, 1, 1, 2, 5))):
            content = _damage(rng, content)
        yield content


def write(kind: str, content: bytes, folder: Path) -> Path:
    """Writes a file, and beside it what its reader needs.

    Args:
        kind: a key of `KINDS`.
        content: the content of the file.
        folder: a folder for files of this kind.

    Returns:
        The path of the file.
    """
    if not folder.exists():
        folder.mkdir(parents=True)
        KINDS[kind].companions(folder)
    path = folder / KINDS[kind].file_name
    path.write_bytes(content)
    return path


def read(kind: str, path: Path) -> bool:
    """Reads a file in this process.

    Args:
        kind: a key of `KINDS`.
        path: what `write` returned.

    Returns:
        Whether the file was read; False if it was refused with one sentence.

    Raises:
        Exception: anything else than a UserError, which is a fault.
        AssertionError: the refusal is no sentence of one line and sane length.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            KINDS[kind].read(path)
    except UserError as error:
        message = str(error)
        assert message and len(message) < 2_000, f"a message of {len(message):,} characters"
        assert message.isprintable(), f"a message of several lines: {message!r}"
        return False
    return True


def _damage(rng: random.Random, content: bytes) -> bytes:
    """Returns bytes with one change of any kind."""
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.choice((1, 1, 2, 4, 16, 200)))
    changed = rng.choice(
        (
            lambda: content[:start] + rng.randbytes(end - start) + content[end:],
            lambda: content[:start] + content[end:],
            lambda: content[:start] + rng.choice(_SNIPPETS) + content[start:],
            lambda: content[:start] + rng.choice(_SNIPPETS) + content[end:],
            lambda: content[:start] + content[start:end] * rng.randint(2, 50) + content[end:],
            lambda: content[:start],
            lambda: rng.choice(_SNIPPETS) + content,
        )
    )
    return changed()


def _transcode(rng: random.Random, text: str) -> bytes:
    encoding = rng.choice(
        ("utf-8",) * 12 + ("utf-8-sig", "utf-16", "utf-32", "utf-16-le", "latin-1")
    )
    return text.encode(encoding, "ignore" if encoding == "latin-1" else "surrogatepass")


def _places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yields the path to each value within a JSON value."""
    yield path
    if isinstance(value, dict):
        for key, member in value.items():
            yield from _places(member, (*path, key))
    elif isinstance(value, list):
        for index, member in enumerate(value):
            yield from _places(member, (*path, index))


def _edit_value(rng: random.Random, root: Any) -> Any:
    """Changes a JSON value at one place; returns it."""
    path = rng.choice([*_places(root)])
    value = copy.deepcopy(rng.choice((*_VALUES, *_RAW)))
    if not path:
        return value
    parent = root
    for key in path[:-1]:
        parent = parent[key]
    action = rng.choice(("set", "set", "set", "set", "delete", "rename", "wrap"))
    if action == "set":
        parent[path[-1]] = value
    elif action == "delete":
        del parent[path[-1]]
    elif action == "wrap":
        parent[path[-1]] = rng.choice(([parent[path[-1]]], {"x": parent[path[-1]]}))
    elif isinstance(parent, dict):
        key = rng.choice((*(v for v in _VALUES if isinstance(v, str)), path[-1].upper()))
        parent[key] = parent.pop(path[-1])
    return root


def _json_text(rng: random.Random, value: Any) -> str:
    text = json.dumps(value, ensure_ascii=rng.random() < 0.5)
    for name, raw in _RAW.items():
        text = text.replace(json.dumps(name), raw)
    return text


def _edit_json(rng: random.Random, sample: Any) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 1, 2))):
        sample = _edit_value(rng, sample)
    return _transcode(rng, _json_text(rng, sample))


def _edit_jsonl(rng: random.Random, rows: list[Any]) -> bytes:
    for _ in range(rng.choice((0, 1, 1, 2))):
        rows = _edit_value(rng, rows)
    rows = rows if isinstance(rows, list) else [rows]
    return _transcode(rng, "\n".join(_json_text(rng, row) for row in rows))


def _edit_lines(rng: random.Random, text: str) -> bytes:
    """Replaces, drops or repeats words of a file of lines."""
    lines = [line.split(" ") for line in text.split("\n")]
    for _ in range(rng.choice((0, 1, 1, 2))):
        line = rng.choice(lines)
        index = rng.randrange(len(line) + 1)
        word = rng.choice([value for value in _VALUES if isinstance(value, str)])
        line[index : index + rng.randint(0, 1)] = rng.choice(([word], [], [word, word]))
    return _transcode(rng, "\n".join(" ".join(line) for line in lines))


def _table_text(separator: str, header: Sequence[str] | None) -> str:
    rows = [*([header] if header else []), *zip(_TEXTS, _LABELS, strict=True)]
    return "\n".join(separator.join(f'"{cell}"' for cell in row) for row in rows) + "\n"


def _tables() -> list[str]:
    named = [_table_text(mark, names) for mark, names in zip(",;,", _HEADERS, strict=True)]
    return [*named, _table_text(",", None)]


def _tsv_tables() -> list[str]:
    rows = "\n".join(f"{text}\t{label}" for text, label in zip("abcd", _LABELS, strict=True))
    return [f"text\tlabel\n{rows}\n", f"{rows}\n"]


def _edit_gzip(rng: random.Random, text: str) -> bytes:
    return gzip.compress(_edit_lines(rng, text), mtime=0)


def _rows() -> list[list[dict[str, Any]]]:
    rows = [{"text": text, "label": label} for text, label in zip(_TEXTS, _LABELS, strict=True)]
    return [rows, [{"text": "a", "label": 1}, {"text": "b", "label": 2.5}]]


def _tiny_config() -> Any:
    from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig

    return SqueezeBertConfig(
        vocab_size=len(_VOCABULARY), hidden_size=8, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=16, q_groups=2, k_groups=1, v_groups=1,
        intermediate_groups=1, output_groups=1,
    ).with_labels(["no", "yes"])  # fmt: skip


def _write_checkpoint(folder: Path) -> None:
    """Writes a checkpoint of one layer, which is made once in a process."""
    from tfsqueeze.models.squeezebert import SqueezeBertForSequenceClassification

    if not _CHECKPOINT:
        SqueezeBertForSequenceClassification(_tiny_config()).save_pretrained(folder)
        _CHECKPOINT.update({path.name: path.read_bytes() for path in folder.iterdir()})
    for name, content in _CHECKPOINT.items():
        (folder / name).write_bytes(content)


_CHECKPOINT: dict[str, bytes] = {}


def _configs() -> list[dict[str, Any]]:
    config = _tiny_config()
    return [{"architectures": ["SqueezeBertForSequenceClassification"], **config.to_dict()}]


def _read_checkpoint(path: Path) -> None:
    import tf_keras as keras

    from tfsqueeze.models.architectures import read_config, task_model_class

    config = read_config(path.parent / "config.json")
    task_model_class(config.model_type).from_pretrained(path.parent)
    keras.backend.clear_session()


def _safetensors() -> list[bytes]:
    with tempfile.TemporaryDirectory() as folder:
        _write_checkpoint(Path(folder))
        return [Path(folder, "model.safetensors").read_bytes()]


def _edit_safetensors(rng: random.Random, content: bytes) -> bytes:
    """Changes the header, its length or neither."""
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + length])
    data = content[8 + length :]
    for _ in range(rng.choice((0, 1, 1, 2))):
        header = _edit_value(rng, header)
    text = _json_text(rng, header).encode("utf-8", "surrogatepass")
    stated = rng.choice((len(text),) * 8 + (0, 1, len(text) + 8, 2**40, 2**63, 2**64 - 1))
    return struct.pack("<Q", stated) + text + data


def _write_vocabulary(folder: Path) -> None:
    (folder / "vocab.txt").write_text("\n".join(_VOCABULARY) + "\n", "utf-8")


def _read_tokenizer(path: Path) -> None:
    from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer

    WordPieceTokenizer.from_pretrained(path.parent)


def _tokenizers() -> list[dict[str, Any]]:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    ids = {token: index for index, token in enumerate(_VOCABULARY)}
    tokenizer = Tokenizer(models.WordPiece(ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    tokenizer.add_special_tokens(["[PAD]", "[MASK]"])
    return [json.loads(tokenizer.to_str())]


def _write_shard(folder: Path) -> None:
    _write_checkpoint(folder)
    (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")


def _indexes() -> list[dict[str, Any]]:
    from safetensors import safe_open

    with tempfile.TemporaryDirectory() as folder:
        _write_shard(Path(folder))
        shard = "model-00001-of-00001.safetensors"
        with safe_open(Path(folder, shard), framework="numpy") as file:
            return [{"metadata": {}, "weight_map": dict.fromkeys(file.keys(), shard)}]


def _runs() -> list[dict[str, Any]]:
    from tfsqueeze.training.training_options import TrainingOptions

    options = TrainingOptions(model={"hidden_size": 32}, unlabelled=["a.txt"], teacher="runs/big")
    return [
        {
            "format_version": 1,
            "dataset": "news",
            "examples": 10,
            "labels": ["no", "yes"],
            "options": {**options.to_dict(), "unlabelled": ["a.txt"]},
            "task": "text-classification",
            "pairs": False,
        }
    ]


def _read_history(path: Path) -> None:
    from tfsqueeze.training.history import read_history

    read_history(path.parent)


def _read_run(path: Path) -> None:
    from tfsqueeze.training.run_folder import read_run_settings

    read_run_settings(path.parent)


KINDS: dict[str, Kind] = {
    "csv": Kind("data.csv", _tables, read_table, edit=_edit_lines),
    "csv.gz": Kind("data.csv.gz", _tables, read_table, edit=_edit_gzip),
    "tsv": Kind("data.tsv", _tsv_tables, read_table, edit=_edit_lines),
    "jsonl": Kind("data.jsonl", _rows, read_table, edit=_edit_jsonl),
    "json array": Kind("data.json", _rows, read_table, edit=_edit_json),
    "txt": Kind("data.txt", lambda: ["\n".join(_TEXTS)], read_plain_texts, edit=_edit_lines),
    "squad": Kind("data.json", lambda: [_SQUAD], read_squad, edit=_edit_json),
    "snips": Kind("data.json", lambda: [_SNIPS], read_snips, edit=_edit_json),
    "rte xml": Kind("data.xml", lambda: [_RTE], read_rte, edit=_edit_lines),
    "conll": Kind("data.conll", lambda: [_CONLL, _CONLL_TABS], read_conll, edit=_edit_lines),
    "config.json": Kind("config.json", _configs, _read_checkpoint, _write_checkpoint, _edit_json),
    "safetensors": Kind(
        "model.safetensors", _safetensors, _read_checkpoint, _write_checkpoint, _edit_safetensors
    ),
    "tokenizer_config.json": Kind(
        "tokenizer_config.json",
        lambda: [_TOKENIZER_CONFIG],
        _read_tokenizer,
        _write_vocabulary,
        _edit_json,
    ),
    "tokenizer.json": Kind(
        "tokenizer.json", _tokenizers, _read_tokenizer, _write_vocabulary, _edit_json
    ),
    "shards": Kind(
        "model.safetensors.index.json", _indexes, _read_checkpoint, _write_shard, _edit_json
    ),
    "vocab.txt": Kind(
        "vocab.txt", lambda: ["\n".join(_VOCABULARY)], _read_tokenizer, edit=_edit_lines
    ),
    "history.csv": Kind("history.csv", lambda: [_HISTORY], _read_history, edit=_edit_lines),
    "run.json": Kind("run.json", _runs, _read_run, edit=_edit_json),
}
