"""Scripts for other environments, whose packages this one lacks, are no tests."""

collect_ignore_glob = ["*_outputs.py", "card_code.py"]
