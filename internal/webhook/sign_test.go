package webhook

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// TestSign is the example of the published libraries.
func TestSign(t *testing.T) {
	secret, err := ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	id, at, body := "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`)
	const want = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
	if got := Sign([][]byte{secret}, id, at, body); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	other := bytes.Repeat([]byte("k"), minSecret)
	both := strings.Fields(Sign([][]byte{other, secret}, id, at, body))
	if len(both) != 2 || both[1] != want || both[0] == want {
		t.Errorf("with two secrets: %v", both)
	}
}

func TestParseSecret(t *testing.T) {
	of := func(n int) string { return "whsec_" + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("k"), n)) }
	for text, good := range map[string]bool{
		of(24): true, of(32): true, of(64): true, of(23): false, of(65): false, "": false, "whsec_": false,
		strings.TrimPrefix(of(32), "whsec_"): false, "whsec_?": false, of(32) + "\n=": false,
	} {
		secret, err := ParseSecret(text)
		if (err == nil) != good || good && len(secret) == 0 {
			t.Errorf("%q: %v", text, err)
		}
	}
}
