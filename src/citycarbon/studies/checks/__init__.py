"""What a total rests on: quality marks of the figures behind each row, and the refusal of those that are too weak."""
