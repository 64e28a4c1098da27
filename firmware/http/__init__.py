"""HTTP: the guard in front, microdot's app behind it, and its pages."""
