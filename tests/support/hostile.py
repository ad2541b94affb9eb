"""200 strings that would do harm if they were ever anything but text. `MARK` is what they set when one runs."""

MARK = "hostileRan"
_RUN = f"window.{MARK}=1"
_BASES = (
    f"<script>{_RUN}</script>",
    f'<img src=x onerror="{_RUN}">',
    f"<svg/onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>",
    f"<body onload={_RUN}>",
    f'<iframe srcdoc="<script>parent.{MARK}=1</script>"></iframe>',
    f'<iframe src="javascript:{_RUN}"></iframe>',
    f"<a href=\"javascript:{_RUN}\">ici</a>",
    f"<details open ontoggle={_RUN}>x</details>",
    f'<input autofocus onfocus="{_RUN}">',
    f"<video><source onerror={_RUN}></video>",
    f'<math><mtext><table><mglyph><style><img src=x onerror="{_RUN}">',
    f'<style>@import "data:text/css,*{{}}";</style><b style="background:url(javascript:{_RUN})">',
    f'<object data="data:text/html,<script>parent.{MARK}=1</script>"></object>',
    f'<embed src="data:text/html,<script>{_RUN}</script>">',
    f'<form action="javascript:{_RUN}"><button>x</button></form>',
    f'<meta http-equiv="refresh" content="0;url=javascript:{_RUN}">',
    f'<base href="javascript:{_RUN}//">',
    '<link rel="stylesheet" href="data:text/css,*{display:none}">',
    "<plaintext>",
    "</textarea></title></style></script><h1>x",
    "<!--", "]]>", "<![CDATA[", "{{constructor.constructor('return 1')()}}", "${7*7}", "<%= 7*7 %>", "#{7*7}",
    "javascript:" + _RUN,
    "data:text/html,<script>1</script>",
    "'; DROP TABLE patient; --", '" OR ""="', "\\'; --", "%s%n%x", "../../../../etc/passwd", "\r\nSet-Cookie: a=b",
    "=HYPERLINK(\"http://x\")", "&lt;script&gt;", "\u202eמשתנה\u202c", "A\u0300" * 40,
)  # fmt: skip
_WRAPS = ("{}", "\"'>{}", "{} {}", "\u202e{}\u2066", "</p>{}<p")
STRINGS = tuple(wrap.replace("{}", base) for base in _BASES for wrap in _WRAPS)
