"""Files on disk and in S3 through one seam: whatever holds for one holds for the other."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, cast

import boto3
import pytest

from covid_lake.errors import AlreadyExists, SettingsError, StorageError
from covid_lake.store.parquet import spark_path
from covid_lake.store.storage import FileInfo, LocalStorage, S3Storage, Storage, open_storage

pytestmark = pytest.mark.surroundings


def names(files: list[FileInfo]) -> list[str]:
    return [file.path for file in files]


def test_what_is_written_is_read(storage: Storage) -> None:
    storage.write("a/b c/%23#=.txt", b"one")
    assert storage.read("a/b c/%23#=.txt") == b"one"
    storage.write("a/b c/%23#=.txt", b"")
    assert storage.read("a/b c/%23#=.txt") == b""


def test_a_stream_is_received_whole(storage: Storage) -> None:
    content = bytes(range(256)) * 40_000
    storage.write("big", b"old")
    received = storage.receive("big", io.BytesIO(content))
    assert storage.read("big") == content
    assert [received] == storage.list_files("")
    with storage.open("big") as stream:
        assert stream.read(10) == content[:10]
        assert stream.read(10) == content[10:20]


def test_a_broken_stream_leaves_the_old_file(storage: Storage) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            raise OSError("the line went dead")

    storage.write("file", b"old")
    with pytest.raises((StorageError, OSError), match="the line went dead"):
        storage.receive("file", Broken())
    assert storage.read("file") == b"old"
    assert names(storage.list_files("")) == ["file"]


def test_a_copy_outlives_its_source(storage: Storage) -> None:
    storage.write("a b/%23=1/file", b"content")
    storage.copy("a b/%23=1/file", "c/d/file")
    assert storage.read("c/d/file") == b"content"
    storage.delete(["a b/%23=1/file"])
    assert names(storage.list_files("")) == ["c/d/file"]
    assert storage.read("c/d/file") == b"content"


def test_what_is_not_there_is_not_copied(storage: Storage) -> None:
    with pytest.raises(StorageError, match=r"cannot copy .*nothing"):
        storage.copy("nothing", "something")
    assert storage.list_files("") == []


def test_create_is_exclusive(storage: Storage) -> None:
    storage.create("a/1.json", b"first")
    with pytest.raises(AlreadyExists, match=r"1\.json is there already"):
        storage.create("a/1.json", b"second")
    assert storage.read("a/1.json") == b"first"
    assert names(storage.list_files("a")) == ["a/1.json"]


def test_of_many_creators_one_wins(storage: Storage) -> None:
    def create(number: int) -> bool:
        try:
            storage.create("only", str(number).encode())
        except AlreadyExists:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(create, range(8)))
    assert won.count(True) == 1
    assert storage.read("only") == str(won.index(True)).encode()


def test_the_tail_of_a_file(storage: Storage) -> None:
    storage.write("file", b"0123456789")
    assert storage.read_tail("file", 4) == b"6789"
    assert storage.read_tail("file", 100) == b"0123456789"


def test_files_are_listed_below_a_folder_and_sorted(storage: Storage) -> None:
    for path in ("b/2", "b/10", "b/a/x y", "b2/1", "c"):
        storage.write(path, path.encode())
    assert names(storage.list_files("b")) == ["b/10", "b/2", "b/a/x y"]
    assert names(storage.list_files("b/")) == ["b/10", "b/2", "b/a/x y"]
    assert names(storage.list_files("")) == ["b/10", "b/2", "b/a/x y", "b2/1", "c"]
    assert storage.list_files("nothing") == []
    assert [file.size for file in storage.list_files("b")] == [4, 3, 7]


def test_a_listing_does_not_mind_files_that_come_and_go(storage: Storage) -> None:
    storage.write("a/stays", b"x")
    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(lambda: [storage.write("a/stays", b"x") for _ in range(200)]) for _ in range(2)]
        while not all(writer.done() for writer in writers):
            assert "a/stays" in names(storage.list_files("a"))
        for writer in writers:
            writer.result()


def test_more_files_than_a_page_of_a_listing_holds(storage: Storage) -> None:
    paths = [f"many/{number:04}" for number in range(1010)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda path: storage.write(path, b"x"), paths))
    assert names(storage.list_files("many")) == paths
    storage.delete_folder("many")
    assert storage.list_files("") == []


def test_a_stamp_changes_with_the_content_and_only_then(storage: Storage) -> None:
    storage.write("file", b"one")
    first = storage.list_files("")
    assert storage.list_files("") == first
    storage.write("file", b"two")
    assert storage.list_files("")[0].stamp != first[0].stamp


def test_a_folder_is_deleted_with_all_below_it_and_nothing_else(storage: Storage) -> None:
    for path in ("a/1", "a/b/2", "ab/3"):
        storage.write(path, b"x")
    storage.delete_folder("a")
    storage.delete_folder("a")
    assert names(storage.list_files("")) == ["ab/3"]


def test_a_folder_of_a_bucket_is_deleted_with_the_objects_that_stand_for_folders(emulator: str) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="markers-of-folders")
    for key in ("lake/a/_temporary/0/", "lake/a/1", "lake/ab/"):
        client.put_object(Bucket="markers-of-folders", Key=key, Body=b"")
    open_storage("s3://markers-of-folders/lake").delete_folder("a")
    assert [found["Key"] for found in client.list_objects_v2(Bucket="markers-of-folders")["Contents"]] == ["lake/ab/"]


def test_a_folder_may_be_emptied_while_another_file_is_written_to_it(storage: Storage) -> None:
    def write_and_delete(name: str) -> None:
        for _ in range(300 if isinstance(storage, LocalStorage) else 5):
            storage.write(f"a/b/{name}", b"x")
            storage.delete([f"a/b/{name}"])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write_and_delete, "1234"))
    assert storage.list_files("") == []


class Stalled(io.RawIOBase):
    """A stream that stops after its first byte until it is told to go on."""

    def __init__(self) -> None:
        self.has_begun, self.may_go_on, self.left = threading.Event(), threading.Event(), 2

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        self.left -= 1
        if self.left == 0:
            self.has_begun.set()
            self.may_go_on.wait(60)
        return b"x" if self.left >= 0 else b""


def test_a_file_that_somebody_writes_is_not_taken_for_unfinished(tmp_path: Path) -> None:
    storage, stream = LocalStorage(tmp_path), Stalled()
    storage.write("a/.dead.0a1b2c3d.tmp", b"half")
    with ThreadPoolExecutor(1) as pool:
        written = pool.submit(storage.receive, "a/file", cast(BinaryIO, stream))
        assert stream.has_begun.wait(60)
        storage.remove_unfinished("a")
        (unfinished,) = names(storage.list_files("a"))
        stream.may_go_on.set()
        written.result()
    assert unfinished.startswith("a/.file.")
    assert (names(storage.list_files("a")), storage.read("a/file")) == (["a/file"], b"xx")


def test_without_locks_an_unfinished_file_goes_when_it_is_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    storage = LocalStorage(tmp_path)
    for name, hours in (("young", 23), ("old", 25)):
        storage.write(f".{name}.0a1b2c3d.tmp", b"half")
        began = time.time() - hours * 3600
        os.utime(tmp_path / f".{name}.0a1b2c3d.tmp", (began, began))
    storage.remove_unfinished("")
    assert names(storage.list_files("")) == [".young.0a1b2c3d.tmp"]


def test_more_uploads_than_a_page_of_a_listing_holds(emulator: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("s3")
    client.create_bucket(Bucket="many-uploads")

    def begin(number: int) -> None:
        client.create_multipart_upload(Bucket="many-uploads", Key=f"lake/a/{number:04}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(begin, range(1010)))
    monkeypatch.setattr("covid_lake.store.storage.s3.UNFINISHED_LIFE", timedelta(seconds=-5))
    open_storage("s3://many-uploads/lake").remove_unfinished("a")
    assert client.list_multipart_uploads(Bucket="many-uploads").get("Uploads", []) == []


def test_an_absent_file_is_an_error_that_names_it(storage: Storage) -> None:
    with pytest.raises(StorageError, match=r"cannot read .*no/such file"):
        storage.read("no/such file")
    with pytest.raises(StorageError, match=r"cannot read .*no/such file"):
        storage.read_tail("no/such file", 8)
    with pytest.raises(StorageError, match=r"cannot read .*no/such file"), storage.open("no/such file"):
        pass


def test_spark_reaches_a_file_by_its_url(storage: Storage, request: pytest.FixtureRequest) -> None:
    fixture = "engine_on_s3" if isinstance(storage, S3Storage) else "engine"
    request.getfixturevalue("spark_on_java")  # skips the test where the engine is another
    engine = request.getfixturevalue(fixture)
    storage.write("texts/two words.txt", b"one\ntwo\n")
    found = engine.session.read.text(spark_path(storage, "texts/two words.txt"))
    assert sorted(row["value"] for row in found.collect()) == ["one", "two"]


def test_an_absent_bucket_is_an_error(emulator: str) -> None:
    storage = open_storage("s3://no-such-bucket/lake")
    with pytest.raises(StorageError, match=r"cannot list s3://no-such-bucket/lake/a: .*NoSuchBucket"):
        storage.list_files("a")
    with pytest.raises(StorageError, match=r"cannot write s3://no-such-bucket/lake/a"):
        storage.write("a", b"")


def test_a_file_in_the_way_of_a_folder_is_an_error(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.write("a", b"")
    with pytest.raises(StorageError, match="cannot write"):
        storage.write("a/b", b"")


def test_a_bucket_without_a_prefix(emulator: str) -> None:
    import boto3

    boto3.client("s3").create_bucket(Bucket="whole-bucket")
    storage = open_storage("s3://whole-bucket/")
    storage.write("a/1", b"x")
    assert (storage.root, names(storage.list_files("")), names(storage.list_files("a"))) == (
        "s3://whole-bucket",
        ["a/1"],
        ["a/1"],
    )
    assert storage.url("a/1") == "s3://whole-bucket/a/1"


def test_locations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert isinstance(open_storage(str(tmp_path)), LocalStorage)
    assert open_storage(f"file://{tmp_path}").root == str(tmp_path)
    assert open_storage("s3a://bucket/some/prefix/", endpoint="http://127.0.0.1:1").root == "s3://bucket/some/prefix"
    with pytest.raises(SettingsError, match=r"not at gs://"):
        open_storage("gs://bucket/lake")
    with pytest.raises(SettingsError, match=r"is no S3 location"):
        open_storage("s3://")
