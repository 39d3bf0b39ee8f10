"""Masses of molecules and volumes of gases, each once.

Comes in: nothing. Goes out: constants that chemistry fixes. Not for: emission factors, which have a region, a year and a source
of their own (``citycarbon.data.library``).
"""

from __future__ import annotations

CARBON_TO_CO2 = 44.0 / 12.0
"""Mass of CO2 per mass of carbon (ipcc2006_v2_ch2)."""
CARBON_TO_METHANE = 16.0 / 12.0
"""Mass of CH4 per mass of carbon (ipcc2006_v5_ch3)."""
NITROGEN_TO_N2O = 44.0 / 28.0
"""Mass of N2O per mass of its nitrogen (ipcc2006_v5_ch6, ipcc2006_v4_ch11)."""
CO2_MOLAR_MASS = 44.01
"""Molar mass of CO2 [g/mol] (hj76_2017)."""
MOLAR_VOLUME = 22.414
"""Molar volume of an ideal gas at 0 °C and 101.325 kPa [L/mol] (hj76_2017)."""
