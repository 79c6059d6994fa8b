package redisstore

import (
	"crypto/rand"
	"slices"
	"strconv"
	"strings"
	"time"
)

// arguments are those of the commit script, in the order that its head tells.
type arguments []string

func (a *arguments) add(texts ...string) { *a = append(*a, texts...) }

// group adds what within adds, and before it how many that are.
func (a *arguments) group(within func()) {
	count := len(*a)
	a.add("")
	within()
	(*a)[count] = strconv.Itoa(len(*a) - count - 1)
}

// commitArguments lists the batch as the head of commit.lua says.
func (s *Store) commitArguments(b batch) (keys []string, args arguments) {
	keys = append(make([]string, 0, 3+len(b.writes)), s.keys.documents(), s.keys.places(), s.keys.due())
	args = make(arguments, 0, 16+9*len(b.changes)+2*len(b.wakes)+8*len(b.writes)+3*len(b.letters))
	token := rand.Text()
	args.add(micros(s.Now().Add(commitLimit)), s.given(), s.publishCommand(), s.keys.channels(), token)
	others := b.others()
	args.group(func() {
		for _, c := range b.changes {
			args.add(headOf(c.name))
		}
		for _, name := range others {
			args.add(headOf(name))
		}
	})
	args.addChanges(b.changes, token)
	args.group(func() {
		for _, w := range b.wakes {
			args.add(callName(w.Call), micros(w.At))
		}
	})
	args.group(func() {
		for _, w := range b.writes {
			keys = append(keys, w.key)
			args.add(w.command, strconv.Itoa(len(keys)), strconv.Itoa(len(w.args)))
			args.add(w.args...)
		}
	})
	args.group(func() {
		for _, l := range b.letters {
			if to, ok := b.address(l, others); ok {
				args.add(to, l.text)
			}
		}
	})
	return keys, args
}

// addChanges adds the groups that tell what is expected, what comes, what goes and when to look at it.
func (a *arguments) addChanges(changes []change, token string) {
	a.group(func() {
		for _, c := range changes {
			a.add(c.name, c.begins(), c.ends())
		}
	})
	a.group(func() {
		for _, c := range changes {
			if !c.gone {
				a.add(headOf(c.name), strconv.FormatInt(c.version, 10)+" "+token+c.ends(), c.name, c.body)
			}
		}
	})
	a.group(func() {
		for _, c := range changes {
			if c.gone {
				a.add(headOf(c.name), c.name)
			}
		}
	})
	a.group(func() {
		for _, c := range changes {
			if c.timed() {
				a.add(micros(c.due), c.name)
			}
		}
	})
}

// begins returns how the head begins that the change was made from.
func (c change) begins() string {
	if c.was == 0 {
		return ""
	}
	return strconv.FormatInt(c.was, 10) + " "
}

// ends returns how the new head ends.
func (c change) ends() string {
	if c.gone {
		return document{}.tail(false)
	}
	return c.tail(c.timed())
}

func (c change) timed() bool { return !c.gone && !c.due.IsZero() }

// others returns the names of documents that do not change, but whose nodes are told.
func (b batch) others() []string {
	var names []string
	for _, l := range b.letters {
		if l.name != "" && b.change(l.name) == nil && !slices.Contains(names, l.name) {
			names = append(names, l.name)
		}
	}
	return names
}

// change returns the change of the document of that name, or nil.
func (b batch) change(name string) *change {
	i := slices.IndexFunc(b.changes, func(c change) bool { return c.name == name })
	if i < 0 {
		return nil
	}
	return &b.changes[i]
}

// address returns whom a letter is for; false when that is nobody.
func (b batch) address(l letter, others []string) (to string, ok bool) {
	nodes := l.nodes
	if l.name != "" {
		c := b.change(l.name)
		if c == nil {
			return strconv.Itoa(len(b.changes) + slices.Index(others, l.name) + 1), true
		}
		if nodes = c.nodes; c.gone {
			nodes = nil
		}
	}
	return "@" + strings.Join(nodes, " "), len(nodes) > 0
}

// micros writes a time as scripts take it.
func micros(t time.Time) string { return strconv.FormatInt(moment(t), 10) }
