"""The command line, which imports both the library and the converters."""
