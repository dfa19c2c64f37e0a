"""The settings of a comparison of ways to solve a task."""

from __future__ import annotations

import dataclasses

from tfsqueeze.utils.errors import UserError

# All methods in the order of the table, each with its title.
METHODS: dict[str, str] = {
    "majority": "the most frequent label",
    "classical": "the classical method that fits",
    "teacher": "MiniLM fine-tuned (the teacher)",
    "distilbert": "DistilBERT-type from scratch",
    "albert": "ALBERT-type from scratch",
    "scratch": "SqueezeBERT from scratch",
    "distilled": "SqueezeBERT distilled",
}


@dataclasses.dataclass(frozen=True)
class ComparisonOptions:
    """Settings of a comparison.

    Args:
        seeds: number of seeds. Each trains every method anew, and draws the validation texts of a
            dataset that has none.
        methods: some of `METHODS`; `distilled` needs `teacher`.
        backbone: name or folder of the pretrained SqueezeBERT. The models from scratch have its
            tokenizer and depth. SqueezeBERT from scratch has its sizes too, and the models with
            dense layers have half its width.
        max_length: maximum number of tokens of a text; fewer where 99 of 100 training texts need
            no more.
        teacher_epochs: maximum number of epochs of the teacher.
        scratch_epochs: maximum number of epochs of the models from scratch.
        distilled_epochs: maximum number of epochs of distillation, which reads variants of the
            texts as well.
        qat_epochs: maximum number of epochs of quantization-aware training.
        unlabelled: texts that are distilled as well; see `TrainingOptions`.
        distilled_tokens: about how many tokens an epoch of distillation has. The number of
            variants of each text follows from it.

    Raises:
        UserError: a value is out of range.

    Example:
        >>> ComparisonOptions(methods=("classical", "teacher"), seeds=1).backbone
        'squeezebert-tiny'
    """

    seeds: int = 3
    methods: tuple[str, ...] = tuple(METHODS)
    backbone: str = "squeezebert-tiny"
    max_length: int = 128
    teacher_epochs: int = 4
    scratch_epochs: int = 8
    distilled_epochs: int = 3
    qat_epochs: int = 1
    unlabelled: tuple[str, ...] = ()
    distilled_tokens: int = 700_000

    def __post_init__(self) -> None:
        """Checks the values."""
        unknown = [name for name in self.methods if name not in METHODS]
        if unknown or not self.methods:
            raise UserError(
                f"methods {', '.join(self.methods)!r}: choose some of {', '.join(METHODS)}"
            )
        if "distilled" in self.methods and "teacher" not in self.methods:
            raise UserError("the method distilled needs the method teacher; name both")
        if self.seeds < 1:
            raise UserError(f"seeds must be at least 1, not {self.seeds}")
