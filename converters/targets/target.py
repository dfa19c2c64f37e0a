"""The base class of the targets, and what their methods return."""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from converters.tflite.operator_macs import count_operator_macs
from converters.tflite.tflite_operators import Operator
from tfsqueeze.tasks import SENTENCE_EMBEDDINGS
from tfsqueeze.utils.errors import UserError

if TYPE_CHECKING:
    from converters.experiments.model_scores import EvaluationSet
    from converters.targets.target_names import TargetName
    from converters.tflite.tflite_file import Model
    from tfsqueeze.data.datasets.text_examples import TextExamples
    from tfsqueeze.training.trained_run import TrainedRun

_Row = TypeVar("_Row", bound="OperatorRow")


@dataclasses.dataclass(frozen=True)
class ExportedFile:
    """A file of an export.

    Attributes:
        name: its path within the output folder.
        bytes: its size.
    """

    name: str
    bytes: int

    @classmethod
    def from_path(cls, path: Path, folder: Path) -> ExportedFile:
        """Returns the entry of a file in an output folder."""
        return cls(str(path.relative_to(folder)), path.stat().st_size)


@dataclasses.dataclass(frozen=True)
class ExportOptions:
    """What an export is to hold beside the model; see `Target.export`.

    Attributes:
        max_length: the static length in tokens.
        examples: what the model is measured on.
        search_texts: the texts that the device searches.
    """

    max_length: int
    examples: EvaluationSet | None = None
    search_texts: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class DeviceRow:
    """A row of the target table: how much of a model a device runs, and at what cost.

    Attributes:
        device: the device and, where nothing was run on it, the origin of the numbers.
        operators: number of operators of the model.
        operators_on_device: number of operators that the accelerator computes; without an
            accelerator, those that the device's own kernels compute.
        macs: multiply-accumulates of one inference.
        macs_on_device: those of the operators on the device.
        model_bytes: size of the model on the device.
        memory: how much of which memory the model takes, as text.
        microseconds: estimated time of one inference; None without an estimate.
    """

    device: str
    operators: int
    operators_on_device: int
    macs: int
    macs_on_device: int
    model_bytes: int
    memory: str
    microseconds: float | None

    def to_dict(self) -> dict[str, Any]:
        """Returns the row as a JSON-able dict."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class ExportResult:
    """What an export wrote.

    Attributes:
        target: name of the target.
        summary: lines to print, by their titles.
        files: the files written.
        devices: a row for each device that the export was made for; none where the device's CPU
            runs the whole model.
        details: JSON-able facts of the one target.
    """

    target: TargetName
    summary: dict[str, str]
    files: tuple[ExportedFile, ...]
    devices: tuple[DeviceRow, ...] = ()
    details: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as a JSON-able dict, with the details beside the other keys."""
        return {
            "target": self.target,
            **self.details,
            "summary": self.summary,
            "files": [dataclasses.asdict(file) for file in self.files],
            "devices": [device.to_dict() for device in self.devices],
        }


@dataclasses.dataclass(frozen=True)
class OperatorRow:
    """Where one operator of a .tflite file runs.

    Attributes:
        index: position of the operator in its subgraph.
        name: name of the operation, such as `CONV_2D`.
        output: name of the first output tensor; empty where there is none.
        shape: shape of the first output tensor.
        placement: the processor that computes it: `CPU` or the accelerator, such as `TPU`.
        reason: why the accelerator does not compute it; empty where it does.
        macs: multiply-accumulates of one inference.
        inputs: indices of the input tensors that are not constant.
        outputs: indices of the output tensors.
    """

    index: int
    name: str
    output: str
    shape: tuple[int, ...]
    placement: str
    reason: str
    macs: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]

    @classmethod
    def from_operator(
        cls: type[_Row], operator: Operator, placement: str, reason: str, **fields: Any
    ) -> _Row:
        """Returns the row of an operator.

        Args:
            operator: the operator.
            placement: as the attribute.
            reason: as the attribute.
            **fields: the further attributes of a subclass.
        """
        # An operator that sets a variable has no output.
        output = operator.outputs[0] if operator.outputs else None
        return cls(
            index=operator.index,
            name=operator.name,
            output=output.name if output else "",
            shape=tuple(output.shape) if output else (),
            placement=placement,
            reason=reason,
            macs=count_operator_macs(operator),
            inputs=tuple(tensor.index for tensor in operator.inputs if not tensor.is_constant),
            outputs=tuple(tensor.index for tensor in operator.outputs),
            **fields,
        )

    @property
    def is_on_device(self) -> bool:
        """Whether the accelerator computes it."""
        return self.placement != "CPU"

    def to_dict(self) -> dict[str, Any]:
        """Returns the row as a JSON-able dict, as `converters.reports` draws it."""
        return dataclasses.asdict(self)


