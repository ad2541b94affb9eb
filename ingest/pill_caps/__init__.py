"""Exports of electronic pill caps: bytes in, openings and refused rows out. Pure. Caller: `vigie intakes import`."""
