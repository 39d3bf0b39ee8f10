"""What printed tables have besides their rows: titles and notes, sheets of a workbook, totals."""
