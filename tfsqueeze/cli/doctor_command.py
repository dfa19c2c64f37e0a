"""`tfsqueeze doctor`."""

from __future__ import annotations

import dataclasses

from rich.markup import escape

from tfsqueeze.cli.arguments import Json
from tfsqueeze.cli.console import Table, output, print_json, print_step
from tfsqueeze.utils.errors import UserError


def doctor(json: Json = False) -> None:
    """Show what this machine has, what works here, and what to install for the rest.

    The command fails if no runtime works, since nothing can be predicted then.

    Example:
      tfsqueeze doctor
    """
    from converters.runtime.interpreters import available_runtimes
    from tfsqueeze.utils.diagnosis import describe_machine, find_parts, why_training_fails

    machine, findings, runtimes = describe_machine(), find_parts(), available_runtimes()
    print_step("importing TensorFlow")
    failure = why_training_fails()
    if json:
        print_json(
            {
                "machine": machine,
                "parts": [dataclasses.asdict(finding) for finding in findings],
                "runtimes": runtimes,
                "training": {"works": failure is None, "reason": failure},
            }
        )
    else:
        table = Table(title="this machine", show_header=False, title_justify="left")
        for name, fact in machine.items():
            table.add_row(name, fact)
        output.print(table)
        table = Table("part", "found", "for", title="parts", title_justify="left")
        for finding in findings:
            table.add_row(finding.part, finding.found or "-", finding.purpose)
        output.print(table)
        for finding in findings:
            if not finding.found:
                output.print(escape(f"{finding.part}: {finding.remedy}"), soft_wrap=True)
        output.print(f"predict: {'works on ' + ', '.join(runtimes) if runtimes else 'no runtime'}")
        trains = "works" if failure is None else f"does not work: {failure}"
        output.print(escape(f"train, convert: {trains}"), soft_wrap=True)
    if not runtimes:
        raise UserError("no runtime of .tflite files works here; pip install ai-edge-litert")
