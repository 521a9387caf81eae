package main

import (
	"encoding/json"
	"maps"
	"os"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// tables is what linter/kpl/golang/unicode.json holds.
type tables struct {
	Version string `json:"version"`
	// Where membership changes, each as the distance from the one before: the first range begins, ends, the second begins, ...
	Print []rune `json:"print"` // strconv.IsPrint
	Word  []rune `json:"word"`  // letters and digits
	// The names of package regexp in their canonical form, and what they stand for.
	Names map[string]string `json:"names"`
	// The numbers of runes in the ranges of \p{X}, (?i)\p{X}, \P{X}, (?i)\P{X}.
	Runes map[string][4]int `json:"runes"`
}

func changes(member func(rune) bool) (found []rune) {
	last, inside := rune(0), false
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if member(r) != inside {
			found = append(found, r-last)
			last, inside = r, !inside
		}
	}
	return found
}

// runes counts the runes of a class of one of regexp's names; -1 where there is no such name.
func runes(class string) int {
	re, err := syntax.Parse(class+`\b`, syntax.Perl) // a class that stands alone may become something else
	if err != nil {
		return -1
	}
	return len(re.Sub[0].Rune)
}

func canonical(name string) string {
	name = strings.NewReplacer("_", "", "-", "", " ", "").Replace(name)
	return strings.ToUpper(name[:1]) + strings.ToLower(name[1:])
}

func printTables() error {
	t := tables{
		Version: unicode.Version,
		Print:   changes(strconv.IsPrint),
		Word:    changes(func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }),
		Names:   map[string]string{},
		Runes:   map[string][4]int{},
	}
	names := []string{"Any", "Assigned", "ASCII"}
	names = slices.AppendSeq(names, maps.Keys(unicode.Categories))
	names = slices.AppendSeq(names, maps.Keys(unicode.Scripts))
	for _, name := range names {
		if count := runes(`\p{` + name + `}`); count >= 0 {
			t.Names[canonical(name)] = name
			t.Runes[name] = [4]int{count, runes(`(?i)\p{` + name + `}`), runes(`\P{` + name + `}`), runes(`(?i)\P{` + name + `}`)}
		}
	}
	for name, actual := range unicode.CategoryAliases {
		if t.Names[canonical(name)] == "" {
			t.Names[canonical(name)] = actual
		}
	}
	return json.NewEncoder(os.Stdout).Encode(t)
}
