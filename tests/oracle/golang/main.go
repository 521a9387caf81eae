// Command golang answers what Go's own packages say of a text.
//
// JSON lines in, JSON lines out, in the same order; see ../README.md.
package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"regexp/syntax"
	"strconv"
	"text/template"
	"time"

	"github.com/miekg/dns"
	"sigs.k8s.io/yaml"
)

type question struct {
	ID     json.RawMessage `json:"id"`
	Kind   string          `json:"kind"`
	Text   string          `json:"text"`
	Base64 []byte          `json:"text_base64"` // instead of text, for what is not UTF-8
	Base   int             `json:"base"`        // of a number, default 10
	Bits   int             `json:"bits"`        // of a number, default 64
}

type answer struct {
	ID    json.RawMessage `json:"id"`
	Value any             `json:"value"`
	Error *string         `json:"error"`
}

// ask calls the function that the question names.
func ask(q question) (any, error) {
	switch q.Kind {
	case "regexp":
		re, err := regexp.Compile(q.Text)
		if err != nil {
			return nil, err
		}
		return re.NumSubexp(), nil
	case "regexptree":
		re, err := syntax.Parse(q.Text, syntax.Perl)
		if err != nil {
			return nil, err
		}
		return tree(re), nil
	case "template": // with the functions of CoreDNS's plugin
		_, err := template.New("answer").Funcs(template.FuncMap{"parseInt": strconv.ParseUint}).Parse(q.Text)
		return nil, err
	case "atoi":
		return strconv.Atoi(q.Text)
	case "parseint":
		return strconv.ParseInt(q.Text, q.Base, q.Bits)
	case "parseuint":
		return strconv.ParseUint(q.Text, q.Base, q.Bits)
	case "parsefloat":
		_, err := strconv.ParseFloat(q.Text, q.Bits)
		return nil, err
	case "parsebool":
		return strconv.ParseBool(q.Text)
	case "duration":
		return time.ParseDuration(q.Text)
	case "quote":
		return strconv.Quote(q.Text), nil
	case "quoterunes": // %q and %#U of each rune
		shown := []string{}
		for _, r := range q.Text {
			shown = append(shown, fmt.Sprintf("%q %#U", r, r))
		}
		return shown, nil
	case "parseip":
		if ip := net.ParseIP(q.Text); ip != nil {
			return hex.EncodeToString(ip.To16()), nil
		}
		return nil, nil
	case "parseaddr":
		addr, err := netip.ParseAddr(q.Text)
		if err != nil {
			return nil, err
		}
		return []string{hex.EncodeToString(addr.AsSlice()), addr.Zone()}, nil
	case "parsecidr":
		_, network, err := net.ParseCIDR(q.Text)
		if err != nil {
			return nil, err
		}
		ones, _ := network.Mask.Size()
		return []any{hex.EncodeToString(network.IP.To16()), ones}, nil
	case "splithostport":
		host, port, err := net.SplitHostPort(q.Text)
		return []string{host, port}, err
	case "isdomainname":
		_, ok := dns.IsDomainName(q.Text)
		return ok, nil
	case "names":
		return map[string]any{
			"types": dns.StringToType, "classes": dns.StringToClass, "rcodes": dns.StringToRcode, "opcodes": dns.StringToOpcode,
		}[q.Text], nil
	case "url":
		u, err := url.Parse(q.Text)
		if err != nil {
			return nil, err
		}
		return []string{u.Scheme, u.Opaque, u.Host, u.Path}, nil
	case "yaml": // as kube-proxy reads it, with go-yaml v2
		data, err := yaml.YAMLToJSON([]byte(q.Text))
		return string(data), err
	case "hex":
		_, err := hex.DecodeString(q.Text)
		return nil, err
	}
	return nil, fmt.Errorf("no kind %q", q.Kind)
}

// tree shows a pattern's tree; assertions are alike, and flags are shown where they are part of what is matched.
func tree(re *syntax.Regexp) []any {
	op, flags := re.Op, syntax.Flags(0)
	switch op {
	case syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		op = syntax.OpBeginLine
	case syntax.OpLiteral:
		flags = re.Flags & syntax.FoldCase
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		flags = re.Flags & syntax.NonGreedy
	}
	shown := []any{int(op), flags != 0, append([]rune{}, re.Rune...), re.Min, re.Max}
	for _, sub := range re.Sub {
		shown = append(shown, tree(sub))
	}
	return shown
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "tables" {
		if err := printTables(); err != nil {
			fmt.Fprintln(os.Stderr, "golang:", err)
			os.Exit(1)
		}
		return
	}
	lines := bufio.NewReaderSize(os.Stdin, 1<<16)
	out := bufio.NewWriterSize(os.Stdout, 1<<16)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 1 {
			q := question{Base: 10, Bits: 64}
			var reply answer
			if problem := json.Unmarshal(line, &q); problem != nil {
				fmt.Fprintln(os.Stderr, "golang:", problem)
				os.Exit(1)
			}
			if q.Base64 != nil {
				q.Text = string(q.Base64)
			}
			value, problem := ask(q)
			reply.ID, reply.Value = q.ID, value
			if problem != nil {
				text := problem.Error()
				reply.Error, reply.Value = &text, nil
			}
			encoder.Encode(reply)
			if lines.Buffered() == 0 {
				out.Flush()
			}
		}
		if err == io.EOF {
			return
		}
	}
}
