"""The only place that joins methods: study file, steps, result; holds no formula."""
