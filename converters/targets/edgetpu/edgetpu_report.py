"""A prediction for the Edge TPU as lines, tables and files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from converters.reports.placement_picture import draw_graph
from tfsqueeze.utils.files import write_atomically


def summary(report: Mapping[str, Any]) -> dict[str, str]:
    """The facts of `check_edgetpu` in words."""

    def megabytes(count):
        return f"{count / 2**20:.2f} MiB"

    runtime = report["minimum_runtime"]
    estimate = report["estimate"]
    return {
        "operators on the TPU": f"{report['operators_on_tpu']} of {len(report['operators'])} "
        f"({100 * report['operator_share']:.1f} %)",
        "multiply-accumulates on the TPU": f"{report['macs_on_tpu']:,} of {report['macs']:,} "
        f"({100 * report['mac_share']:.1f} %)",
        "subgraphs": f"{report['subgraphs']} ({report['segments']} if the compiler made several)",
        "weights": f"{megabytes(report['weight_bytes'])} of {megabytes(report['cache_bytes'])} "
        f"on chip, {megabytes(report['streamed_bytes'])} streamed",
        "least Edge TPU runtime": str(runtime) if runtime else "any",
        "estimated time": f"{estimate['microseconds']:.0f} microseconds; {estimate['assumption']}",
    }


def write_placement(report: Mapping[str, Any], folder: Path, title: str) -> list[Path]:
    """Writes placement.json, .svg and .png to a folder; returns their paths."""
    contents = {
        "json": (json.dumps(report, indent=2) + "\n").encode("utf-8"),
        **draw_graph(report["operators"], title),
    }
    paths = []
    for suffix, content in contents.items():
        paths.append(folder / f"placement.{suffix}")
        with write_atomically(paths[-1]) as temporary:
            temporary.write_bytes(content)
    return paths
