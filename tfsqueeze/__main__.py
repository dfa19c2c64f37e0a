"""`python -m tfsqueeze`, the same as the command `tfsqueeze`."""

from tfsqueeze.cli.main import app

app(prog_name="tfsqueeze")
