"""The target `web`: a static page that runs a model in a browser."""
