"""The table of each task: float and int8 SqueezeBERT beside baselines, over several seeds."""
