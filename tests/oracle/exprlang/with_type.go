//go:build builtintype

package main

import "github.com/expr-lang/expr"

var more []expr.Option
