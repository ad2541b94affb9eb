"""Text that a page must show as text: markup that would run, and letters that turn a line around."""

HOSTILE = "<img src=x onerror=\"document.title='owned'\"> ‮אבג"
