"""Texts for pretraining, cleaned and tokenized once, as a pipeline of Apache Beam."""

from __future__ import annotations

import collections
import contextlib
import functools
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfsqueeze.checkpoints.model_sources import pretrained_folder
from tfsqueeze.data.readers.file_patterns import files_of_format
from tfsqueeze.data.readers.prepared_folders import (
    INPUT_IDS,
    LOGITS,
    MANIFEST_FILE,
    ROWS_PREFIX,
    ROWS_SUFFIX,
    SENTENCE_EMBEDDING,
    TEXT,
    TEXT_PAIR,
    TOKENIZER_FOLDER,
    Manifest,
    example_bytes,
    tokenizer_digest,
)
from tfsqueeze.pretraining.near_duplicates import NearDuplicates
from tfsqueeze.pretraining.preparation_differences import check_same_preparation
from tfsqueeze.pretraining.preparation_options import PreparationOptions
from tfsqueeze.pretraining.text_cleaning import clean_text, count_words
from tfsqueeze.pretraining.text_teacher import Parts, TextTeacher
from tfsqueeze.robustness.noisy_copies import noisy_copies
from tfsqueeze.tokenizers.device_tokenizer import DeviceTokenizer
from tfsqueeze.tokenizers.tokenizer_files import (
    SETTINGS_FILE,
    VOCABULARY_FILE,
    read_tokenizer_files,
)
from tfsqueeze.training.run_folder import lock_folder
from tfsqueeze.utils.archives import file_sha256
from tfsqueeze.utils.beam_pipelines import (
    file_sizes,
    is_local,
    join_path,
    read_file,
    remove_files,
    remove_unfinished,
    require_beam,
    run_pipeline,
    write_file,
)
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.user_files import GZIP, format_suffix, is_plain

if TYPE_CHECKING:
    import apache_beam as beam

VOCABULARY_COUNTS_FILE = "vocabulary_counts.tsv"
_COUNTS_FILE = "counts.jsonl"
_WILDCARDS = "*?["
# What is counted, in the order of the pipeline.
_COUNTS = (
    "lines",
    "clean",
    "distinct",
    "kept",
    "with_noisy_copies",
    "rows",
    "tokens",
    "unknown_tokens",
)

# How many texts the teacher reads at a time.
_TEXTS_OF_TEACHER = 256

# A text, or the two of a pair, and the teacher's logits or vector, or None.
TaughtText = tuple[Parts, Any]
# What a row holds, by name.
Features = dict[str, Any]


def prepare_texts(
    output: str,
    sources: Sequence[str],
    options: PreparationOptions,
    pipeline_options: str = "",
    teacher: TextTeacher | None = None,
) -> Manifest:
    """Cleans, deduplicates and tokenizes plain text, and writes rows of token ids.

    The folder gets `rows-00000-of-00004.tfrecord.gz` and so on, whose records are
    `tf.train.Example`s with `input_ids`; the tokenizer; `vocabulary_counts.tsv`, how often each
    token occurs; and at last manifest.json. With a teacher of sentence vectors, a text is one row,
    cut to its first tokens, which also has a `sentence_embedding`. With a teacher of labels, a row
    is a `text` (or with `text_pair` a pair) with its `logits`, and is not tokenized. A folder
    without a manifest was interrupted: the same call removes what is there of it and prepares the
    texts again.

    Args:
        output: the folder. Like the sources it may be in any file system that Beam knows.
        sources: files with a text on each line, or in .tsv files a pair; folders, which stand for
            their .txt files; or paths with `*`. A file may be packed, as in .txt.gz.
        options: the settings.
        pipeline_options: see `run_pipeline`.
        teacher: reads each text; None for none.

    Returns:
        The manifest, of a finished folder too.

    Raises:
        UserError: Beam is not installed, a source cannot be read, no text is left, or the folder
            holds texts that were prepared with other settings or from other files.
    """
    require_beam()
    files = _source_files(sources)
    tokenizer = _read_tokenizer(options)
    if teacher is not None and teacher.channels and teacher.max_length != options.max_length:
        raise UserError(
            f"the teacher reads {teacher.max_length} tokens of a text, and a row has "
            f"{options.max_length}; give --max-length {teacher.max_length}"
        )
    settings = {
        **options.to_dict(),
        "teacher": None if teacher is None else teacher.settings(),
        "tokenizer": tokenizer_digest(tokenizer),
        "sources": sorted(_source(path, size) for path, size in files.items()),
    }
    # Two processes would remove each other's files.
    with lock_folder(Path(output)) if is_local(output) else contextlib.nullcontext():
        found = _finished(output)
        if found is not None:
            check_same_preparation(output, found.settings, settings)
            return found
        return _prepare(
            output, sorted(files), tokenizer, settings, options, pipeline_options, teacher
        )


