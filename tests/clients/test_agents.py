"""The `openai-agents` package, as its users have it, on the Responses API."""

from dataclasses import replace

from tests.server import RunningServer


async def test_an_agent_calls_two_tools_and_goes_on_from_what_the_server_keeps(server: RunningServer) -> None:
    from agents import Runner

    from tests.clients.agent import Calls, helper

    calls = Calls(then_words=True)
    agent = helper(server, calls, "add")
    first = await Runner.run(agent, "Add 2 and 3.", auto_previous_response_id=True)
    agent.model_settings = replace(agent.model_settings, tool_choice="get_weather")
    second = await Runner.run(agent, "The weather?", previous_response_id=first.last_response_id)
    assert calls.names == ["add", "get_weather"]
    assert [len(run.raw_responses) for run in (first, second)] == [2, 2]
    client = server.client()
    sent = [
        [item.type for item in client.responses.input_items.list(response.response_id or "").data]
        for run in (first, second)
        for response in run.raw_responses
    ]
    assert sent == [["message"], ["function_call_output"], ["message"], ["function_call_output"]]
    chain = [client.responses.retrieve(run.last_response_id or "") for run in (first, second)]
    assert chain[1].usage is not None
    assert chain[0].usage is not None
    assert chain[1].usage.input_tokens > chain[0].usage.input_tokens


async def test_the_events_of_an_agent_come_in_order(server: RunningServer) -> None:
    from agents import Runner

    from tests.clients.agent import Calls, helper

    calls = Calls(then_words=True)
    run = Runner.run_streamed(helper(server, calls, "get_weather"), "How is it?", auto_previous_response_id=True)
    raw: list[str] = []
    steps: list[str] = []
    async for event in run.stream_events():
        if event.type == "raw_response_event":
            raw.append(event.data.type)
        elif event.type == "run_item_stream_event":
            steps.append(event.name)
    assert [step for step in steps if step != "reasoning_item_created"] == [
        "tool_called",
        "tool_output",
        "message_output_created",
    ]
    ends = [kind for kind in raw if kind in ("response.created", "response.completed", "response.incomplete")]
    assert ends[0::2] == ["response.created"] * 2
    assert raw.index("response.function_call_arguments.done") < raw.index("response.completed")
    assert calls.names == ["get_weather"]


async def test_an_agent_finds_out_by_itself_which_tool_helps(server: RunningServer) -> None:
    from agents import Runner

    from tests.clients.agent import Calls, helper

    calls = Calls(then_words=False)
    agent = helper(server, calls)
    first = await Runner.run(agent, "What is the weather in Paris?")
    assert calls.names == ["get_weather"]
    second = await Runner.run(agent, "Add 2 and 3.", previous_response_id=first.last_response_id)
    assert calls.names == ["get_weather", "add"]
    assert "5" in str(second.final_output)
