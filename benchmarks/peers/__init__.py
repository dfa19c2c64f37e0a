"""What a user would pick instead of tfsqueeze, written as a fair person would write it."""
