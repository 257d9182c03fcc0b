"""Draws docs/pictures/demo.png from the results of a demo, with chromium.

python tools/demo_picture.py kinitro-demo/<time>
"""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from kinitro.client.messages import Scores
from kinitro.local.miners import DEMO_MINERS
from kinitro.local.report import Standing, make_earnings_table, make_leaderboard_table

TARGET = Path(__file__).parents[1] / "docs" / "pictures" / "demo.png"
WIDTH_PX, HEIGHT_PX = 1240, 640


def main(directory: Path) -> None:
    names = {int(uid): name for uid, name in json.loads((directory / "names.json").read_text()).items()}
    on_chain = {int(uid): n for uid, n in json.loads((directory / "chain_weights.json").read_text()).items()}
    standing = Standing(Scores.model_validate_json((directory / "scores.json").read_text()), on_chain, names)
    miners = {uid: miner for uid, name in names.items() for miner in DEMO_MINERS if miner.name == name}
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    console.print(make_leaderboard_table(standing))
    console.print(make_earnings_table(standing, miners))
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="make demo"), flags=re.DOTALL)
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "demo.html"
        page.write_text(f"<body style='margin:0;background:#292929'>{svg}</body>")
        flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            f"--user-data-dir={scratch}/profile",
        ]
        size = f"--window-size={WIDTH_PX},{HEIGHT_PX}"
        subprocess.run(["chromium", *flags, size, f"--screenshot={TARGET}", page.as_uri()], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