def _prepare(
    output: str,
    files: Sequence[str],
    tokenizer: DeviceTokenizer,
    settings: dict[str, Any],
    options: PreparationOptions,
    pipeline_options: str,
    teacher: TextTeacher | None,
) -> Manifest:
    """Prepares texts in a folder that no other process writes to; see `prepare_texts`."""
    _remove_parts(output)
    try:
        run_pipeline(
            lambda pipeline: _build(pipeline, output, files, tokenizer, options, teacher),
            pipeline_options,
        )
        counts = dict(
            json.loads(line) for line in read_file(join_path(output, _COUNTS_FILE)).splitlines()
        )
        if not counts.get("rows"):
            raise UserError("no text is left; look at the sources and at --min-words")
    except BaseException:
        _remove_parts(output)
        raise
    remove_files([join_path(output, _COUNTS_FILE)])
    folder = join_path(output, TOKENIZER_FOLDER)
    vocabulary = "\n".join(tokenizer.vocabulary) + "\n"
    write_file(join_path(folder, VOCABULARY_FILE), vocabulary.encode("utf-8"))
    tokenizer_settings = json.dumps(tokenizer.settings(), indent=2) + "\n"
    write_file(join_path(folder, SETTINGS_FILE), tokenizer_settings.encode("utf-8"))
    found = {name: counts[name] for name in _COUNTS if name in counts}
    manifest = Manifest(settings, found, _row_files(output))
    # The last file: a folder that has it is whole.
    write_file(join_path(output, MANIFEST_FILE), manifest.to_json().encode("utf-8"))
    return manifest


def _source_files(sources: Sequence[str]) -> dict[str, int]:
    """Returns the files that sources stand for, with their sizes in bytes."""
    files: dict[str, int] = {}
    for source in sources:
        path = Path(source)
        if not is_local(source) or any(sign in source for sign in _WILDCARDS):
            found = file_sizes(source)
            if not found:
                raise UserError(f"no file matches {source}")
        elif path.is_dir():
            texts = files_of_format(path, ".txt", "**/*")
            if not texts:
                raise UserError(f"{path} has no .txt files; name files of plain text")
            found = {str(text): text.stat().st_size for text in texts}
        elif path.is_file():
            found = {source: path.stat().st_size}
        else:
            raise UserError(
                f"{path} does not exist; name a file of plain text, a folder of .txt files or a "
                "path with *"
            )
        files.update(found)
    for file in files:
        if is_local(file) and not file.lower().endswith(GZIP) and not is_plain(Path(file)):
            raise UserError(f"{file} is not UTF-8; save it as UTF-8, such as with iconv")
    return files


def _source(path: str, size: int) -> list[Any]:
    """Returns what tells a source from others: name, size and, of a local file, the SHA-256.

    Files of a store, which may hold more than this machine reads in a day, are not read for this.
    """
    name = os.path.basename(path)
    if not is_local(path):
        return [name, size]
    try:
        return [name, size, file_sha256(Path(path))]
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror}") from error


