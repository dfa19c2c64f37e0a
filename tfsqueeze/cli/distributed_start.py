"""The start of a command that trains on several devices."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tfsqueeze.cli.console import print_step
from tfsqueeze.training.training_options import DistributionName
from tfsqueeze.utils.logging import load_tensorflow

if TYPE_CHECKING:
    from tfsqueeze.training.distribution import Distribution


def start_distribution(name: DistributionName | None, folder: Path) -> Distribution | None:
    """Returns the devices that a command trains on, and prints how many there are.

    Workers connect to each other here, so it comes before all that computes with TensorFlow.

    Args:
        name: the value of --distribute.
        folder: the folder of the run.

    Returns:
        The devices; None for one device.

    Raises:
        UserError: TF_CONFIG does not name the workers.
    """
    if name is None:
        return None
    load_tensorflow()
    from tfsqueeze.training.distribution import get_distribution

    if name == "multi-worker":
        print_step("connecting to the other workers")
    distribution = get_distribution(name)
    print_step(f"training on {distribution.replicas} devices")
    if not distribution.is_chief:
        print_step(f"the first worker shows the progress and writes {folder}")
    return distribution
