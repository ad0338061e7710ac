"""Signs that a terminal cannot show."""

import io
import sys

from sharegap.commands.terminal import show_in_ascii


def test_ascii_terminal_gets_stand_ins(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="ascii"))
    show_in_ascii()
    print("0.7 ±0.1 ▲ — ü", flush=True)
    assert written.getvalue() == b"0.7 +-0.1 ^ - \\xfc\n"
