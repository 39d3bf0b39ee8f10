"""The same facts at other places: parcels, grids and classes, with totals kept; their form, and what a plan changes."""

from citycarbon.inventory.space.allocation.aggregate import aggregate, layer_amounts, to_grid
from citycarbon.inventory.space.allocation.allocate import allocate, placement_check
from citycarbon.inventory.space.allocation.downscale import downscale
from citycarbon.inventory.space.allocation.skill import proxy_skill, proxy_weights
from citycarbon.inventory.space.analysis.clusters import autocorrelation, density, hot_spots
from citycarbon.inventory.space.analysis.influence import form_influence
from citycarbon.inventory.space.analysis.kernel import kernel_density
from citycarbon.inventory.space.form.patches import patch_measures, raster_patches
from citycarbon.inventory.space.form.shape import shape_measures
from citycarbon.inventory.space.form.structure import job_home_balance, mixed_use, polycentricity, sub_centres
from citycarbon.inventory.space.form.what_if import what_if
from citycarbon.inventory.space.plan import plan_effect
from citycarbon.inventory.space.shares import area_shares, place_by_shares

METHODS = (
    area_shares,
    place_by_shares,
    allocate,
    placement_check,
    aggregate,
    layer_amounts,
    to_grid,
    downscale,
    proxy_weights,
    proxy_skill,
    density,
    autocorrelation,
    hot_spots,
    form_influence,
    kernel_density,
    shape_measures,
    patch_measures,
    raster_patches,
    polycentricity,
    sub_centres,
    mixed_use,
    job_home_balance,
    what_if,
    plan_effect,
)
