"""The summary workbook that a city hands to a provincial bureau: sectors of the provincial guideline by gas, with evidence."""
