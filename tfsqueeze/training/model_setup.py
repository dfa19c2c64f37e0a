"""The tokenizer, the configuration and the new model that a run starts from."""

from __future__ import annotations

import dataclasses
import json
import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path

from tfsqueeze.checkpoints.huggingface import NewWeightsWarning, UnusedWeightsWarning
from tfsqueeze.checkpoints.model_sources import CONFIG_FILE, pin_revision, pretrained_folder
from tfsqueeze.checkpoints.vocabulary_fit import check_vocabulary
from tfsqueeze.configs.encoder_config import EncoderConfig
from tfsqueeze.configs.presets import load_preset
from tfsqueeze.configs.squeezebert_config import SqueezeBertConfig
from tfsqueeze.models.architectures import read_config, task_model_class
from tfsqueeze.models.pretrained import PreTrainedModel
from tfsqueeze.models.spelling_vectors import share_spelling
from tfsqueeze.models.token_types import extend_token_types
from tfsqueeze.models.vocabulary_transfer import transfer_vocabulary
from tfsqueeze.tasks import Task
from tfsqueeze.tokenizers.match_types import TOKEN_TYPES, default_stop_words
from tfsqueeze.tokenizers.vocabulary import train_vocabulary
from tfsqueeze.tokenizers.wordpiece import WordPieceTokenizer
from tfsqueeze.training.run_folder import read_decoding, write_decoding
from tfsqueeze.training.trained_run import is_run, require_finished
from tfsqueeze.training.training_options import TrainingOptions
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically
from tfsqueeze.utils.json_files import read_json
from tfsqueeze.utils.keras_files import load_model

_REVISIONS_FILE = "revisions.json"


def pin_models(folder: Path, options: TrainingOptions) -> TrainingOptions:
    """Returns the options with sources that do not change: a revision for each model of the hub.

    Args:
        folder: the folder of the run, which keeps the revisions: a run that resumes reads the same
            models, even if the hub has newer ones. It also takes the float model of another run
            that is named as pretrained.
        options: the settings of the run.

    Raises:
        UserError: a model cannot be had, or the file of revisions is damaged.
    """
    path = folder / _REVISIONS_FILE
    names = ("pretrained", "tokenizer")
    sources = [source for name in names if (source := getattr(options, name)) is not None]
    if not path.exists():
        revisions = {
            source: os.fspath(_save_float_model(Path(source), folder / "pretrained"))
            if is_run(source)
            else pin_revision(source)
            for source in sources
        }
        with write_atomically(path) as temporary:
            temporary.write_text(json.dumps(revisions, indent=2) + "\n", "utf-8")
    found = read_json(path)
    revisions = {source: found.get(source).string() for source in sources}
    return dataclasses.replace(
        options, **{name: revisions.get(getattr(options, name)) for name in names}
    )


def _save_float_model(run: Path, folder: Path) -> Path:
    """Returns a folder in Hugging Face's layout with the float model and the tokenizer of a run."""
    require_finished(run)
    if not folder.exists():
        with write_atomically(folder) as temporary:
            load_model(run / "float.keras", compile=False).save_pretrained(temporary)
            WordPieceTokenizer.from_pretrained(run / "tokenizer").save_pretrained(temporary)
            write_decoding(temporary, read_decoding(run))
    return folder


def load_or_train_tokenizer(
    folder: Path, texts: Iterable[str], options: TrainingOptions
) -> WordPieceTokenizer:
    """Returns the tokenizer of a run.

    Args:
        folder: the folder of the run, which keeps the tokenizer.
        texts: a vocabulary is trained from these unless the options name a tokenizer.
        options: the settings of the run.
    """
    path = folder / "tokenizer"
    if path.exists():
        return WordPieceTokenizer.from_pretrained(path)
    stop_words = default_stop_words() if options.match_types else None
    source = options.pretrained or options.tokenizer
    if source is not None and not options.new_vocabulary:
        pretrained = pretrained_folder(source)
        tokenizer = WordPieceTokenizer.from_pretrained(pretrained, max_length=options.max_length)
        if options.pretrained is not None:
            check_vocabulary(tokenizer, read_config(pretrained / CONFIG_FILE), pretrained)
        if stop_words is not None and tokenizer.match_types is None:
            tokenizer = WordPieceTokenizer(
                tokenizer.vocabulary,
                lowercase=tokenizer.lowercase,
                max_length=tokenizer.max_length,
                match_stop_words=stop_words,
            )
    else:
        vocabulary = train_vocabulary(texts, options.vocab_size, options.lowercase)
        tokenizer = WordPieceTokenizer(
            vocabulary,
            lowercase=options.lowercase,
            max_length=options.max_length,
            match_stop_words=stop_words,
        )
    with write_atomically(path) as temporary:
        tokenizer.save_pretrained(temporary)
    return tokenizer


