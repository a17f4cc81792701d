"""The pure rooms: values in, values out, no clock, no network, no file."""
