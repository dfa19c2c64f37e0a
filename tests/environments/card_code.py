"""Runs in the environment `transformers`: the code of model cards that is for its libraries."""

import re
import sys
from pathlib import Path

for argument in sys.argv[1:]:
    card = (Path(argument) / "README.md").read_text("utf-8")
    (code,) = (
        block
        for block in re.findall(r"```python\n(.*?)```", card, re.DOTALL)
        if "from transformers" in block or "from sentence_transformers" in block
    )
    exec(code, {"FOLDER": argument})
