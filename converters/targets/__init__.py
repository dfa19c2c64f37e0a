"""Devices that a run can be exported to, one package for each."""
