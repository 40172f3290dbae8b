"""The blocks that the content of a message is made of."""

from typing import Annotated, Any, Literal

from pydantic import Field

from puna.api.mistakes import invalid_value
from puna.api.no_ops import MessageHints, PartHints
from puna.core.messages import Part, Text
from puna.http.body import Lenient, unsupported
from puna.images.load import ImageLoader

NO_FILES = "Uploaded files are not supported; send the content itself"
NO_CITATIONS = "Citations are not supported"
NO_PDF = "PDF files are not supported; send the text, or the pages as images."


class Citations(Lenient):
    """Whether the answer is to cite a text."""

    enabled: Annotated[None, unsupported(NO_CITATIONS)] = None


class TextBlock(PartHints):
    """A text. What an earlier one cited is no part of it; `parsed_output` is what a client's package made of it."""

    type: Literal["text"]
    text: str
    citations: list[Any] | None = None
    parsed_output: Any = None


class Base64Picture(Lenient):
    """A picture's file."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: Annotated[str, Field(min_length=1)]


class PictureAt(Lenient):
    """A picture's address."""

    type: Literal["url"]
    url: Annotated[str, Field(min_length=1)]


class UploadedPicture(Lenient):
    """A picture that was sent before."""

    type: Literal["file"]
    file_id: Annotated[None, unsupported(NO_FILES)]


class Transformations(Lenient):
    """What may be done to a picture."""

    oversized_image: Literal["downsize"] | None = None


class ImageBlock(PartHints):
    """A picture. One that is large is made smaller by the model's own reader, as with every model."""

    type: Literal["image"]
    source: Annotated[Base64Picture | PictureAt | UploadedPicture, Field(discriminator="type")]
    transformations: Transformations | None = None


class PlainText(Lenient):
    """A document's text."""

    type: Literal["text"]
    media_type: Literal["text/plain"]
    data: str


class Parts(Lenient):
    """A document of texts and pictures."""

    type: Literal["content"]
    content: "str | list[Annotated[TextBlock | ImageBlock, Field(discriminator='type')]]"


class Pdf(Lenient):
    """A document that nothing here reads."""

    type: Literal["base64"]
    media_type: Literal["application/pdf"]
    data: str


class PdfAt(Lenient):
    """The address of one."""

    type: Literal["url"]
    url: str


class UploadedDocument(Lenient):
    """A document that was sent before."""

    type: Literal["file"]
    file_id: Annotated[None, unsupported(NO_FILES)]


class DocumentBlock(PartHints):
    """A document."""

    type: Literal["document"]
    source: Annotated[PlainText | Parts | Pdf | PdfAt | UploadedDocument, Field(discriminator="type")]
    title: str | None = None
    context: str | None = None
    citations: Citations | None = None


class SearchResultBlock(PartHints):
    """What a client's search found."""

    type: Literal["search_result"]
    source: str
    title: str
    content: list[TextBlock]
    citations: Citations | None = None


class ToolReference(PartHints):
    """A tool that a client's search found: it may be called from here on."""

    type: Literal["tool_reference"]
    tool_name: str


class ToolResult(PartHints):
    """What came of a call."""

    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(min_length=1)]
    content: "str | list[ResultBlock] | None" = None
    is_error: bool | None = None


class ToolUse(PartHints):
    """A call in an earlier answer. Only the model itself calls here, whatever is said of the `caller`."""

    type: Literal["tool_use"]
    id: Annotated[str, Field(min_length=1)]
    name: Annotated[str, Field(min_length=1)]
    input: dict[str, Any]
    caller: dict[str, Any] | None = None


class ThinkingBlock(PartHints):
    """What the model thought."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinking(PartHints):
    """What the model thought, sealed."""

    type: Literal["redacted_thinking"]
    data: str


ResultBlock = Annotated[
    TextBlock | ImageBlock | SearchResultBlock | DocumentBlock | ToolReference, Field(discriminator="type")
]
UserBlock = Annotated[
    TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolResult, Field(discriminator="type")
]
AssistantBlock = Annotated[TextBlock | ThinkingBlock | RedactedThinking | ToolUse, Field(discriminator="type")]
Shown = TextBlock | ImageBlock | DocumentBlock | SearchResultBlock | ToolReference


class UserMessage(MessageHints):
    """What the user says."""

    role: Literal["user"]
    content: str | list[UserBlock]


class AssistantMessage(MessageHints):
    """What the model said."""

    role: Literal["assistant"]
    content: str | list[AssistantBlock]


class SystemMessage(MessageHints):
    """Instructions in the middle of a conversation."""

    role: Literal["system"]
    content: str | list[TextBlock]
    clear_at: Literal["never"] | None = None


Message = Annotated[UserMessage | AssistantMessage | SystemMessage, Field(discriminator="role")]


async def parts(block: Shown, path: str, images: ImageLoader) -> tuple[Part, ...]:
    """What the model sees of a block. Raises InvalidRequest for what can't be read."""
    match block:
        case ImageBlock(source=Base64Picture() as picture):
            data = f"data:{picture.media_type};base64,{picture.data}"
            return (await images.load(data, f"{path}.source.data"),)
        case ImageBlock(source=PictureAt() as picture):
            return (await images.load(picture.url, f"{path}.source.url"),)
        case DocumentBlock(source=PlainText(data=text)):
            return (heading(block), Text(text))
        case DocumentBlock(source=Pdf() | PdfAt()):
            return (heading(block), images.unread("a PDF", invalid_value(f"{path}.source", NO_PDF)))
        case DocumentBlock(source=Parts(content=str(text))):
            return (heading(block), Text(text))
        case DocumentBlock(source=Parts(content=list(content))):
            inside = [
                await parts(each, f"{path}.source.content[{place}]", images) for place, each in enumerate(content)
            ]
            return (heading(block), *(part for each in inside for part in each))
        case SearchResultBlock():
            return (
                Text(f"Search result: {block.title} ({block.source})"),
                *(Text(one.text) for one in block.content),
            )
        case ToolReference():
            return (Text(f"The tool {block.tool_name} may be called now."),)
        case TextBlock(text=text):
            return (Text(text),)
        case _:
            raise AssertionError(f"{block.type} is refused when it is read")


def heading(document: DocumentBlock) -> Text:
    """What stands above a document."""
    title = f"Document: {document.title}" if document.title else "Document:"
    return Text(f"{title}\n{document.context}" if document.context else title)
