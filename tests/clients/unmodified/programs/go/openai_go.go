// OpenAI's package for Go: chat, a stream, structured output, tools, responses, embeddings.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
)

const (
	model  = "tiny"
	ask    = "Say this is a test"
	answer = "This is a test."
)

var (
	client = openai.NewClient()
	ctx    = context.Background()
	schema = map[string]any{
		"type":                 "object",
		"properties":           map[string]any{"age": map[string]any{"type": "integer"}},
		"required":             []string{"age"},
		"additionalProperties": false,
	}
)

// use reports whether a use of the client works.
func use(name string, run func() error) {
	report := map[string]any{"use": name, "error": nil}
	if err := run(); err != nil {
		report["error"] = err.Error()
	}
	line, _ := json.Marshal([]any{report["use"], report["error"]})
	var parts []json.RawMessage
	_ = json.Unmarshal(line, &parts)
	fmt.Printf("\n{\"use\": %s, \"error\": %s}\n", parts[0], parts[1])
}

func asking(messages ...openai.ChatCompletionMessageParamUnion) openai.ChatCompletionNewParams {
	said := append([]openai.ChatCompletionMessageParamUnion{openai.UserMessage(ask)}, messages...)
	return openai.ChatCompletionNewParams{Model: model, Messages: said, MaxTokens: openai.Int(200)}
}

func same(found string) error {
	if found != answer {
		return fmt.Errorf("%q is not %q", found, answer)
	}
	return nil
}

func main() {
	use("chat", func() error {
		completion, err := client.Chat.Completions.New(ctx, asking())
		if err != nil {
			return err
		}
		return same(completion.Choices[0].Message.Content)
	})
	use("stream", func() error {
		stream := client.Chat.Completions.NewStreaming(ctx, asking())
		whole := openai.ChatCompletionAccumulator{}
		for stream.Next() {
			whole.AddChunk(stream.Current())
		}
		if err := stream.Err(); err != nil {
			return err
		}
		return same(whole.Choices[0].Message.Content)
	})
	use("structured output", func() error {
		params := asking()
		params.ResponseFormat.OfJSONSchema = &openai.ResponseFormatJSONSchemaParam{
			JSONSchema: openai.ResponseFormatJSONSchemaJSONSchemaParam{Name: "person", Schema: schema, Strict: openai.Bool(true)},
		}
		completion, err := client.Chat.Completions.New(ctx, params)
		if err != nil {
			return err
		}
		var person struct{ Age int }
		return json.Unmarshal([]byte(completion.Choices[0].Message.Content), &person)
	})
	use("tools", func() error {
		tool := openai.ChatCompletionFunctionTool(openai.FunctionDefinitionParam{
			Name: "add", Description: openai.String("The sum."), Parameters: schema,
		})
		params := asking()
		params.Tools = []openai.ChatCompletionToolUnionParam{tool}
		completion, err := client.Chat.Completions.New(ctx, params)
		if err != nil {
			return err
		}
		message := completion.Choices[0].Message
		if len(message.ToolCalls) != 1 {
			return errors.New("it is not called once")
		}
		params.Messages = append(params.Messages, message.ToParam(), openai.ToolMessage("5", message.ToolCalls[0].ID))
		_, err = client.Chat.Completions.New(ctx, params)
		return err
	})
	use("responses", func() error {
		input := responses.ResponseNewParamsInputUnion{OfString: openai.String(ask)}
		response, err := client.Responses.New(ctx, responses.ResponseNewParams{Model: model, Input: input})
		if err != nil {
			return err
		}
		return same(response.OutputText())
	})
	use("embeddings", func() error {
		input := openai.EmbeddingNewParamsInputUnion{OfArrayOfStrings: []string{"one", "two"}}
		found, err := client.Embeddings.New(ctx, openai.EmbeddingNewParams{Model: model, Input: input})
		if err == nil && len(found.Data) != 2 {
			return errors.New("there are not two vectors")
		}
		return err
	})
}