@dataclasses.dataclass(frozen=True)
class CheckResult(abc.ABC):
    """Where the operators of a .tflite file run on a device.

    Attributes:
        operators: a row for each operator, in the order of the file.
    """

    operators: tuple[OperatorRow, ...]

    @property
    def operators_on_device(self) -> int:
        """Number of operators that the accelerator computes."""
        return sum(row.is_on_device for row in self.operators)

    @property
    def macs(self) -> int:
        """Multiply-accumulates of one inference."""
        return sum(row.macs for row in self.operators)

    @property
    def macs_on_device(self) -> int:
        """Multiply-accumulates of one inference that the accelerator computes."""
        return sum(row.macs for row in self.operators if row.is_on_device)

    @property
    def mac_share(self) -> float:
        """The share of the multiply-accumulates that the accelerator computes, from 0 to 1."""
        return self.macs_on_device / self.macs if self.macs else 0.0

    @abc.abstractmethod
    def summary(self) -> dict[str, str]:
        """Returns lines to print, by their titles."""

    @abc.abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Returns the result as a JSON-able dict with `target`, `operators` and `summary`."""


@dataclasses.dataclass(frozen=True)
class PartVerification:
    """How a device's interpreter did on one part of a dataset.

    Attributes:
        examples: number of texts.
        scores: the task's scores in the device's interpreter, such as `accuracy`, by name.
        mismatches: by runtime, the number of texts of which any logit differs from that of the
            runtime's reference kernels. A runtime whose reference kernels cannot run the model
            has no entry.
    """

    examples: int
    scores: dict[str, float]
    mismatches: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as a JSON-able dict, with the scores beside the other keys."""
        return {"examples": self.examples, **self.scores, "mismatches": self.mismatches}


@dataclasses.dataclass(frozen=True)
class TargetVerification:
    """How a model did in a device's interpreter.

    Attributes:
        model_bytes: size of the model.
        arena_bytes: size of the memory that the interpreter kept its tensors in.
        parts: the results by the name of the part.
    """

    model_bytes: int
    arena_bytes: int
    parts: dict[str, PartVerification]

    @property
    def has_mismatches(self) -> bool:
        """Whether any logit of any text differs from that of any runtime."""
        return any(any(part.mismatches.values()) for part in self.parts.values())

    def to_dict(self) -> dict[str, Any]:
        """Returns the result as a JSON-able dict."""
        return {
            "model_bytes": self.model_bytes,
            "arena_bytes": self.arena_bytes,
            "parts": {name: part.to_dict() for name, part in self.parts.items()},
        }


