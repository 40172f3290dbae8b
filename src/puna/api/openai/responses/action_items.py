"""The items of tools that the client runs: their calls and results, and the tools that a search found."""

from typing import Annotated, Any, Literal

from pydantic import Field, JsonValue

from puna.api.openai.responses.identifier import new_id
from puna.api.openai.responses.items import Status, Stored
from puna.api.openai.responses.tools import GivenTool, HostedTool
from puna.http.body import Lenient

Object = dict[str, JsonValue]
CallId = Annotated[str, Field(min_length=1)]


class ActionItem(Lenient):
    """What they have in common. `caller` says that the model called and no program, which is what happens here."""

    id: str | None = None
    status: Status | None = None
    caller: Object | None = None
    created_by: str | None = None

    def kept(self, kind: str, prefix: str, **fields: Any) -> Stored:
        """The item, with what all of them have."""
        item = {"type": kind, "id": self.id or new_id(prefix), "status": self.status or "completed"}
        return {**item, **fields}


class Exec(Lenient):
    type: Literal["exec"] = "exec"
    command: list[str]
    env: dict[str, str] | None = None
    timeout_ms: int | None = None
    user: str | None = None
    working_directory: str | None = None


class LocalShellCall(ActionItem):
    type: Literal["local_shell_call"]
    call_id: CallId
    action: Exec

    def stored(self) -> Stored:
        action = {**self.action.model_dump(), "env": self.action.env or {}}
        return self.kept(self.type, "lsh", call_id=self.call_id, action=action)


class LocalShellOutput(ActionItem):
    """Its `id` is the call's: OpenAI's description knows no `call_id` here, and its guide uses one."""

    type: Literal["local_shell_call_output"]
    call_id: str | None = None
    output: str

    def stored(self) -> Stored:
        return {**self.kept(self.type, "lsho", output=self.output), **({"id": self.call_id} if self.call_id else {})}


class Commands(Lenient):
    commands: list[str]
    timeout_ms: int | None = None
    max_output_length: int | None = None


class ShellCall(ActionItem):
    type: Literal["shell_call"]
    call_id: CallId
    action: Commands
    environment: Object | None = None

    def stored(self) -> Stored:
        given = {"action": self.action.model_dump(), "environment": self.environment}
        return self.kept(self.type, "sh", call_id=self.call_id, **given)


class Exit(Lenient):
    type: Literal["exit"]
    exit_code: int


class Timeout(Lenient):
    type: Literal["timeout"]


class Printed(Lenient):
    stdout: str
    stderr: str
    outcome: Annotated[Exit | Timeout, Field(discriminator="type")]
    created_by: str | None = None


class ShellOutput(ActionItem):
    type: Literal["shell_call_output"]
    call_id: CallId
    output: list[Printed]
    max_output_length: int | None = None

    def stored(self) -> Stored:
        output = [part.model_dump(exclude={"created_by"}) for part in self.output]
        given = {"output": output, "max_output_length": self.max_output_length}
        return self.kept(self.type, "sho", call_id=self.call_id, **given)


class Write(Lenient):
    type: Literal["create_file", "update_file"]
    path: str
    diff: str


class Delete(Lenient):
    type: Literal["delete_file"]
    path: str


class ApplyPatchCall(ActionItem):
    type: Literal["apply_patch_call"]
    call_id: CallId
    operation: Annotated[Write | Delete, Field(discriminator="type")]

    def stored(self) -> Stored:
        return self.kept(self.type, "apc", call_id=self.call_id, operation=self.operation.model_dump())


class ApplyPatchOutput(Lenient):
    type: Literal["apply_patch_call_output"]
    call_id: CallId
    status: Literal["completed", "failed"]
    output: str | None = None
    id: str | None = None
    caller: Object | None = None
    created_by: str | None = None

    def stored(self) -> Stored:
        given = {"call_id": self.call_id, "status": self.status, "output": self.output}
        return {"type": self.type, "id": self.id or new_id("apco"), **given}


class Search(ActionItem):
    """What the call and its output have in common. A search that OpenAI's servers did has no `call_id`."""

    call_id: str | None = None
    execution: Literal["client", "server"] | None = None

    def kept_search(self, kind: str, prefix: str, **fields: Any) -> Stored:
        """The item, with who searched."""
        execution = self.execution or ("client" if self.call_id else "server")
        return self.kept(kind, prefix, call_id=self.call_id, execution=execution, **fields)


class ToolSearchCall(Search):
    type: Literal["tool_search_call"]
    arguments: Object

    def stored(self) -> Stored:
        return self.kept_search(self.type, "tsc", arguments=self.arguments)


class ToolSearchOutput(Search):
    """What was found is offered to the model from then on."""

    type: Literal["tool_search_output"]
    tools: list[GivenTool]

    def stored(self) -> Stored:
        return self.kept_search(self.type, "tso", tools=rendered(self.tools))


class AdditionalTools(Lenient):
    """Tools that a conversation has from some point on."""

    type: Literal["additional_tools"]
    role: Literal["developer", "system", "user"]
    tools: list[GivenTool]
    id: str | None = None

    def stored(self) -> Stored:
        given = {"role": self.role, "tools": rendered(self.tools)}
        return {"type": self.type, "id": self.id or new_id("at"), **given}


def rendered(tools: list[GivenTool]) -> list[dict[str, Any]]:
    """Tools as they are kept, but for those that only OpenAI has."""
    return [tool.render() for tool in tools if not isinstance(tool, HostedTool)]


ActionItems = (
    LocalShellCall
    | LocalShellOutput
    | ShellCall
    | ShellOutput
    | ApplyPatchCall
    | ApplyPatchOutput
    | ToolSearchCall
    | ToolSearchOutput
    | AdditionalTools
)

ACTION_KINDS: dict[str, type[ActionItems]] = {
    "local_shell_call": LocalShellCall,
    "local_shell_call_output": LocalShellOutput,
    "shell_call": ShellCall,
    "shell_call_output": ShellOutput,
    "apply_patch_call": ApplyPatchCall,
    "apply_patch_call_output": ApplyPatchOutput,
    "tool_search_call": ToolSearchCall,
    "tool_search_output": ToolSearchOutput,
    "additional_tools": AdditionalTools,
}
