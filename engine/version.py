"""The version of Stackyard, as every other place tells it."""

VERSION = "0.1.0"
