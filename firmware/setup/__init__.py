"""Set-up over the air: the board's own access point, and the page that it shows on a phone.

- `program`: what runs while the access point is open: nothing else does;
- `names`: a DNS server's answers, all of which are the board's address;
- `portal`: the pages; `boards`: the boards that people buy;
- `attempt`: tries WiFi settings before they are kept;
- `door`: when the access point opens, in the program that reads the meter.
"""
