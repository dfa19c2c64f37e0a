"""Training on several devices of a machine, or on several machines."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import tensorflow as tf

from tfsqueeze.training.training_options import DistributionName
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.tf_data import without_autotune

# What TensorFlow raises where another worker stops or cannot be reached.
_LOST_WORKER = (
    tf.errors.UnavailableError,
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.InternalError,
    tf.errors.FailedPreconditionError,
)


class Distribution:
    """Where a model trains: how many replicas of it there are, and what this process does.

    Each batch is divided among the replicas, and each step applies the sum of their gradients. So
    a batch size means the same wherever a model trains.

    Args:
        strategy: TensorFlow's strategy; None for one device.

    Example:
        >>> from tfsqueeze.training.distribution import Distribution
        >>> Distribution().replicas
        1
    """

    def __init__(self, strategy: tf.distribute.Strategy | None = None) -> None:
        self.strategy = strategy or tf.distribute.get_strategy()
        resolver = self.strategy.cluster_resolver
        jobs = {} if resolver is None else resolver.cluster_spec().as_dict()
        self._workers = max(1, sum(len(jobs.get(name, ())) for name in ("chief", "worker")))
        self._is_chief = self._workers == 1 or (
            resolver.task_type == "chief" or ("chief" not in jobs and resolver.task_id == 0)
        )

    @property
    def replicas(self) -> int:
        """The number of copies of the model that train together."""
        return self.strategy.num_replicas_in_sync

    @property
    def has_workers(self) -> bool:
        """Whether several processes train together."""
        return self._workers > 1

    @property
    def is_chief(self) -> bool:
        """Whether this process is the one that writes files."""
        return self._is_chief

    def check_accumulation(self, steps: int) -> None:
        """Raises UserError if gradients are to be accumulated on several devices.

        Args:
            steps: the number of batches after which the weights change.
        """
        if steps > 1 and self.replicas > 1:
            raise UserError(
                f"gradient_accumulation_steps is {steps}, and only one device accumulates; train "
                "without it, since each of several devices takes its share of a batch"
            )

    def scope(self) -> contextlib.AbstractContextManager[Any]:
        """Returns a context in which Keras models are made that train on all replicas."""
        return self.strategy.scope() if self.replicas > 1 else contextlib.nullcontext()

    def wait(self) -> None:
        """Waits until all processes have come here."""
        if self.has_workers:

            @tf.function(autograph=False)
            def arrived() -> Any:
                here = self.strategy.run(lambda: tf.constant(1.0))
                return self.strategy.reduce(tf.distribute.ReduceOp.SUM, here, axis=None)

            arrived().numpy()

    @contextlib.contextmanager
    def chief_first(self) -> Iterator[None]:
        """Runs a context in the chief and then in the others, which find the files it wrote."""
        if not self._is_chief:
            self.wait()
        yield
        if self._is_chief:
            self.wait()

    @contextlib.contextmanager
    def lost_workers(self, folder: str | os.PathLike[str]) -> Iterator[None]:
        """Turns the errors of a worker that stopped into one sentence.

        Args:
            folder: the folder of the run.

        Raises:
            UserError: another worker stopped.
        """
        try:
            yield
        except _LOST_WORKER as error:
            if not self.has_workers:
                raise
            raise UserError(
                f"another worker stopped or cannot be reached ({type(error).__name__}); start all "
                f"workers again with the same commands, and {folder} goes on from its last backup"
            ) from None

    def report_means(self, model: Any) -> None:
        """Makes the values that Keras reports after each step means over all workers, not sums.

        Args:
            model: the model, which changes in place.
        """
        # Metrics are those of all replicas already, and Keras would add them up over workers.
        model.distribute_reduction_method = "first"

    def divide(
        self,
        batches: tf.data.Dataset,
        share: Callable[[Any, tf.Tensor], Any],
    ) -> Any:
        """Returns a dataset for `fit` that gives each replica its share of each batch.

        All processes make the same batches, and each keeps what is for its own replicas.

        Args:
            batches: the batches of all epochs; it does not end.
            share: takes a batch and the number of a replica, int32 [], and returns its share.
        """

        def of_process(context: tf.distribute.InputContext) -> tf.data.Dataset:
            local = context.num_replicas_in_sync // context.num_input_pipelines
            first = context.input_pipeline_id * local
            replicas = tf.range(first, first + local)
            return without_autotune(
                batches.flat_map(
                    lambda *batch: tf.data.Dataset.from_tensor_slices(replicas).map(
                        lambda replica: share(batch, replica)
                    )
                ).prefetch(2 * local)
            )

        return self.strategy.distribute_datasets_from_function(of_process)

    def whole(self, data: tf.data.Dataset) -> tuple[Any, int | None]:
        """Returns a dataset for `evaluate` of which each process reads all.

        So its scores are those of one process, whatever the number of rows.

        Args:
            data: batches.

        Returns:
            The dataset, and the number of steps to evaluate; None for that of the dataset.
        """
        if self.replicas == 1:
            return data, None
        local = self.replicas // self._workers
        steps = -(-int(data.cardinality()) // local)
        return self.strategy.distribute_datasets_from_function(lambda _: data), steps


def rows_of_replica(
    structure: Any, replica: tf.Tensor, replicas: int, together: int = 1
) -> tuple[Any, tf.Tensor]:
    """Returns the rows of a batch that one replica takes, and the weight of each in the loss.

    All replicas take as many rows. Where the batch has too few, some take its last rows again, with
    a weight of 0. The mean over replicas of the weighted means over their rows is the mean over
    the batch.

    Args:
        structure: tensors [batch, ...] in any structure.
        replica: the number of the replica, int32 [].
        replicas: the number of replicas.
        together: how many rows, which follow each other, stay together.

    Returns:
        The tensors [rows, ...] in the same structure, and the weights, float32 [rows].
    """
    groups = tf.shape(tf.nest.flatten(structure)[0])[0] // together
    count = (groups + replicas - 1) // replicas
    numbers = replica * count + tf.range(count)
    scale = tf.cast(count * replicas, tf.float32) / tf.cast(groups, tf.float32)
    weights = tf.where(numbers < groups, scale, 0.0)
    numbers = tf.minimum(numbers, groups - 1)
    rows = tf.reshape(numbers[:, None] * together + tf.range(together), [-1])
    taken = tf.nest.map_structure(lambda x: tf.gather(x, rows), structure)
    return taken, tf.repeat(weights, together)


def get_distribution(name: DistributionName | None) -> Distribution:
    """Returns how a model trains.

    Call it before anything that computes with TensorFlow: several workers connect to each other
    when TensorFlow starts.

    Args:
        name: `mirrored` for all devices of this machine; `multi-worker` for the machines that the
            environment variable TF_CONFIG names; None for one device.

    Raises:
        UserError: TF_CONFIG is missing or holds something else.
    """
    if name is None:
        return Distribution()
    if name == "mirrored":
        return Distribution(tf.distribute.MirroredStrategy())
    _check_tf_config(os.environ.get("TF_CONFIG"))
    return Distribution(tf.distribute.MultiWorkerMirroredStrategy())


def _check_tf_config(text: str | None) -> None:
    form = (
        'such as {"cluster": {"worker": ["host1:12345", "host2:12345"]}, '
        '"task": {"type": "worker", "index": 0}}'
    )
    if not text:
        raise UserError(
            f"multi-worker needs the environment variable TF_CONFIG on each machine, {form}"
        )
    try:
        config = json.loads(text)
        cluster, task = config["cluster"], config["task"]
        hosts = cluster[task["type"]]
        addresses = [address for job in cluster.values() for address in job]
        valid = (
            isinstance(cluster, Mapping)
            and task["type"] in ("chief", "worker")
            and 0 <= int(task["index"]) < len(hosts)
            and all(isinstance(address, str) and ":" in address for address in addresses)
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        valid = False
    if not valid:
        raise UserError(f"TF_CONFIG does not name the workers and this one's task; write it {form}")
