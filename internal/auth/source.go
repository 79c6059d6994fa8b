package auth

// Source has keys that may change while the program runs. All methods may be called concurrently.
type Source interface {
	// Keys returns the keys as they are now. Known is false while there never were any, which is nobody's mistake but
	// that of a source that can't be reached.
	Keys() (keys []Key, known bool)
	// Seek looks for a key that none of the sources has, if it is time to, and returns when it has.
	Seek()
}

// fixed is a source that never changes.
type fixed []Key

func (f fixed) Keys() ([]Key, bool) { return f, true }
func (fixed) Seek()                 {}

// candidates returns the keys that a token of this algorithm and kid may have been signed with.
func (v *Verifier) candidates(alg string, id string) (keys []Key, known bool) {
	keys, named, known := v.match(alg, id)
	if named || id == "" {
		return keys, known
	}
	for _, source := range v.sources {
		source.Seek()
	}
	keys, _, known = v.match(alg, id)
	return keys, known
}

// match looks through all sources. Named says that one has a key of just this kid; known, that all have told their keys.
func (v *Verifier) match(alg string, id string) (keys []Key, named, known bool) {
	known = true
	for _, source := range v.sources {
		all, told := source.Keys()
		known = known && told
		for _, key := range all {
			named = named || key.id == id
			if key.method != nil && key.method.Alg() == alg && (key.id == "" || id == "" || key.id == id) {
				keys = append(keys, key)
			}
		}
	}
	return keys, named, known
}
