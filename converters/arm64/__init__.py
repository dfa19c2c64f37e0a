"""Runs the aarch64 wheels of the runtimes under QEMU.

This shows what phones and Coral boards compute, and how many instructions they need for it.
"""
