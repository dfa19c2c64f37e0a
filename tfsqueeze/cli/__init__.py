"""The command line, which stands above the library and the converters."""
