"""Exports a trained run as a folder to upload to a hub of models."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from converters.conversion.keras_to_tflite import convert_float
from converters.conversion.profiles import Profile
from converters.conversion.runs import convert_run, pack
from converters.experiments.model_scores import score_models
from converters.targets.huggingface.card_sources import read_card_fields
from converters.targets.huggingface.model_card import CARD_FILE, write_card
from converters.targets.huggingface.model_facts import ModelFacts
from converters.targets.huggingface.pipeline_tags import PIPELINE_TAGS
from converters.targets.huggingface.sentence_transformer_files import write_sentence_transformer
from converters.targets.target import ExportedFile, ExportOptions, ExportResult, Target
from tfsqueeze.models.encoder import model_inputs
from tfsqueeze.tasks import INTENT_AND_SLOTS, SENTENCE_EMBEDDINGS
from tfsqueeze.tokenizers.published_tokenizer import publish_tokenizer
from tfsqueeze.training.run_folder import write_decoding
from tfsqueeze.training.trained_run import is_run

if TYPE_CHECKING:
    from tfsqueeze.training.trained_run import TrainedRun

FLOAT_NAME = "float32"
# The files on devices, by their profile.
TFLITE_FILES: dict[Profile, str] = {"int8": "model_int8.tflite", "mobile": "model_mobile.tflite"}


class HuggingFaceTarget(Target):
    """Exports a folder in Hugging Face's layout, with the .tflite files and a model card.

    The weights are those of the float model, so that transformers computes with them what Keras
    does, and tfsqueeze can train and convert them again. The card has only figures that the export
    measured.
    """

    name = "huggingface"
    title = "Hugging Face"
    supported_tasks = frozenset(PIPELINE_TAGS)
    supports_pairs = True
    has_scores = True

    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        max_length = options.max_length
        models = {
            str(profile): convert_run(run, [max_length], profile=profile)
            for profile in TFLITE_FILES
        }
        for profile, name in TFLITE_FILES.items():
            (folder / name).write_bytes(models[str(profile)])
        run.float_model.save_pretrained(folder)
        publish_tokenizer(run.tokenizer, folder, model_inputs(run.config))
        write_decoding(folder, run.decoding)
        if run.task.name == SENTENCE_EMBEDDINGS.name:
            write_sentence_transformer(folder, run.config.hidden_size, max_length)
        float_model = pack(run, convert_float(run.float_model, max_length), max_length)
        rows = score_models(run, {FLOAT_NAME: float_model, **models}, FLOAT_NAME, options.examples)
        facts = ModelFacts(
            name=_name(run),
            run=run,
            max_length=max_length,
            is_for_transformers=_is_for_transformers(run),
            fields={} if is_run(run.folder) else read_card_fields(run.folder / CARD_FILE),
        )
        write_card(folder / CARD_FILE, facts, rows, options.examples)
        return ExportResult(
            target=self.name,
            summary={
                "task": run.task.name,
                "length in tokens": str(max_length),
                "read by": "transformers and tfsqueeze"
                if _is_for_transformers(run)
                else "tfsqueeze",
                "next": f"complete {CARD_FILE}, then upload the folder",
            },
            files=_files(folder),
            details={"max_length": max_length, "measured": [row.to_dict() for row in rows]},
        )


def _is_for_transformers(run: TrainedRun) -> bool:
    """Returns whether transformers has the architecture and the head of a run."""
    return run.config.is_published and run.task.name != INTENT_AND_SLOTS.name


def _name(run: TrainedRun) -> str:
    """Returns what a model is called: a run by its folder, a checkpoint as it was asked for."""
    if is_run(run.folder):
        return run.folder.resolve().name
    return Path(str(run.options.pretrained).partition("@")[0]).name or run.folder.resolve().name


def _files(folder: Path) -> tuple[ExportedFile, ...]:
    paths = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return tuple(ExportedFile.from_path(path, folder) for path in paths)
