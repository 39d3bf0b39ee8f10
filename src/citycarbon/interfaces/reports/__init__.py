"""Reports of a study result: one html file and one workbook."""
