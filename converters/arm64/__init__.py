"""The runtimes' aarch64 wheels under QEMU: what phones and Coral boards compute, and how many
instructions they take for it."""
