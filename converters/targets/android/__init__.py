"""The target `android`: a model of the Android app."""
