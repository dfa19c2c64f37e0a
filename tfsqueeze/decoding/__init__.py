"""From scores to tags, spans and answers."""
