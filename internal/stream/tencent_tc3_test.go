package stream

import (
	"net/http"
	"testing"
	"time"
)

// The published vector of signature method v3.
const (
	tc3Body   = `{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}`
	tc3Host   = "cvm.tencentcloudapi.com"
	tc3Moment = 1551113065
)

func TestTC3SignsThePublishedVector(t *testing.T) {
	h := http.Header{}
	s := tc3{id: "AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", key: "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE", service: "cvm"}
	s.sign(h, tc3Host, []byte(tc3Body), time.Unix(tc3Moment, 0).In(time.FixedZone("far east", 14*3600))) // the date is that of UTC
	want := http.Header{
		"Content-Type":   {"application/json; charset=utf-8"},
		"X-Tc-Timestamp": {"1551113065"},
		"Authorization": {"TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, " +
			"SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"},
	}
	for name, values := range want {
		if got := h[name]; len(got) != 1 || got[0] != values[0] {
			t.Errorf("%s: got %v, want %v", name, got, values)
		}
	}
	if len(h) != len(want) {
		t.Errorf("got %v", h)
	}
}

func TestTC3CanonicalRequest(t *testing.T) {
	got := canonical("CVM.tencentcloudapi.com", []byte(tc3Body))
	want := "POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:cvm.tencentcloudapi.com\n\ncontent-type;host\n" +
		"35e9c5b0e3ae67532d3c9f17ead6c90222632e5b1ff7f6e89887f1398934f064"
	if string(got) != want {
		t.Errorf("got\n%s", got)
	}
	if sum := hexSHA256(got); sum != "5ffe6a04c0664d6b969fab9a13bdab201d63ee709638e2749d62a09ca18d7031" {
		t.Errorf("its hash is %s", sum)
	}
}
