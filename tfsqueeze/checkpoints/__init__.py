"""Model folders in Hugging Face's layout: finding, reading and writing them."""