def model_config(
    tokenizer: WordPieceTokenizer, task: Task, options: TrainingOptions
) -> EncoderConfig:
    """Returns the configuration of a new model, without the names of its classes.

    Raises:
        UserError: the pretrained model cannot be had, its architecture has no such task, or it
            reads shorter texts; or the tokenizer has match types and the model none to add to.
    """
    config = _start_config(tokenizer, task, options)
    if tokenizer.match_types is None or config.type_vocab_size == TOKEN_TYPES:
        return config
    if config.type_vocab_size != TOKEN_TYPES // 2:
        raise UserError(
            f"match types are for models with {TOKEN_TYPES // 2} token types, and the "
            f"{config.model_type} model has {config.type_vocab_size}; train without match_types"
        )
    return config.replace(type_vocab_size=TOKEN_TYPES)


def _start_config(
    tokenizer: WordPieceTokenizer, task: Task, options: TrainingOptions
) -> EncoderConfig:
    """Returns the configuration of a new model with the token types that its source has."""
    vocabulary = {"vocab_size": tokenizer.vocab_size, "pad_token_id": tokenizer.pad_token_id}
    if options.pretrained is not None:
        path = pretrained_folder(options.pretrained) / CONFIG_FILE
        config = read_config(path)
        task_model_class(config.model_type, task.head)
        if options.max_length > config.max_position_embeddings:
            raise UserError(
                f"{path}: max_position_embeddings is {config.max_position_embeddings}, fewer than "
                f"the {options.max_length} tokens of a text; train with that max_length "
                f"(--max-length {config.max_position_embeddings}) or less"
            )
        return config.replace(**options.model, **vocabulary if options.new_vocabulary else {})
    fields = {"max_position_embeddings": options.max_length, **options.model, **vocabulary}
    if options.model_type == SqueezeBertConfig.model_type:
        return load_preset(options.preset, **fields)
    config_class = task_model_class(options.model_type, task.head).config_class
    return config_class().replace(**fields)


def new_model(
    config: EncoderConfig,
    task: Task,
    input_names: Sequence[str],
    tokenizer: WordPieceTokenizer,
    options: TrainingOptions,
    *,
    keeps_head: bool = False,
) -> PreTrainedModel:
    """Returns a model of the task, with new or pretrained weights.

    Args:
        config: its configuration, with the names of its classes.
        task: the task.
        input_names: the inputs that it takes.
        tokenizer: its tokenizer.
        options: the settings of the run.
        keeps_head: whether the pretrained head is for the classes of the config. If not, the head
            is new.
    """
    model_class = task_model_class(config.model_type, task.head)
    if options.pretrained is None:
        model = model_class(config, input_names=input_names)
        if options.spelling_vectors:
            share_spelling(model, tokenizer.vocabulary)
        return model
    names = {
        name: getattr(config, name)
        for name in ("id2label", "problem_type", "slot_labels")
        if hasattr(config, name)
    }
    with warnings.catch_warnings():
        # A new head is what fine-tuning is for. That a trained one is dropped is worth a word.
        for expected in (NewWeightsWarning, UnusedWeightsWarning):
            warnings.simplefilter("ignore", expected)
        model = model_class.from_pretrained(
            options.pretrained,
            input_names=input_names,
            new_head=not keeps_head,
            **names,
            **options.model,
        )
    if config.type_vocab_size != model.config.type_vocab_size:
        model = extend_token_types(model, config.type_vocab_size)
    if not options.new_vocabulary:
        return model
    pretrained_tokenizer = WordPieceTokenizer.from_pretrained(pretrained_folder(options.pretrained))
    return transfer_vocabulary(model, pretrained_tokenizer, tokenizer)
