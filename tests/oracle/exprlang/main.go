// Command exprlang says whether a release of expr compiles an expression in the environment of CoreDNS's view plugin.
//
// JSON lines in, JSON lines out, in the same order; see ../fuzz_expressions.py.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/expr-lang/expr"
)

// environment has the types of plugin/pkg/expression.DefaultEnv. Nothing is called at compile time.
var environment = map[string]interface{}{
	"incidr":      func(string, string) (bool, error) { return false, nil },
	"metadata":    func(string) string { return "" },
	"type":        text,
	"name":        text,
	"class":       text,
	"proto":       text,
	"size":        number,
	"client_ip":   text,
	"port":        text,
	"id":          number,
	"opcode":      number,
	"do":          func() bool { return false },
	"bufsize":     number,
	"server_ip":   text,
	"server_port": text,
}

func text() string { return "" }

func number() int { return 0 }

type question struct {
	Text   string `json:"text"`
	Base64 []byte `json:"text_base64"` // instead of text, for what is not UTF-8
}

// compile gives the error, "" where there is none. A panic outside of the library's own recover crashes CoreDNS.
func compile(text string) (message string) {
	defer func() {
		if crash := recover(); crash != nil {
			message = fmt.Sprintf("panic: %v", crash)
		}
	}()
	options := append([]expr.Option{expr.Env(environment)}, more...)
	if _, err := expr.Compile(text, options...); err != nil {
		// since 1.17.7 a panic in the compiler brings its stack
		return strings.SplitN(err.Error(), "\ngoroutine ", 2)[0]
	}
	return ""
}

func main() {
	in := json.NewDecoder(bufio.NewReader(os.Stdin))
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for in.More() {
		var asked question
		if err := in.Decode(&asked); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		if asked.Base64 != nil {
			asked.Text = string(asked.Base64)
		}
		_ = answers.Encode(compile(asked.Text))
	}
}