class Target(abc.ABC):
    """A kind of device that trained runs are exported to.

    A subclass sets the attributes and defines `_export`. It overrides `check` where the device
    has an accelerator that computes some operators, and `verify` where an interpreter of the
    device runs on this machine. `converters.targets.registry` names the subclasses.

    Attributes:
        name: the name on the command line.
        title: the name in sentences.
        supported_tasks: names of the tasks, those of `tfsqueeze.tasks.TASKS`, whose models the
            device's program can use.
        supports_pairs: whether the device's program can give a model pairs of texts.
        shares_folder: whether an export adds its files to those of the output folder. Otherwise
            it replaces the folder.
        has_scores: whether an export says how good the model is, for which it takes examples.
        searches_texts: whether an export of an embedder has texts that the device searches.
        runtimes: names of what can run a model on the device, where there is a choice; the first
            is the default.

    Args:
        runtime: the one of `runtimes` to export for and to verify.

    Raises:
        UserError: the target has no such runtime.

    Example:
        >>> from converters.targets.registry import load_target
        >>> target = load_target("ethos-u")
        >>> target.title
        'Arm Ethos-U'
        >>> "text-classification" in target.supported_tasks
        True
    """

    name: ClassVar[TargetName]
    title: ClassVar[str]
    supported_tasks: ClassVar[frozenset[str]]
    supports_pairs: ClassVar[bool]
    shares_folder: ClassVar[bool] = False
    has_scores: ClassVar[bool] = False
    searches_texts: ClassVar[bool] = False
    runtimes: ClassVar[tuple[str, ...]] = ()

    def __init__(self, runtime: str | None = None) -> None:
        if runtime is not None and runtime not in self.runtimes:
            choice = f"has {' and '.join(self.runtimes)}" if self.runtimes else "has no choice"
            raise UserError(f"the target {self.name} has no runtime {runtime!r}; it {choice}")
        self.runtime = runtime or next(iter(self.runtimes), None)

    def require_supported(self, run: TrainedRun) -> None:
        """Raises an error for a run that the device's program cannot use.

        Args:
            run: a trained run.

        Raises:
            UserError: the target does not support the run's task, or not its pairs of texts.
        """
        if run.task.name not in self.supported_tasks:
            model = run.task.name
        elif run.reads_pairs and not self.supports_pairs:
            model = f"{run.task.name} of pairs of texts"
        else:
            return
        texts = "" if self.supports_pairs else " of single texts"
        raise UserError(
            f"{run.folder} is a model for {model}; the target {self.name} takes models for "
            f"{', '.join(sorted(self.supported_tasks))}{texts}"
        )

    def export(
        self,
        run: TrainedRun,
        folder: Path,
        max_length: int | None = None,
        examples: EvaluationSet | None = None,
        search_texts: Sequence[str] = (),
    ) -> ExportResult:
        """Writes what the device needs to run a model.

        Args:
            run: a trained run.
            folder: an empty folder, which the export fills.
            max_length: the static length in tokens; by default the length of training.
            examples: what the model is measured on, for a target with `has_scores`.
            search_texts: the texts that the device searches, for a target with `searches_texts`.

        Returns:
            What was written, and how it runs on the device.

        Raises:
            UserError: the target does not support the run, or the model does not fit the device.
        """
        self.require_supported(run)
        if search_texts and run.task.name != SENTENCE_EMBEDDINGS.name:
            raise UserError(
                f"{run.folder} is a model for {run.task.name}; only a model for "
                "sentence-embeddings searches texts"
            )
        length = max_length or run.options.max_length
        return self._export(run, folder, ExportOptions(length, examples, tuple(search_texts)))

    @abc.abstractmethod
    def _export(self, run: TrainedRun, folder: Path, options: ExportOptions) -> ExportResult:
        """Writes a run that the target supports; see `export`."""

    def check(self, model: Model) -> CheckResult:
        """Finds out where the operators of any .tflite file run on the device.

        Args:
            model: the bytes of a .tflite file, or its path.

        Returns:
            A row for each operator, and figures of the whole file.

        Raises:
            UserError: the device has no accelerator, or the file is damaged.
        """
        raise UserError(f"the target {self.name} has no accelerator to check a file for")

    def verify(self, run: TrainedRun, parts: Mapping[str, TextExamples]) -> TargetVerification:
        """Compares the device's interpreter with the reference kernels of the runtimes.

        Args:
            run: a trained run.
            parts: labelled texts by the name of the part.

        Returns:
            The scores on each part, and how many texts have other logits.

        Raises:
            UserError: no interpreter of the device runs on this machine, or the target does not
                support the run.
        """
        raise UserError(f"the target {self.name} has no interpreter to verify a run in")
