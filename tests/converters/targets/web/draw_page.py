"""Draws an exported page with a prediction on it, as `docs/web.png` is.

python -m tests.converters.targets.web.draw_page FOLDER PICTURE.png TEXT [SECOND_TEXT]
"""

from __future__ import annotations

import sys
from pathlib import Path

from tests.converters.targets.web.browser import Browser, find_chromium

if __name__ == "__main__":
    folder, picture, *texts = sys.argv[1:]
    program = find_chromium()
    if program is None:
        sys.exit("Chromium is not installed (`make web` installs it on Debian)")
    (seen,) = Browser(program).run(
        Path(folder), {"kind": "page", "items": [texts]}, screenshot=Path(picture).resolve()
    )
    print(f"{seen['title']}\n{seen['result']}\n{seen['status']}")
