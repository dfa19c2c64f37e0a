"""The target `huggingface`: a folder to upload to a hub of models."""
