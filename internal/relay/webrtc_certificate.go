package relay

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"fmt"
	"sync"
	"time"

	"github.com/pion/webrtc/v4"
)

// certificateAge is how long one certificate is used; it is valid for a month.
const certificateAge = 24 * time.Hour

// certificates makes the certificate of our side of DTLS. Many connections share one, because making it costs more than the
// rest of an answer. Browsers know it by its fingerprint in the answer alone.
type certificates struct {
	mu   sync.Mutex
	last []webrtc.Certificate
	made time.Time
}

func (c *certificates) get(now time.Time) ([]webrtc.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last != nil && now.Sub(c.made) < certificateAge {
		return c.last, nil
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("relay: make a key: %w", err)
	}
	certificate, err := webrtc.GenerateCertificate(key)
	if err != nil {
		return nil, fmt.Errorf("relay: make a certificate: %w", err)
	}
	c.last, c.made = []webrtc.Certificate{*certificate}, now
	return c.last, nil
}
