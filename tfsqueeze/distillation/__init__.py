"""Knowledge distillation: a small model learns from the outputs and inner states of a large one."""
