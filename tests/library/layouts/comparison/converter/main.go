package main

import (
	"fmt"
	"os"

	"github.com/ollama/ollama/convert"
)

func main() {
	file, err := os.Create(os.Args[2])
	if err == nil {
		err = convert.ConvertModel(os.DirFS(os.Args[1]), file)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
