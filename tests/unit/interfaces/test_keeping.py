"""What the workbench keeps between requests."""

import sqlalchemy as sa

from citycarbon.interfaces.workbench.keeping import Answers, Unchanged, Watch


def test_answers_are_kept_up_to_a_limit_and_the_oldest_goes_first():
    kept = Answers(largest=10, limit=40)
    kept.put("large", b"x" * 11, {})
    assert kept.get("large") is None
    for name in "abcd":
        kept.put(name, b"x" * 9, {"n": name})
    assert kept.get("a") == (b"x" * 9, {"n": "a"})
    kept.put("e", b"x" * 9, {})
    assert kept.get("b") is None, "what was not asked for longest"
    assert kept.get("a") is not None


def test_values_hold_until_the_database_changes(tmp_path):
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'x.sqlite'}")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE facts (name TEXT)"))
    seen = []
    kept = Unchanged(Watch(engine), 1)
    for _ in range(3):
        kept.get("a", lambda: seen.append(1) or len(seen))
    assert (kept.get("a", lambda: 0), kept.peek("a"), len(seen)) == (1, 1, 1)
    with engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO facts VALUES ('x')"))
    assert kept.peek("a") is None
    assert kept.get("a", lambda: 7) == 7


def test_nothing_is_kept_where_changes_cannot_be_seen():
    engine = sa.create_engine("sqlite://")
    kept = Unchanged(Watch(engine))
    assert [kept.get("a", lambda value=value: value) for value in (1, 2)] == [1, 2]
    assert kept.peek("a") is None
