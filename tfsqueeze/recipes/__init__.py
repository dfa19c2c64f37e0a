"""Settings of training that follow from the data: the task, the start, lengths, rates, epochs."""
