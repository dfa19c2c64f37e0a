"""Reading and writing model folders in Hugging Face's layout."""

from tfsqueeze.checkpoints.huggingface import load_pretrained, save_pretrained

__all__ = ["load_pretrained", "save_pretrained"]
