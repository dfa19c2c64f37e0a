"""The model card of an export: README.md with YAML front matter, of what is known alone."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from converters.targets.huggingface.card_usage import usage
from converters.targets.huggingface.model_facts import ModelFacts
from converters.targets.huggingface.pipeline_tags import PIPELINE_TAGS
from tfsqueeze.tasks import (
    MULTI_LABEL_CLASSIFICATION,
    REGRESSION,
    SENTENCE_EMBEDDINGS,
)
from tfsqueeze.training.trained_run import is_run
from tfsqueeze.utils.wording import with_article

if TYPE_CHECKING:
    from converters.experiments.model_scores import EvaluationSet, ModelScores

CARD_FILE = "README.md"
_MOST_LABELS = 20
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+")
_PLAIN = re.compile(r"[A-Za-z][\w./-]*")
# What YAML 1.1 reads as something else than a text.
_NO_TEXTS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null"}


def write_card(
    path: Path,
    facts: ModelFacts,
    rows: Sequence[ModelScores],
    examples: EvaluationSet | None,
) -> None:
    """Writes a model card.

    Args:
        path: the file.
        facts: what is known of the model.
        rows: what was measured of each file, that in float32 first.
        examples: what the scores were measured on; None for none.
    """
    front = _yaml(_front_matter(facts, rows, examples))
    parts = [_introduction(facts), _figures(facts, rows, examples), usage(facts), _making(facts)]
    path.write_text(f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n", "utf-8")


def _front_matter(
    facts: ModelFacts, rows: Sequence[ModelScores], examples: EvaluationSet | None
) -> dict[str, Any]:
    run = facts.run
    library = "transformers" if facts.is_for_transformers else "tfsqueeze"
    if facts.is_for_transformers and run.task.name == SENTENCE_EMBEDDINGS.name:
        library = "sentence-transformers"
    pretrained = str(run.options.pretrained or "").partition("@")[0]
    base = {}
    if _HUB_ID.fullmatch(pretrained) and not Path(pretrained).exists():
        base = {"base_model": pretrained}
    fields: dict[str, Any] = {
        **base,
        **facts.fields,
        "library_name": library,
        "pipeline_tag": PIPELINE_TAGS[run.task.name],
        "tags": ["tfsqueeze", "tflite", "int8", run.config.model_type, run.task.name],
    }
    scores = [row for row in rows if row.scores]
    if scores and examples is not None:
        dataset = Path(examples.name).name
        fields["model-index"] = [
            {
                "name": facts.name,
                "results": [
                    {
                        "task": {"type": PIPELINE_TAGS[run.task.name]},
                        "dataset": {"name": dataset, "type": dataset},
                        "metrics": [
                            {
                                "type": score.name,
                                "value": round(row.scores[score.name], 6),
                                "name": f"{score.title} ({row.name})",
                            }
                            for row in scores
                            for score in run.task.scores
                            if score.name in row.scores
                        ],
                    }
                ],
            }
        ]
    return fields


def _introduction(facts: ModelFacts) -> str:
    run = facts.run
    case = "lowercased" if run.tokenizer.lowercase else "with capitals"
    source = "Trained on" if is_run(run.folder) else "A checkpoint, calibrated on"
    kind = with_article(f"{run.config.architecture} {run.task.title}", "A")
    lines = [
        f"# {facts.name}",
        f"{kind}, for phones and other devices in int8. {source} "
        f"{_dataset_names(run.dataset_name)}. Texts are {case}; the `.tflite` files read the first "
        f"{facts.max_length} tokens.",
    ]
    if run.label_names:
        shown = ", ".join(f"`{name}`" for name in run.label_names[:_MOST_LABELS])
        more = len(run.label_names) - _MOST_LABELS
        lines.append(f"Labels: {shown}{f' and {more} more' if more > 0 else ''}.")
    if run.task.name == REGRESSION.name:
        lines.append(
            f"A number is `{run.decoding['mean']:.9g} + {run.decoding['scale']:.9g} * logit`."
        )
    if run.task.name == MULTI_LABEL_CLASSIFICATION.name:
        thresholds = zip(run.label_names, run.decoding["thresholds"], strict=True)
        shown = ", ".join(f"`{name}` {value:.4g}" for name, value in thresholds)
        lines.append(
            f"A text has each label whose probability, the sigmoid of its logit, reaches the "
            f"label's threshold: {shown}."
        )
    return "\n\n".join(lines)


def _figures(facts: ModelFacts, rows: Sequence[ModelScores], examples: EvaluationSet | None) -> str:
    """Returns a table of what was measured."""
    task = facts.run.task
    scores = [score for score in task.scores if all(score.name in row.scores for row in rows)]
    columns = [score.title.lower() for score in scores]
    with_likeness = any(row.likeness is not None for row in rows)
    if with_likeness:
        is_vector = task.name == SENTENCE_EMBEDDINGS.name
        columns.append("cosine to float32" if is_vector else "decisions as in float32")
    header = ["file", *columns, "MB", "ms"]
    table = [
        f"| {' | '.join(header)} |",
        f"| --- |{' ---: |' * (len(header) - 1)}",
    ]
    for row in rows:
        cells = [score.text(row.scores[score.name]) for score in scores]
        if with_likeness:
            cells.append("" if row.likeness is None else _likeness(row.likeness, task.name))
        cells += [f"{row.bytes / 1e6:.2f}", f"{row.milliseconds:.2f}"]
        table.append(f"| {' | '.join([row.name, *cells])} |")
    basis = ""
    if examples is not None and (scores or with_likeness):
        kind = "" if examples.has_labels else " unlabelled"
        basis = (
            f"Measured on {len(examples.examples):,}{kind} examples of "
            f"{_dataset_names(examples.name)}. "
        )
    return "\n".join(
        [
            "## What was measured",
            "",
            *table,
            "",
            f"{basis}Sizes and times are those of `.tflite` files of {facts.max_length} tokens; "
            "a time is the median of one text at a time, on one thread of the machine that "
            "exported the model.",
        ]
    )


def _making(facts: ModelFacts) -> str:
    known = {"license", "license_name"} & facts.fields.keys()
    missing = [] if known else ["its license"]
    if "language" not in facts.fields:
        missing.append("its language")
    missing += ["what it is for", "what it must not be used for"]
    return (
        "## Before you upload it\n\n"
        "This card was written by `tfsqueeze export --target huggingface` and has only what it "
        f"knows or measured. Add {', '.join(missing[:-1])} and {missing[-1]}, and remove this part."
    )


def _likeness(value: float, task: str) -> str:
    return f"{value:.4f}" if task == SENTENCE_EMBEDDINGS.name else f"{100 * value:.2f} %"


def _dataset_names(name: str) -> str:
    """Returns the names of data without the folders of the machine that they were on."""
    return ", ".join(Path(part).name for part in name.split(", "))


def _yaml(fields: Mapping[str, Any]) -> str:
    """Returns the YAML of a mapping of texts, numbers, lists and mappings."""
    return "".join(f"{line}\n" for line in _yaml_lines(fields))


def _yaml_lines(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        lines = []
        for key, item in value.items():
            if isinstance(item, (Mapping, list)):
                inner = _yaml_lines(item)
                indent = "  " if isinstance(item, Mapping) else ""
                lines += [f"{key}:", *(indent + line for line in inner)]
            else:
                lines.append(f"{key}: {_yaml_scalar(item)}")
        return lines
    lines = []
    for item in value:
        first, *rest = _yaml_lines(item) if isinstance(item, Mapping) else [_yaml_scalar(item)]
        lines += [f"- {first}", *(f"  {line}" for line in rest)]
    return lines


def _yaml_scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    is_plain = _PLAIN.fullmatch(value) and value.lower() not in _NO_TEXTS
    # Every JSON text is YAML.
    return value if is_plain else json.dumps(value, ensure_ascii=False)
