package archtest

import (
	"os"
	"testing"
)

// TestRepository holds the repository to every rule.
func TestRepository(t *testing.T) {
	tree, err := Load(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range Rules() {
		t.Run(rule.Name, func(t *testing.T) {
			for _, message := range rule.Check(tree) {
				t.Error(message)
			}
		})
	}
}

// TestEveryRuleIsProven: a rule that nothing breaks may be a rule that sees nothing.
func TestEveryRuleIsProven(t *testing.T) {
	proven := map[string]bool{}
	for _, sample := range samples() {
		proven[sample.rule] = true
	}
	for _, rule := range Rules() {
		if !proven[rule.Name] {
			t.Errorf("no sample breaks the rule %q", rule.Name)
		}
	}
}
