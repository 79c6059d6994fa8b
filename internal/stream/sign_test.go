package stream

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"
)

const testSecret = "stream-secret-of-the-tests"

func testKeys(t testing.TB) Keys {
	t.Helper()
	return keysOf(t, testSecret, "")
}

func keysOf(t testing.TB, secret, backup string) Keys {
	t.Helper()
	k, err := NewKeys(secret, backup)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signedQuery is the query of an address that expires an hour after now.
func signedQuery(t testing.TB, k Keys, d Direction, name string, now time.Time) url.Values {
	t.Helper()
	text, err := k.Sign(d, name, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	query, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return query
}

// TestTxSecret holds two vectors that Tencent published, and two derived from its samples.
func TestTxSecret(t *testing.T) {
	cases := []struct{ key, name, txTime, want string }{
		{"e12c46f2612d5106e2034781ab261ca3", "test", "5C271099", "f85a2ab363fe4deaffef9754d79da6fe"},
		{"somestring", "test", "5c2acacc", "b77e812107e1d8b8f247885a46e1bd34"},
		{"e12c46f2612d5106e2034781ab261ca3", "test", "5c271099", "9603387445825a481e6b7496aced5746"},
		{"69e0daf7234b01f257a7adb9f807ae9f", "123456", "57D54927", "478a15bf1b25e5c7c5886d2eef220fb8"},
	}
	for _, c := range cases {
		if got := txSecret(c.key, c.name, c.txTime); got != c.want {
			t.Errorf("%s %s: got %s, want %s", c.name, c.txTime, got, c.want)
		}
	}
}

func TestSignWritesTencentsForm(t *testing.T) {
	query, err := testKeys(t).Sign(Play, "room-c-g1", time.Unix(0x5C271099, 999_999_999))
	if err != nil {
		t.Fatal(err)
	}
	secret, txTime, ok := strings.Cut(strings.TrimPrefix(query, "txSecret="), "&txTime=")
	if !ok || len(secret) != 32 || secret != strings.ToLower(secret) || txTime != "5C271099" {
		t.Errorf("got %s", query)
	}
}

// TestKeysNeverChange: other nodes, and this one after an update, must accept what was signed.
func TestKeysNeverChange(t *testing.T) {
	k := testKeys(t)
	publish, _ := k.Sign(Publish, "room-c-g1", time.Unix(0x5C271099, 0))
	play, _ := k.Sign(Play, "room-c-g1", time.Unix(0x5C271099, 0))
	if want := "txSecret=3c1d7ba32f1008d39f2a138c01e60f3f&txTime=5C271099"; publish != want {
		t.Errorf("publish: got %s, want %s", publish, want)
	}
	if want := "txSecret=0d33078c2f21556793527cb7ae5f1416&txTime=5C271099"; play != want {
		t.Errorf("play: got %s, want %s", play, want)
	}
}

func TestVerify(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	k := testKeys(t)
	good := signedQuery(t, k, Publish, "room-c-g1", now)
	with := func(key string, values ...string) url.Values {
		changed := url.Values{"txSecret": good["txSecret"], "txTime": good["txTime"], "other": {"1"}}
		changed[key] = values
		return changed
	}
	secret, txTime := good.Get("txSecret"), good.Get("txTime")
	flipped := "0" + secret[1:]
	if flipped == secret {
		flipped = "1" + secret[1:]
	}
	cases := []struct {
		why   string
		d     Direction
		name  string
		query url.Values
		now   time.Time
		want  error
	}{
		{"good", Publish, "room-c-g1", good, now, nil},
		{"another parameter", Publish, "room-c-g1", with("other", "2"), now, nil},
		{"last moment", Publish, "room-c-g1", good, now.Add(time.Hour - 1), nil},
		{"expired", Publish, "room-c-g1", good, now.Add(time.Hour), ErrExpired},
		{"other direction", Play, "room-c-g1", good, now, ErrSignature},
		{"unknown direction", "", "room-c-g1", good, now, ErrSignature},
		{"other side", Publish, "room-a-g1", good, now, ErrSignature},
		{"other generation", Publish, "room-c-g2", good, now, ErrSignature},
		{"nothing", Publish, "room-c-g1", nil, now, ErrSignature},
		{"no secret", Publish, "room-c-g1", with("txSecret"), now, ErrSignature},
		{"no time", Publish, "room-c-g1", with("txTime"), now, ErrSignature},
		{"empty secret", Publish, "room-c-g1", with("txSecret", ""), now, ErrSignature},
		{"wrong secret", Publish, "room-c-g1", with("txSecret", flipped), now, ErrSignature},
		{"short secret", Publish, "room-c-g1", with("txSecret", secret[:31]), now, ErrSignature},
		{"upper-case secret", Publish, "room-c-g1", with("txSecret", strings.ToUpper(secret)), now, ErrSignature},
		{"two secrets", Publish, "room-c-g1", with("txSecret", secret, secret), now, ErrSignature},
		{"wrong and right secret", Publish, "room-c-g1", with("txSecret", flipped, secret), now, ErrSignature},
		{"two times", Publish, "room-c-g1", with("txTime", txTime, txTime), now, ErrSignature},
		{"later time", Publish, "room-c-g1", with("txTime", "FFFFFFFF"), now, ErrSignature},
	}
	for _, c := range cases {
		if err := k.Verify(c.d, c.name, c.query, c.now); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", c.why, err, c.want)
		}
	}
}

// TestVerifyRefusesOddTimes: each has a signature of its own that is right, so only the form of the time is wrong.
func TestVerifyRefusesOddTimes(t *testing.T) {
	k := testKeys(t)
	for _, txTime := range []string{
		"6553f10a", "6553F10a", "06553F10A", "553F10A", "+6553F10", "-6553F10", "0x553F10", "6553_F10", " 6553F10", "6553F10G", "",
		"1FFFFFFFF", "６553F10A", "1700000000",
	} {
		query := url.Values{"txSecret": {txSecret(k.publish[0], "room-c-g1", txTime)}, "txTime": {txTime}}
		if err := k.Verify(Publish, "room-c-g1", query, time.Unix(0, 0)); !errors.Is(err, ErrSignature) {
			t.Errorf("%q: got %v", txTime, err)
		}
	}
}

// TestVerifyCutsInOnePlace: name and time stand side by side in the digest, but no digit can move between them.
func TestVerifyCutsInOnePlace(t *testing.T) {
	k := testKeys(t)
	query := url.Values{"txSecret": {txSecret(k.publish[0], "room-c-g1", "6553F10A")}, "txTime": {"553F10A"}}
	if err := k.Verify(Publish, "room-c-g16", query, time.Unix(0, 0)); !errors.Is(err, ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestBackupSecret(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	before := keysOf(t, "the secret before the change", "")
	during := keysOf(t, testSecret, "the secret before the change")
	after := testKeys(t)
	old := signedQuery(t, before, Play, "room-c-g1", now)
	if err := during.Verify(Play, "room-c-g1", old, now); err != nil {
		t.Errorf("signed with the backup: %v", err)
	}
	if err := during.Verify(Publish, "room-c-g1", old, now); !errors.Is(err, ErrSignature) {
		t.Errorf("signed with the backup for the other direction: %v", err)
	}
	if err := after.Verify(Play, "room-c-g1", old, now); !errors.Is(err, ErrSignature) {
		t.Errorf("signed with what is no backup any more: %v", err)
	}
	if err := after.Verify(Play, "room-c-g1", signedQuery(t, during, Play, "room-c-g1", now), now); err != nil {
		t.Errorf("the first secret signs: %v", err)
	}
}

func TestNewKeysWantsLongSecrets(t *testing.T) {
	for _, c := range [][2]string{{"", ""}, {"fifteen bytes..", ""}, {testSecret, "short"}, {"", testSecret}} {
		if _, err := NewKeys(c[0], c[1]); !errors.Is(err, ErrSecret) {
			t.Errorf("%q: got %v", c, err)
		} else if c[0] != "" && strings.Contains(err.Error(), c[0]) {
			t.Error("the error holds the secret")
		}
	}
}

func TestSignRefuses(t *testing.T) {
	k := testKeys(t)
	for _, expires := range []time.Time{{}, time.Unix(-1, 0), time.Unix(1<<32, 0)} {
		if _, err := k.Sign(Play, "room-c-g1", expires); !errors.Is(err, ErrExpiry) {
			t.Errorf("%v: got %v", expires, err)
		}
	}
	if _, err := k.Sign("both", "room-c-g1", time.Unix(1, 0)); !errors.Is(err, ErrSecret) {
		t.Errorf("unknown direction: got %v", err)
	}
	if _, err := (Keys{}).Sign(Play, "room-c-g1", time.Unix(1, 0)); !errors.Is(err, ErrSecret) {
		t.Errorf("no keys: got %v", err)
	}
}

// FuzzVerify looks for a query that is accepted without being what Sign wrote.
func FuzzVerify(f *testing.F) {
	now := time.Unix(1_700_000_000, 0)
	k := keysOf(f, testSecret, "the secret before the change")
	good := signedQuery(f, k, Publish, "room-c-g1", now).Encode()
	f.Add("room-c-g1", good, true)
	f.Add("room-c-g1", good, false)
	f.Add("room-c-g1", good+"&txTime=FFFFFFFF", true)
	f.Add("room-c-g1", "txSecret=&txTime=", true)
	f.Add("room-c-g1", strings.ToLower(good), true)
	f.Fuzz(func(t *testing.T, name, text string, publish bool) {
		query, err := url.ParseQuery(text)
		if err != nil {
			return
		}
		d := Play
		if publish {
			d = Publish
		}
		if k.Verify(d, name, query, now) != nil {
			return
		}
		if !publish || name != "room-c-g1" || query.Get("txSecret")+query.Get("txTime") !=
			strings.NewReplacer("txSecret=", "", "&txTime=", "").Replace(good) {
			t.Errorf("accepted %q for %q", text, name)
		}
	})
}
