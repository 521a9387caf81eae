//go:build !builtintype

package main

import "github.com/expr-lang/expr"

// CoreDNS has disabled the builtin since there is one.
var more = []expr.Option{expr.DisableBuiltin("type")}
