from gateway.paging import by_id, by_number, cut

ROWS = [{"id": name, "number": number} for number, name in enumerate("abc")]


def test_a_list_goes_on_behind_the_last_of_a_page() -> None:
    assert cut(ROWS, 2, by_id) == (ROWS[:2], "b")
    assert cut(ROWS, 2, by_number) == (ROWS[:2], "1")


def test_the_last_page_has_no_cursor_though_it_is_full() -> None:
    assert cut(ROWS, 3, by_id) == (ROWS, None)
    assert cut([], 3, by_id) == ([], None)
