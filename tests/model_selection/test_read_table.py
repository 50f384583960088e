import gzip

import pandas as pd
import pytest

from skdense.model_selection.read_table import BUNDLED, read_table, split_target

TEXT = "size,colour,price\n1,red,2.5\n2,blue,3.5\n"


@pytest.fixture
def table():
    return pd.DataFrame({"size": [1, 2, 3], "price": [1.5, None, 2.5], "colour": ["r", "g", None]})


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_end_with_their_target(name):
    table = read_table(name)
    assert table.columns[-1] == "target"
    assert len(table) >= 150


def test_csv_plain_and_compressed_read_alike(tmp_path):
    (tmp_path / "a.csv").write_text(TEXT)
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(TEXT)
    plain = read_table(str(tmp_path / "a.csv"))
    pd.testing.assert_frame_equal(plain, read_table(str(tmp_path / "a.csv.gz")))
    assert plain["price"].tolist() == [2.5, 3.5]


@pytest.mark.parametrize(
    ("text", "price"),
    [
        (TEXT.replace(",", ";"), 2.5),
        (TEXT.replace(",", "\t"), 2.5),
        ("size;colour;price\n1;red;2,5\n2;blue;3,5\n", 2.5),
        ("\ufeff" + TEXT, 2.5),
    ],
    ids=["semicolon", "tab", "decimal comma", "byte order mark"],
)
def test_other_separators(tmp_path, text, price):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    table = read_table(str(path))
    assert table.columns.tolist() == ["size", "colour", "price"]
    assert table["price"].iloc[0] == price


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("größe|colour\n1|red\n".encode(), {"sep": "|"}),
        ("größe,colour\n1,red\n".encode("latin-1"), {"encoding": "latin-1"}),
        ("größe|colour\n1|red\n".encode("utf-16"), {"sep": "|", "encoding": "utf-16"}),
    ],
)
def test_separator_and_encoding_can_be_named(tmp_path, content, options):
    (tmp_path / "a.csv").write_bytes(content)
    table = read_table(str(tmp_path / "a.csv"), **options)
    assert table.to_dict("list") == {"größe": [1], "colour": ["red"]}


def test_unknown_encoding(tmp_path):
    (tmp_path / "a.csv").write_text(TEXT)
    with pytest.raises(ValueError, match="cannot be read: unknown encoding: utf-9"):
        read_table(str(tmp_path / "a.csv"), encoding="utf-9")


def test_parquet(tmp_path, table):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    table.to_parquet(tmp_path / "a.parquet")
    assert read_table(str(tmp_path / "a.parquet")).shape == table.shape


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.csv", None, "there is no such file"),
        ("a.xlsx", b"x", "neither a bundled data set"),
        ("empty.csv", b"", "the file is empty"),
        ("header.csv", b"a,b\n", "no rows below its header"),
        ("latin.csv", "a,b\n\u00e9,1\n".encode("latin-1"), "not UTF-8 .* --encoding latin-1"),
        ("broken.csv.gz", b"not gzip", "cannot be read"),
        ("ragged.csv", b"a,b\n1,2\n1,2,3\n", "cannot be read"),
    ],
)
def test_unreadable_files_are_named(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=message) as caught:
        read_table(str(path))
    assert name in str(caught.value)


def test_broken_parquet(tmp_path):
    pytest.importorskip("pyarrow", exc_type=ImportError)
    (tmp_path / "a.parquet").write_bytes(b"not parquet")
    with pytest.raises(ValueError, match=r"a\.parquet' cannot be read"):
        read_table(str(tmp_path / "a.parquet"))


def test_parquet_without_pyarrow_says_what_to_install(tmp_path, monkeypatch):
    def no_engine(path):
        raise ImportError("Unable to find a usable engine")

    (tmp_path / "a.parquet").touch()
    monkeypatch.setattr(pd, "read_parquet", no_engine)
    with pytest.raises(ValueError, match="needs pyarrow; install it"):
        read_table(str(tmp_path / "a.parquet"))


def test_last_column_is_the_target_and_rows_without_it_go(table):
    X, y, n_dropped = split_target(table)
    assert y.name == "colour"
    assert X.columns.tolist() == ["size", "price"]
    assert (len(X), len(y), n_dropped) == (2, 2, 1)


def test_named_target(table):
    X, y, n_dropped = split_target(table, "price")
    assert y.tolist() == [1.5, 2.5]
    assert X["size"].tolist() == [1, 3]
    assert n_dropped == 1


@pytest.mark.parametrize(
    ("target", "message"),
    [("prise", "did you mean 'price'"), ("xyz", "the columns are 'size', 'price', 'colour'")],
)
def test_unknown_target(table, target, message):
    with pytest.raises(ValueError, match=f"target='{target}'.*{message}"):
        split_target(table, target)


def test_a_target_written_with_commas_is_a_number():
    table = pd.DataFrame({"a": [1, 2, 3], "price": ["1,250.00", "?", "$900"]})
    X, y, n_dropped = split_target(table)
    assert y.tolist() == [1250, 900]
    assert X["a"].tolist() == [1, 3]
    assert n_dropped == 1


def test_a_class_may_be_called_none():
    table = pd.DataFrame({"a": [1, 2, 3], "state": ["none", "good", None]})
    _, y, n_dropped = split_target(table)
    assert (y.tolist(), n_dropped) == (["none", "good"], 1)


def test_columns_to_drop(table):
    X, y, _ = split_target(table, drop=["colour"])
    assert (X.columns.tolist(), y.name) == (["size"], "price")
    for options, message in (
        ({"drop": ["sizes"]}, "drop='sizes' is not a column of the table; did you mean 'size'"),
        ({"drop": ["colour"], "target": "colour"}, "target='colour' is one of the columns to drop"),
        ({"drop": ["colour", "size"]}, "1 column to use"),
    ):
        with pytest.raises(ValueError, match=message):
            split_target(table, **options)


def test_long_lists_of_columns_are_cut():
    table = pd.DataFrame([[0] * 20], columns=[f"c{i}" for i in range(20)])
    with pytest.raises(ValueError, match="and 8 more"):
        split_target(table, "zzz")


def test_table_of_one_column():
    with pytest.raises(ValueError, match="nothing to predict it from"):
        split_target(pd.DataFrame({"a": [1, 2]}))


def test_target_without_any_value(table):
    with pytest.raises(ValueError, match="has no value in any row"):
        split_target(table.assign(empty=None))


def test_without_skrub_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr("skdense.model_selection.read_table.find_spec", lambda name: None)
    with pytest.raises(ValueError, match=r"needs skrub: pip install 'skdense\[compare\]'"):
        read_table("iris")
