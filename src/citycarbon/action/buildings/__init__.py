"""Retrofit, equipment and public-building benchmarks will live here; nothing yet."""
