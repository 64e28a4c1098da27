"""Renderers: pure functions from the readout to bytes, written to a `dsmr.writer.Writer`."""
