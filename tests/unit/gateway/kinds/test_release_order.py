"""Which of two releases is the higher one."""

from gateway.kinds.projections import release_order


def test_releases_sort_by_their_numbers() -> None:
    releases = ["0.10.0", "1.0", "0.9.9", "0.9"]
    assert sorted(releases, key=release_order) == ["0.9", "0.9.9", "0.10.0", "1.0"]
