"""Formats of data sets: every module here holds a `soak.data.base.DataFormat` with a key of the module's name."""