def _read_tokenizer(options: PreparationOptions) -> DeviceTokenizer:
    folder = pretrained_folder(options.tokenizer)
    vocabulary, settings = read_tokenizer_files(folder)
    try:
        return DeviceTokenizer.from_settings(
            {**settings, "model_max_length": options.max_length}, vocabulary
        )
    except UserError as error:
        raise UserError(f"{folder}: {error}") from None


def _finished(output: str) -> Manifest | None:
    path = join_path(output, MANIFEST_FILE)
    if not file_sizes(path):
        return None
    manifest = Manifest.from_json(read_file(path).decode("utf-8", "replace"), Path(path))
    if _row_files(output) != manifest.files:
        raise UserError(
            f"{output} lacks files that {MANIFEST_FILE} names, or has others; copy it again, or "
            "remove it and prepare the texts again"
        )
    return manifest


def _row_files(output: str) -> dict[str, int]:
    """Returns the sizes of the TFRecord files by their names."""
    found = file_sizes(join_path(output, f"{ROWS_PREFIX}-*{ROWS_SUFFIX}"))
    return {os.path.basename(path): size for path, size in found.items()}


def _remove_parts(output: str) -> None:
    for name in (f"{ROWS_PREFIX}-*{ROWS_SUFFIX}", VOCABULARY_COUNTS_FILE, _COUNTS_FILE):
        remove_files(file_sizes(join_path(output, name)))
    for name in (ROWS_PREFIX, VOCABULARY_COUNTS_FILE, _COUNTS_FILE):
        remove_unfinished(join_path(output, name))


def _build(
    pipeline: Any,
    output: str,
    files: Sequence[str],
    tokenizer: DeviceTokenizer,
    options: PreparationOptions,
    teacher: TextTeacher | None,
) -> None:
    import apache_beam as beam
    from apache_beam.coders import BytesCoder

    stages: dict[str, Any] = {}
    stages["lines"] = (
        pipeline
        | "Files" >> beam.Create(list(files))
        | "Read" >> beam.io.ReadAllFromText(coder=BytesCoder(), delimiter=b"\n", with_filename=True)
    )
    stages["clean"] = stages["lines"] | "Clean" >> beam.FlatMap(
        functools.partial(_clean, options.min_words)
    )
    distinct = (
        stages["clean"]
        | "Key" >> beam.Map(_with_key)
        # The same one of equal texts whatever their order is.
        | "Deduplicate" >> beam.CombinePerKey(min)
    )
    stages["distinct"] = distinct
    if options.duplicate_similarity < 1:
        distinct = _without_near_duplicates(distinct, options.duplicate_similarity)
    stages["kept"] = distinct | "Texts" >> beam.Values()
    # A noisy copy is taught as the text that it was made from.
    taught = (
        stages["kept"] | "No teacher" >> beam.Map(lambda parts: (parts, None))
        if teacher is None
        else stages["kept"]
        | "Spread" >> beam.Reshuffle()
        | "Batch" >> beam.BatchElements(_TEXTS_OF_TEACHER, _TEXTS_OF_TEACHER)
        | "Teach" >> beam.ParDo(_teach(teacher))
    )
    stages["with_noisy_copies"] = taught | "Noise" >> beam.FlatMap(
        functools.partial(_with_noisy_copies, options)
    )
    # Rows of one source, and the copies of one text, stand apart.
    mixed = stages["with_noisy_copies"] | "Mix" >> beam.Reshuffle()
    if teacher is not None and teacher.labels is not None:
        stages["rows"] = mixed | "Features" >> beam.Map(_text_features)
    else:
        stages["rows"] = mixed | "Tokenize" >> beam.ParDo(_tokenize(tokenizer))
    _ = (
        stages["rows"]
        | "Example" >> beam.Map(example_bytes)
        | "Write"
        >> beam.io.WriteToTFRecord(
            join_path(output, ROWS_PREFIX),
            file_name_suffix=ROWS_SUFFIX,
            num_shards=options.num_shards,
        )
    )
    sums = []
    if teacher is None or teacher.labels is None:
        tokens = stages["rows"] | "Count tokens" >> beam.CombineGlobally(_token_counts())
        _ = (
            tokens
            | "Token lines" >> beam.Map(functools.partial(_token_lines, tokenizer.vocabulary))
            | "Write token counts"
            >> beam.io.WriteToText(
                join_path(output, VOCABULARY_COUNTS_FILE), shard_name_template="", num_shards=1
            )
        )
        sums = [tokens | "Sums" >> beam.FlatMap(functools.partial(_sums, tokenizer.unk_token_id))]
    counts = [
        rows
        | f"Count {name}" >> beam.combiners.Count.Globally()
        | f"Name {name}" >> beam.Map(lambda count, name=name: (name, count))
        for name, rows in stages.items()
    ]
    _ = (
        [*sums, *counts]
        | "All counts" >> beam.Flatten()
        | "JSON" >> beam.Map(json.dumps)
        | "Write counts"
        >> beam.io.WriteToText(
            join_path(output, _COUNTS_FILE), shard_name_template="", num_shards=1
        )
    )


