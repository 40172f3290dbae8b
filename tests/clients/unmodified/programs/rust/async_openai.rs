//! The crate `async-openai`: chat, a stream, structured output, tools, embeddings.

use async_openai::types::chat::{
    ChatCompletionMessageToolCalls, ChatCompletionRequestUserMessage, ChatCompletionTool, ChatCompletionTools,
    CreateChatCompletionRequest, CreateChatCompletionRequestArgs, FunctionObjectArgs, ResponseFormat,
    ResponseFormatJsonSchema,
};
use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
use async_openai::{Client, config::OpenAIConfig};
use futures::StreamExt;
use serde_json::json;

const MODEL: &str = "tiny";
const ASK: &str = "Say this is a test";
const ANSWER: &str = "This is a test.";

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn report(name: &str, outcome: Outcome) {
    let error = outcome.err().map(|error| error.to_string());
    println!("\n{{\"use\": {}, \"error\": {}}}", json!(name), json!(error));
}

fn same(found: &str) -> Outcome {
    if found == ANSWER { Ok(()) } else { Err(format!("{found:?} is not {ANSWER:?}").into()) }
}

fn asking() -> CreateChatCompletionRequest {
    CreateChatCompletionRequestArgs::default()
        .model(MODEL)
        .max_completion_tokens(200u32)
        .messages([ChatCompletionRequestUserMessage::from(ASK).into()])
        .build()
        .expect("it is complete")
}

fn schema() -> serde_json::Value {
    json!({"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"], "additionalProperties": false})
}

async fn chat(client: &Client<OpenAIConfig>) -> Outcome {
    let answer = client.chat().create(asking()).await?;
    same(answer.choices[0].message.content.as_deref().unwrap_or_default())
}

async fn stream(client: &Client<OpenAIConfig>) -> Outcome {
    let mut chunks = client.chat().create_stream(asking()).await?;
    let mut text = String::new();
    while let Some(chunk) = chunks.next().await {
        text += chunk?.choices.first().and_then(|choice| choice.delta.content.as_deref()).unwrap_or_default();
    }
    same(&text)
}

async fn structured(client: &Client<OpenAIConfig>) -> Outcome {
    let json_schema = ResponseFormatJsonSchema {
        name: "person".into(),
        description: None,
        schema: schema(),
        strict: Some(true),
    };
    let asked = CreateChatCompletionRequest {
        response_format: Some(ResponseFormat::JsonSchema { json_schema }),
        ..asking()
    };
    let answer = client.chat().create(asked).await?;
    let found: serde_json::Value = serde_json::from_str(answer.choices[0].message.content.as_deref().unwrap_or_default())?;
    found["age"].as_i64().map(|_| ()).ok_or_else(|| "it does not fit".into())
}

async fn tools(client: &Client<OpenAIConfig>) -> Outcome {
    let function = FunctionObjectArgs::default().name("add").description("The sum.").parameters(schema()).build()?;
    let asked = CreateChatCompletionRequest {
        tools: Some(vec![ChatCompletionTools::Function(ChatCompletionTool { function })]),
        ..asking()
    };
    let answer = client.chat().create(asked).await?;
    match answer.choices[0].message.tool_calls.as_deref() {
        Some([ChatCompletionMessageToolCalls::Function(call)]) if call.function.name == "add" => Ok(()),
        other => Err(format!("{other:?}").into()),
    }
}

async fn embeddings(client: &Client<OpenAIConfig>) -> Outcome {
    let asked = CreateEmbeddingRequestArgs::default().model(MODEL).input(["one", "two"]).build()?;
    let found = client.embeddings().create(asked).await?;
    if found.data.len() == 2 { Ok(()) } else { Err("there are not two vectors".into()) }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let client = Client::new();
    report("chat", chat(&client).await);
    report("stream", stream(&client).await);
    report("structured output", structured(&client).await);
    report("tools", tools(&client).await);
    report("embeddings", embeddings(&client).await);
}
