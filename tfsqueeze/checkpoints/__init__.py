"""Reading and writing model folders in Hugging Face's layout."""

from tfsqueeze.checkpoints.huggingface import load_pretrained, save_pretrained
from tfsqueeze.checkpoints.sources import BACKBONES, pretrained_folder

__all__ = ["BACKBONES", "load_pretrained", "pretrained_folder", "save_pretrained"]
