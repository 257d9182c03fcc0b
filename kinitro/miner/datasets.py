"""Demonstrations as a dataset: plain npz files, or LeRobot's format v3.0 with images as PNG, so that nothing is lost.

The LeRobot layout is that of its documentation, "LeRobotDataset v3.0": `meta/info.json`, `meta/stats.json`,
`meta/tasks.parquet`, `meta/episodes/chunk-*/file-*.parquet` and `data/chunk-*/file-*.parquet`.
"""

from __future__ import annotations

import io
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from kinitro.environments import EnvironmentSpec, get_spec
from kinitro.errors import ConfigurationError
from kinitro.miner.demonstrations import PRIVILEGED, Demonstration
from kinitro.miner.errors import RecordingError

if TYPE_CHECKING:
    import pyarrow

DATA_FILE_BYTES: Final = 100_000_000
"""A data file ends after the episode that makes it longer than this."""
FILES_PER_CHUNK: Final = 1000
QUANTILES: Final = {"q01": 0.01, "q10": 0.10, "q50": 0.50, "q90": 0.90, "q99": 0.99}
IMAGE_STRIDE: Final = 10
"""Every tenth image counts for the statistics."""

Stats = dict[str, dict[str, npt.NDArray[Any]]]


def write_npz(files: Sequence[Path], folder: Path) -> None:
    """Write `index.json` and `episodes/<environment>/000000.npz` with agent_pos, action, pixels.<camera>,
    and instruction."""
    draft = _make_empty(folder / ".draft")
    index = []
    counts: dict[str, int] = {}
    for file in files:
        episode = Demonstration.load(file)
        number = counts.setdefault(episode.env_id, 0)
        counts[episode.env_id] += 1
        name = Path("episodes") / episode.env_id.replace("/", "-") / f"{number:06d}.npz"
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(file, draft / name)  # costs no space
        except OSError:  # a file system without links
            shutil.copyfile(file, draft / name)
        index.append({"file": str(name), "env_id": episode.env_id, "steps": len(episode.actions)})
    (draft / "index.json").write_text(json.dumps(index, indent=1))
    _publish(draft, folder, ("episodes", "index.json"))


def write_lerobot(files: Sequence[Path], folder: Path) -> None:
    """Write a LeRobot dataset v3.0 to `folder`; raises ConfigurationError if pyarrow is not installed."""
    try:
        import pyarrow.parquet as parquet
    except ImportError:
        raise ConfigurationError("--format lerobot needs pyarrow: pip install 'kinitro[lerobot]'.") from None
    draft = _make_empty(folder / ".draft")
    writer = _Writer(draft)
    for file in files:
        writer.add(Demonstration.load(file))
    writer.close()
    info, stats, tasks, episodes = writer.info(), writer.stats(), writer.tasks, writer.episodes
    (draft / "meta" / "episodes" / "chunk-000").mkdir(parents=True)
    (draft / "meta" / "info.json").write_text(json.dumps(info, indent=4))
    (draft / "meta" / "stats.json").write_text(json.dumps(_convert_to_lists(stats), indent=4))
    parquet.write_table(_make_task_table(tasks), draft / "meta" / "tasks.parquet")
    parquet.write_table(_make_episode_table(episodes), draft / "meta" / "episodes" / "chunk-000" / "file-000.parquet")
    _publish(draft, folder, ("data", "meta"))


def write_dataset(dataset_format: str, files: Sequence[Path], folder: Path) -> None:
    """Write the demonstrations in `files` as a dataset to `folder`, completely or not at all; raises RecordingError."""
    try:
        WRITERS[dataset_format](files, folder)
    except OSError as error:
        raise RecordingError(f"{folder} cannot be written: {error.strerror or error}.") from None


WRITERS: Final[dict[str, Callable[[Sequence[Path], Path], None]]] = {"lerobot": write_lerobot, "npz": write_npz}


