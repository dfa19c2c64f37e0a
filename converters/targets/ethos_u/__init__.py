"""The target `ethos-u`: Arm's Ethos-U NPUs."""
