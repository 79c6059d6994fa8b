// Package archtest holds the rules of this repository that a compiler does not check: which package may import which,
// what the pure core must not know, how long a function may be, what the documents may say.
//
// [Load] reads a source tree once, [Rules] lists the rules, and each rule returns what breaks it, one message for each
// place. The test of this package applies all of them to the repository itself, and shows for each a small tree that
// breaks it. Nothing here is part of the program.
package archtest
