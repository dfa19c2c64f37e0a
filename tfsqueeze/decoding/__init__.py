"""From the outputs of a model to tags, spans and answers."""
