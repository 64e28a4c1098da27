# Runs before main.py, and before mpremote takes the board over. It returns at once and leaves the
# network alone, so that the board can always be reached over its serial port.
