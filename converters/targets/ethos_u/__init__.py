"""Arm's Ethos-U NPUs: what Arm's compiler Vela makes of a file."""
