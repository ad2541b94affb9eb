"""The shared nouns: frozen values and vocabulary tables. No I/O, no clock. Everything may import it."""
