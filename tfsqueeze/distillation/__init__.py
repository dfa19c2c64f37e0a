"""Knowledge distillation: a small model learns from the outputs and the insides of a large one."""