class _Writer:
    """Writes the data files of a LeRobot dataset, and collects what the files in `meta` say about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tasks: list[str] = []
        self.episodes: list[dict[str, Any]] = []
        self._frames = 0
        self._file = -1
        self._parquet: Any = None
        self._sample: dict[str, list[npt.NDArray[Any]]] = {}
        self._first: Demonstration | None = None
        self._spec: EnvironmentSpec | None = None

    def add(self, episode: Demonstration) -> None:
        """Append one episode; raises RecordingError if its robot is another one than that of the others."""
        spec = get_spec(episode.env_id)
        if self._first is None or self._spec is None:
            self._first, self._spec = episode, spec
        elif (spec.robot, spec.control_hz) != (self._spec.robot, self._spec.control_hz) or (
            _list_features(spec, episode) != _list_features(self._spec, self._first)
        ):
            raise RecordingError(
                f"{spec.id} and {self._spec.id} differ in robot, images or control rate, and a LeRobot dataset has "
                "one of each: record them in folders of their own."
            )
        if episode.instruction not in self.tasks:
            self.tasks.append(episode.instruction)
        steps, number = len(episode.actions), len(self.episodes)
        columns: dict[str, npt.NDArray[Any]] = {
            "observation.state": episode.agent_pos,
            "action": episode.actions,
            **{f"observation.images.{camera}": frames for camera, frames in episode.pixels.items()},
            **({} if episode.privileged is None else {PRIVILEGED: episode.privileged.astype(np.float32)}),
            "timestamp": (np.arange(steps) / spec.control_hz).astype(np.float32),
            "frame_index": np.arange(steps),
            "episode_index": np.full(steps, number),
            "index": np.arange(self._frames, self._frames + steps),
            "task_index": np.full(steps, self.tasks.index(episode.instruction)),
        }
        self._write(_make_data_table(columns))
        for name, values in _list_samples(columns):
            self._sample.setdefault(name, []).append(values)
        self.episodes.append(
            {
                "episode_index": number,
                "tasks": [episode.instruction],
                "length": steps,
                "data/chunk_index": self._file // FILES_PER_CHUNK,
                "data/file_index": self._file % FILES_PER_CHUNK,
                "dataset_from_index": self._frames,
                "dataset_to_index": self._frames + steps,
                **{
                    f"stats/{name}/{statistic}": value.tolist()
                    for name, values in _list_samples(columns)
                    for statistic, value in _describe(values).items()
                },
                "meta/episodes/chunk_index": 0,
                "meta/episodes/file_index": 0,
            }
        )
        self._frames += steps

    def _write(self, table: pyarrow.Table) -> None:
        import pyarrow.parquet as parquet

        path = self._path()
        if self._parquet is None or path.stat().st_size > DATA_FILE_BYTES:
            self.close()
            self._file += 1
            path = self._path()
            path.parent.mkdir(parents=True, exist_ok=True)
            self._parquet = parquet.ParquetWriter(path, table.schema)
        self._parquet.write_table(table)

    def _path(self) -> Path:
        chunk, file = divmod(max(self._file, 0), FILES_PER_CHUNK)
        return self.folder / "data" / f"chunk-{chunk:03d}" / f"file-{file:03d}.parquet"

    def close(self) -> None:
        """Finish the current data file."""
        if self._parquet is not None:
            self._parquet.close()
            self._parquet = None

    def stats(self) -> Stats:
        """The statistics of the whole dataset, by feature."""
        return {name: _describe(np.concatenate(values)) for name, values in self._sample.items()}

    def info(self) -> dict[str, Any]:
        """The content of `meta/info.json`."""
        if self._first is None or self._spec is None:
            raise RecordingError("There are no demonstrations to write: record at least one.")
        features = _list_features(self._spec, self._first)
        return {
            "codebase_version": "v3.0",
            "robot_type": self._spec.robot,
            "total_episodes": len(self.episodes),
            "total_frames": self._frames,
            "total_tasks": len(self.tasks),
            "chunks_size": FILES_PER_CHUNK,
            "data_files_size_in_mb": DATA_FILE_BYTES // 1_000_000,
            "video_files_size_in_mb": 200,
            "fps": round(self._spec.control_hz),
            "splits": {"train": f"0:{len(self.episodes)}"},
            "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
            "video_path": None,
            "features": features,
        }


def _list_features(spec: EnvironmentSpec, episode: Demonstration) -> dict[str, Any]:
    """Describe the columns of an environment's demonstrations, as `meta/info.json` does."""
    features: dict[str, Any] = {}
    for feature, numbers in (("observation.state", spec.proprioception), ("action", spec.action)):
        names = [number.name for number in numbers]
        features[feature] = {"dtype": "float32", "shape": [len(names)], "names": names}
    for camera, frames in episode.pixels.items():
        shape = list(frames.shape[1:])
        features[f"observation.images.{camera}"] = {
            "dtype": "image",
            "shape": shape,
            "names": ["height", "width", "channel"],
        }
    if episode.privileged is not None:
        features[PRIVILEGED] = {"dtype": "float32", "shape": [episode.privileged.shape[1]], "names": None}
    features["timestamp"] = {"dtype": "float32", "shape": [1], "names": None}
    for name in ("frame_index", "episode_index", "index", "task_index"):
        features[name] = {"dtype": "int64", "shape": [1], "names": None}
    return features


