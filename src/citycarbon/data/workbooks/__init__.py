"""Workbooks: what a cell holds and shows, judged before any figure of it is used."""
