"""power-readout: reads a meter's P1 port and answers on the network."""

VERSION = "0.1.0"