def _clean(min_words: int, line: tuple[str, bytes]) -> Iterator[Parts]:
    path, content = line
    text = content.decode("utf-8", "replace")
    is_pair = format_suffix(Path(path)) == ".tsv"
    parts = text.split("\t") if is_pair else [text]
    if is_pair and len(parts) != 2:
        raise UserError(
            f"{path}: the line {text[:40]!r} has {len(parts) - 1} tabs; each line of a .tsv file "
            "must have two texts, with a tab between them"
        )
    parts = tuple(map(clean_text, parts))
    if all(parts) and sum(map(count_words, parts)) >= min_words:
        yield parts


def _joined(parts: Parts) -> str:
    return "\t".join(parts)


def _with_key(parts: Parts) -> tuple[bytes, Parts]:
    """Returns parts with a key that texts have in common which differ only in capitals."""
    content = _joined(parts).casefold().encode("utf-8")
    return hashlib.blake2b(content, digest_size=16).digest(), parts


def _without_near_duplicates(
    distinct: beam.PCollection[tuple[bytes, Parts]], similarity: float
) -> beam.PCollection[tuple[bytes, Parts]]:
    import apache_beam as beam

    duplicates = NearDuplicates(similarity)
    redundant = (
        distinct
        | "Bands" >> beam.FlatMap(functools.partial(_bands, duplicates))
        | "Group bands" >> beam.GroupByKey()
        | "Compare" >> beam.FlatMap(functools.partial(_redundant, duplicates))
    )
    return (
        {"texts": distinct, "redundant": redundant}
        | "Join" >> beam.CoGroupByKey()
        | "Keep" >> beam.FlatMap(_keep)
    )


def _bands(
    duplicates: NearDuplicates, text: tuple[bytes, Parts]
) -> Iterator[tuple[bytes, tuple[bytes, str]]]:
    key, parts = text
    joined = _joined(parts)
    for band in duplicates.band_keys(joined):
        yield band, (key, joined)


def _redundant(
    duplicates: NearDuplicates, band: tuple[bytes, Iterable[tuple[bytes, str]]]
) -> Iterator[tuple[bytes, None]]:
    for key in duplicates.redundant(band[1]):
        yield key, None


def _keep(group: tuple[bytes, dict[str, Iterable[Any]]]) -> Iterator[tuple[bytes, Parts]]:
    key, found = group
    if not any(True for _ in found["redundant"]):
        for parts in found["texts"]:
            yield key, parts


