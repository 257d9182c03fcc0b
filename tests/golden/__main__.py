"""Writes the records anew."""

from pathlib import Path

from tests.golden.records import RECORDS, encode

for name, record in RECORDS.items():
    Path(__file__).with_name(f"{name}.json").write_bytes(encode(record()))
