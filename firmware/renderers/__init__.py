"""Renderers: pure functions from the readout to bytes, written to a `firmware.writer.Writer`."""
