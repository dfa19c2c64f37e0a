"""Export for the Android app."""
