package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/ollama/ollama/api"
	"github.com/ollama/ollama/model/renderers"
)

type conversation struct {
	Renderer string          `json:"renderer"`
	Messages []api.Message   `json:"messages"`
	Tools    []api.Tool      `json:"tools"`
	Think    *api.ThinkValue `json:"think"`
}

func main() {
	var asked []conversation
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	prompts := []string{}
	for _, each := range asked {
		prompt, err := renderers.RenderWithRenderer(each.Renderer, each.Messages, each.Tools, each.Think)
		if err != nil {
			prompt = "error: " + err.Error()
		}
		prompts = append(prompts, prompt)
	}
	json.NewEncoder(os.Stdout).Encode(prompts)
}
