package protocol

import "testing"

const benchFrame = `{"type":"call.request","id":"c-17","data":{"request_id":"0f9c2c1e-7f0b","claim_no":"PA-2026-0042","queue":"default","skills":["ev","hail"],"media":"video","note":"Front left, parked at the market."}}`

func BenchmarkDecodeEnvelope(b *testing.B) {
	frame := []byte(benchFrame)
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	for b.Loop() {
		if _, fault := DecodeEnvelope(frame); fault != nil {
			b.Fatal(fault)
		}
	}
}

func BenchmarkDecodePing(b *testing.B) {
	frame := []byte(`{"type":"ping","id":"42","data":{}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, fault := DecodeEnvelope(frame); fault != nil {
			b.Fatal(fault)
		}
	}
}

func BenchmarkDecodeData(b *testing.B) {
	env, fault := DecodeEnvelope([]byte(benchFrame))
	if fault != nil {
		b.Fatal(fault)
	}
	b.ReportAllocs()
	for b.Loop() {
		var data CallRequest
		if fault := DecodeData(env.Data, &data); fault != nil {
			b.Fatal(fault)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	event := &CallStreams{active(LegClaimant), streams(1, "a", "b")}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Encode(TypeCallStreams, "", event); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendPong(b *testing.B) {
	pong := &Pong{after(0), 30000}
	buf := make([]byte, 0, 256)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := AppendEnvelope(buf, TypePong, "42", pong); err != nil {
			b.Fatal(err)
		}
	}
}
