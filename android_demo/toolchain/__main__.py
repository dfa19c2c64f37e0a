"""Build the Android app, verify the APK and run the tests of its modules."""

from __future__ import annotations

import json as json_format
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from android_demo.toolchain.build import build_apk
from android_demo.toolchain.modules import PROJECT, Modules
from android_demo.toolchain.unit_tests import test_app, test_core
from android_demo.toolchain.verify import verify_apk
from tfsqueeze.cli.console import output, print_step
from tfsqueeze.utils.errors import UserError
from tfsqueeze.utils.files import write_atomically

ASSETS = PROJECT / "app" / "src" / "main" / "assets"


def main(
    models: Annotated[
        Path,
        typer.Option(help="Folder with the models that `tfsqueeze export --target android` wrote."),
    ] = ASSETS,
    output_folder: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for everything that is built.")
    ] = Path("build/android"),
    screenshots: Annotated[
        Path | None, typer.Option(help="Folder for pictures of the screen.")
    ] = None,
) -> None:
    """Build and sign the app without Android's SDK, verify the APK and run the tests.

    The APK is app.apk in the output folder. The figures are printed and saved in report.json.
    """
    modules = Modules(output_folder)
    print_step("compiling, packing and signing")
    apk = build_apk(modules, models)
    facts = verify_apk(apk)
    print_step("running the tests of core")
    facts["core_tests"] = test_core(modules)
    print_step("running the tests of app on Robolectric's Android")
    facts["app_tests"] = test_app(modules, screenshots)
    with write_atomically(output_folder / "report.json") as temporary:
        temporary.write_text(json_format.dumps(facts, indent=1) + "\n", "utf-8")
    output.print(_table(apk, facts), markup=False)


def _table(apk: Path, facts: dict) -> Table:
    table = Table(title=str(apk), show_header=False, title_justify="left")
    table.add_row("size", f"{facts['bytes']:,} bytes")
    table.add_row("signed by schemes", ", ".join(facts["schemes"]))
    table.add_row("runs on API", f"{facts['sdk'][0]} and later, made for {facts['sdk'][1]}")
    table.add_row("permissions", ", ".join(facts["permissions"]) or "none")
    for name, size in facts["models"].items():
        table.add_row(name, f"{size:,} bytes, stored")
    for abi, library in facts["libraries"].items():
        table.add_row(
            abi,
            f"{library['bytes']:,} bytes, in the APK at a page of 16 KB, segments "
            f"for pages of {library['page_size'] // 1024} KB",
        )
    table.add_row("tests of core", f"{facts['core_tests']} passed")
    table.add_row("tests of app", f"{facts['app_tests']} passed")
    return table


if __name__ == "__main__":
    try:
        typer.run(main)
    except UserError as error:
        print(f"Error: {error}", file=sys.stderr)
        sys.exit(1)
