"""How classifiers stand noise and attacks: noisy texts, word-by-word attacks, noisy copies to
train on. Nothing here needs TensorFlow."""
