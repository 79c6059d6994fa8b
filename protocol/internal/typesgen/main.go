// Command typesgen writes the TypeScript types of the wire from the tables and the source of
// package protocol, so that the pages are checked against the very structs the hub sends.
//
//	go run ./internal/typesgen -src . -out types.d.ts
package main

import (
	"flag"
	"log"
	"os"
)

func main() {
	src := flag.String("src", ".", "folder of package protocol")
	out := flag.String("out", "types.d.ts", "file to write")
	flag.Parse()
	log.SetFlags(0)
	text, err := generate(*src)
	if err != nil {
		log.Fatal("typesgen: ", err)
	}
	if err := os.WriteFile(*out, text, 0o644); err != nil {
		log.Fatal("typesgen: ", err)
	}
}
