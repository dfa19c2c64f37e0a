"""Runs exported C on emulated microcontrollers, and counts the instructions that it takes."""
