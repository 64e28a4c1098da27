"""One command at the desk: `python -m host.setup`, or `make board`, makes a board ready for years.

- `steps`: what is done, in its order; `__main__`: the command and its flags;
- `answers`: what a person is asked, or has said by a flag;
- `boards`: the boards that people buy, with their pins;
- `codes`: what is made at random, and the QR code of the hotspot.
"""
