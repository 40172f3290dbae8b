"""What is shown on a terminal: tables, sizes and times, answers while they come."""
