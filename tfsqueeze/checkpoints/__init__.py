"""Model folders in Hugging Face's layout: where they come from, how they are read and written."""
