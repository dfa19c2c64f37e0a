"""Side-by-side measurements: models and their peers, and single operators; see README.md."""
