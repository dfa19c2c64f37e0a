"""Compiles, tests, packs and signs the Android app without Android's SDK and without Gradle.

Libraries and tools come from Maven repositories, pinned by sha256 (`artifacts.json`), and from
Debian.
"""
