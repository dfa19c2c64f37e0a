"""Results as JSON, Markdown, HTML, plots and terminal tables."""
