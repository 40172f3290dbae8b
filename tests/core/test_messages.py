from puna.core.messages import Image, Message, Text


def test_the_text_of_a_message_is_that_of_all_its_parts_on_lines_of_their_own() -> None:
    picture = Image(b"\x89PNG", "image/png")
    message = Message(role="user", content=(Text("Look:"), picture, Text("what is it?")))
    assert message.text == "Look:\nwhat is it?"


def test_a_message_without_text_has_none() -> None:
    assert Message(role="assistant").text == ""
    assert Message(role="user", content=(Image(b"", "image/png"),)).text == ""
