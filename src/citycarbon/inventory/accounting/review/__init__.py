"""Good practice: what is key, how sure it is, whether it is complete and consistent, and why it was recalculated."""

from citycarbon.inventory.accounting.review.completeness import completeness
from citycarbon.inventory.accounting.review.consistency import consistency
from citycarbon.inventory.accounting.review.data_quality import data_quality
from citycarbon.inventory.accounting.review.key_categories import key_categories
from citycarbon.inventory.accounting.review.notations import notation_rows
from citycarbon.inventory.accounting.review.recalculation import recalculation
from citycarbon.inventory.accounting.review.uncertainty_table import uncertainty_table

METHODS = (
    key_categories,
    uncertainty_table,
    notation_rows,
    completeness,
    consistency,
    recalculation,
    data_quality,
)
