"""New data for a study: what it reads, a review of a file before it takes its place, and the way back."""