def _with_noisy_copies(options: PreparationOptions, text: TaughtText) -> Iterator[TaughtText]:
    yield text
    parts, taught = text
    if not options.noisy_copies:
        return
    # A text has the same noises in any order and on any machine.
    digest = hashlib.blake2b(_joined(parts).encode("utf-8"), digest_size=8).digest()
    seed = options.seed ^ int.from_bytes(digest, "little")
    copies = [
        noisy_copies([part], options.noisy_copies, options.noise_level, seed) for part in parts
    ]
    for copy in zip(*copies, strict=True):
        yield copy, taught


def _teach(teacher: TextTeacher) -> beam.DoFn:
    import apache_beam as beam

    class TeachTexts(beam.DoFn):
        def setup(self) -> None:
            self._read = teacher.load()

        def process(self, texts: list[Parts]) -> Iterator[TaughtText]:
            yield from zip(texts, self._read(texts), strict=True)

    return TeachTexts()


def _text_features(text: TaughtText) -> Features:
    parts, logits = text
    return {**dict(zip((TEXT, TEXT_PAIR), parts, strict=False)), LOGITS: logits}


def token_rows(tokenizer: DeviceTokenizer, parts: Parts) -> list[list[int]]:
    """Returns the rows of a text or of a pair, as `stream_ids` makes them.

    Args:
        tokenizer: has the maximum number of tokens of a row.
        parts: a text, which becomes as many rows as it needs, or the two texts of a pair, of which
            the longer one is shortened.

    Returns:
        Token ids without padding.
    """
    if len(parts) == 2:
        return [_row(tokenizer, parts, tokenizer.max_length)]
    # Few characters become more than one token.
    room = len(parts[0]) + 3
    while len(row := _row(tokenizer, parts, room)) == room:
        room *= 2
    tokens, length = row[1:-1], tokenizer.max_length - 2
    return [
        [tokenizer.cls_token_id, *tokens[start : start + length], tokenizer.sep_token_id]
        for start in range(0, len(tokens), length)
    ]


def _row(tokenizer: DeviceTokenizer, parts: Parts, length: int) -> list[int]:
    inputs = tokenizer(*([part] for part in parts), max_length=length)
    return inputs["input_ids"][0, : inputs["attention_mask"].sum()].tolist()


def _tokenize(tokenizer: DeviceTokenizer) -> beam.DoFn:
    import apache_beam as beam

    settings, vocabulary = tokenizer.settings(), list(tokenizer.vocabulary)

    class TokenizeTexts(beam.DoFn):
        def setup(self) -> None:
            self._tokenizer = DeviceTokenizer.from_settings(settings, vocabulary)

        def process(self, text: TaughtText) -> Iterator[Features]:
            parts, vector = text
            if vector is None:
                for row in token_rows(self._tokenizer, parts):
                    yield {INPUT_IDS: row}
                return
            # The vector is that of the tokens that the teacher read.
            row = _row(self._tokenizer, parts, self._tokenizer.max_length)
            yield {INPUT_IDS: row, SENTENCE_EMBEDDING: vector}

    return TokenizeTexts()


def _token_counts() -> beam.CombineFn:
    import apache_beam as beam

    class TokenCounts(beam.CombineFn):
        def create_accumulator(self) -> collections.Counter[int]:
            return collections.Counter()

        def add_input(self, counts, row):
            counts.update(row[INPUT_IDS])
            return counts

        def merge_accumulators(self, accumulators):
            return sum(accumulators, collections.Counter())

        def extract_output(self, counts):
            return dict(counts)

    return TokenCounts()


def _token_lines(vocabulary: Sequence[str], counts: dict[int, int]) -> str:
    """Returns a line for each token that occurs, the most frequent first."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(f"{vocabulary[token]}\t{count}" for token, count in ordered)


def _sums(unk_token_id: int, counts: dict[int, int]) -> Iterator[tuple[str, int]]:
    yield "tokens", sum(counts.values())
    yield "unknown_tokens", counts.get(unk_token_id, 0)
