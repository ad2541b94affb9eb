"""QR codes as SVG text, dark on white whatever the page's colours: scanned from a screen or from paper."""

import io

import segno


def svg(content: str) -> str:
    """One `svg` element with a quiet zone, without size, script or style."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, dark="#000", light="#fff", nl=False
    )
    return out.getvalue().decode()