def _make_data_table(columns: dict[str, npt.NDArray[Any]]) -> pyarrow.Table:
    import pyarrow

    arrays: dict[str, Any] = {}
    for name, values in columns.items():
        if values.ndim == 4:
            kind = pyarrow.struct([("bytes", pyarrow.binary()), ("path", pyarrow.string())])
            arrays[name] = pyarrow.array([{"bytes": _encode_png(frame), "path": None} for frame in values], kind)
        elif values.ndim == 2:
            arrays[name] = pyarrow.FixedSizeListArray.from_arrays(pyarrow.array(values.ravel()), values.shape[1])
        else:
            arrays[name] = pyarrow.array(values)
    return pyarrow.table(arrays)


def _encode_png(frame: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(frame).save(stream, "PNG")
    return stream.getvalue()


def _make_task_table(tasks: Sequence[str]) -> pyarrow.Table:
    """Make the table of task indices by instruction; LeRobot reads the instructions as the index of a pandas table."""
    import pyarrow

    def column(name: str | None, field: str, pandas_type: str, numpy_type: str) -> dict[str, Any]:
        types = {"pandas_type": pandas_type, "numpy_type": numpy_type}
        return {"name": name, "field_name": field, **types, "metadata": None}

    described = {
        "index_columns": ["task"],
        "column_indexes": [],
        "columns": [column("task_index", "task_index", "int64", "int64"), column("task", "task", "unicode", "object")],
        "pandas_version": "2.0.0",
    }
    table = pyarrow.table({"task_index": np.arange(len(tasks)), "task": pyarrow.array(tasks, pyarrow.string())})
    return table.replace_schema_metadata({"pandas": json.dumps(described)})


def _make_episode_table(episodes: Sequence[dict[str, Any]]) -> pyarrow.Table:
    import pyarrow

    return pyarrow.Table.from_pylist(list(episodes))


def _list_samples(columns: dict[str, npt.NDArray[Any]]) -> Iterator[tuple[str, npt.NDArray[Any]]]:
    """Yield what counts for the statistics: some of the images, channel first and in [0, 1], and all other values."""
    for name, values in columns.items():
        if values.ndim == 4:
            yield name, (values[::IMAGE_STRIDE].transpose(0, 3, 1, 2) / 255.0).astype(np.float32)
        else:
            yield name, values.reshape(len(values), -1)


def _describe(values: npt.NDArray[Any]) -> dict[str, npt.NDArray[Any]]:
    """Compute statistics over the rows, and for images over the pixels of each channel."""
    axes, keep = ((0, 2, 3), True) if values.ndim == 4 else ((0,), False)
    found = {
        "min": values.min(axis=axes, keepdims=keep),
        "max": values.max(axis=axes, keepdims=keep),
        "mean": values.mean(axis=axes, keepdims=keep),
        "std": values.std(axis=axes, keepdims=keep),
        **{name: np.quantile(values, q, axis=axes, keepdims=keep) for name, q in QUANTILES.items()},
    }
    found = {name: value[0] if keep else value for name, value in found.items()}
    return {**found, "count": np.array([len(values)])}


def _convert_to_lists(stats: Stats) -> dict[str, dict[str, Any]]:
    return {feature: {name: value.tolist() for name, value in values.items()} for feature, values in stats.items()}


def _make_empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _publish(draft: Path, folder: Path, names: Sequence[str]) -> None:
    """Replace what was there before by what is ready."""
    for name in names:
        old = folder / name
        if old.is_dir():
            shutil.rmtree(old)
        (draft / name).replace(old)
    shutil.rmtree(draft)
