"""The live page in a real browser, against a stand-in for the device.

`house` is a household with a meter and a history, `mock` serves it as the device does, `browser`
is Chromium. `python tests/page/serve.py` serves the page for whoever works on it.
"""
