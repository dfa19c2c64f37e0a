"""One table of all kinds of tasks, like GLUE's: models and baselines, over several seeds."""
