"""The format of the Integrated Assessment Modeling Consortium (IAMC): reading and writing, without its own programs."""
