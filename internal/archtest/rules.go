package archtest

// Rule is one thing that must be true of the repository.
type Rule struct {
	Name string
	// Check returns a message for each place that breaks the rule.
	Check func(*Tree) []string
}

// Rules returns all rules, in the order in which their failures are best read.
func Rules() []Rule {
	return []Rule{
		{"the top level holds only what is agreed", topLevel},
		{"imports point down", importDirection},
		{"a library has one home", libraryHomes},
		{"protocol and the core use the standard library only", standardLibraryOnly},
		{"the core is pure", pureCore},
		{"no init functions", noInit},
		{"package variables do not change", constantVariables},
		{"only configuration reads the environment", environmentReaders},
		{"functions are short", shortFunctions},
		{"most functions are very short", shortMedian},
		{"files are short", shortFiles},
		{"types say what they are", typeNames},
		{"every package says what it is for", packageComments},
		{"exported names are documented", exportedComments},
		{"tests do not skip in CI", noSkips},
		{"tests do not sleep", noSleeps},
		{"documents name no machine", machinePaths},
		{"the lock file names no registry", lockFile},
		{"links in documents lead somewhere", brokenLinks},
		{"documents and configuration name the same variables", variables},
	}
}
