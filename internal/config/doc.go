// Package config is every setting of the program in one place: the flag, its environment variable, its default and
// what is accepted. Settings are read once, by package kong from the tags here, and checked once, by Check.
//
// A flag wins over its environment variable, which wins over the file given with --config, which wins over the
// default. The file holds one JSON object whose keys are the long names of flags:
//
//	{"listen": "0.0.0.0:8080", "streams": ["relay"], "ring": "45s"}
//
// A secret can be given in a file of its own: what CLAIMCALL_AUTH_KEY is for a text, CLAIMCALL_AUTH_KEY_FILE is for
// the path of a file that holds it. Secrets print as [secret].
package config
