"""Files of neighbouring systems: inventories of GPC tools, energy balances, matrices of sectors and fuels, scenario tables."""
