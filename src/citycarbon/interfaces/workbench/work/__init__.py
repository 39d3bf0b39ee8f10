"""Work that takes longer than an answer should: threads apart, methods in a process, jobs in a queue."""
