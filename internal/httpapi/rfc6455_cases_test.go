package httpapi

import (
	"fmt"
	"strings"

	"github.com/claimcall/claimcall/internal/socket"
	"github.com/claimcall/claimcall/protocol"
)

// rfcCase is one exchange behind an upgrade.
type rfcCase struct {
	name  string
	send  string
	texts []string // that reach the hub, in order
	pongs int
	close int // code of the server's close frame; 0: the socket just ends
}

// The numbers in front are those of the cases of the Autobahn test suite. What is not here:
//
//   - 9.*, sizes and times of large messages: beyond 32 KiB a message is skipped, and speed is measured by `claimcall bench`.
//   - 12.* and 13.*, compression: none is offered or accepted (memory, decompression bombs, CRIME); 3.* shows that its bit
//     is refused, and TestNoExtensions that it is not agreed.
//   - 6.4.* in the strict way, which ends a message at its first bad byte: the library takes text of any bytes, and so the
//     hub, which checks every message once it is whole, answers bad_utf8 and goes on. The cases of 6.* prove that such
//     bytes reach it as they are. What no answer can do, ending the connection with 1007, is left out: one bad message from
//     an old phone is no reason to cut a call.
//   - 7.5.1, a close reason that is not UTF-8: the library takes it, and nobody reads reasons.
//   - Lengths in more bytes than they need (section 5.2) are taken by the library, and harm nobody. For one with its highest
//     bit set, and for unmasked frames, it ends the connection without a close frame, which is as good an end.
//   - 10.1.1, fragmentation by the server: the server does not fragment.
func rfcCases() []rfcCase {
	var all []rfcCase
	for _, group := range [][]rfcCase{
		rfcTexts(), rfcPings(), rfcReservedBits(), rfcOpcodes(), rfcFragments(), rfcUTF8(), rfcCloses(), rfcLengths(), rfcMasks(),
	} {
		all = append(all, group...)
	}
	return all
}

func rfcBye() string { return closeFrame(1000, "") }

// rfcTexts: 1.*. The first message may have 4 KiB, and what is binary or larger is told to the hub and not shown to it.
func rfcTexts() []rfcCase {
	var cases []rfcCase
	for i, n := range []int{0, 125, 126, 127, 128, 1000, 4095, protocol.MaxHello} {
		text := strings.Repeat("*", n)
		cases = append(cases,
			rfcCase{fmt.Sprintf("1.1.%d text of %d", i+1, n), frame(fin|opText, text) + rfcBye(), []string{text}, 0, 1000},
			rfcCase{fmt.Sprintf("1.2.%d binary of %d after a text", i+1, n), frame(fin|opText, "a") + frame(fin|opBinary, text) + frame(fin|opText, "b") + rfcBye(), []string{"a", "b"}, 0, 1000})
	}
	large := strings.Repeat("*", protocol.MaxFrame)
	return append(cases,
		rfcCase{"1.1.9 text of 32 KiB after a small one", frame(fin|opText, "a") + frame(fin|opText, large) + rfcBye(), []string{"a", large}, 0, 1000},
		rfcCase{"1.1.9 text of more than 32 KiB is skipped", frame(fin|opText, "a") + frame(fin|opText, large+"*") + frame(fin|opText, "b") + rfcBye(), []string{"a", "b"}, 0, 1000},
		rfcCase{"1.1.9 text of more than 64 KiB is skipped", frame(fin|opText, "a") + frame(fin|opText, large+large+"*") + frame(fin|opText, "b") + rfcBye(), []string{"a", "b"}, 0, 1000},
		rfcCase{"1.1.9 text of more than 1 MiB ends the socket", frame(fin|opText, "a") + frame(fin|opText, strings.Repeat("*", socket.MaxSkipped+1)), []string{"a"}, 0, int(protocol.CloseBadFrame)},
	)
}

// rfcPings: 2.*.
func rfcPings() []rfcCase {
	full := strings.Repeat("\xfe", 125)
	ping := frame(fin|opPing, "ping")
	return []rfcCase{
		{"2.1 ping without payload", frame(fin|opPing, "") + rfcBye(), nil, 1, 1000},
		{"2.2 ping with payload", frame(fin|opPing, "Hello, world!") + rfcBye(), nil, 1, 1000},
		{"2.3 ping with binary payload", frame(fin|opPing, "\x00\xff\xfe\xfd\xfc\xfb\x00\xff") + rfcBye(), nil, 1, 1000},
		{"2.4 ping of 125", frame(fin|opPing, full) + rfcBye(), nil, 1, 1000},
		{"2.5 ping of 126", frame(fin|opPing, full+"x"), nil, 0, 1002},
		{"2.7 pong without payload", frame(fin|opPong, "") + rfcBye(), nil, 0, 1000},
		{"2.8 pong with payload", frame(fin|opPong, "unasked") + rfcBye(), nil, 0, 1000},
		{"2.9 pong, then ping", frame(fin|opPong, "unasked") + ping + rfcBye(), nil, 1, 1000},
		{"2.10 ten pings", strings.Repeat(ping, 10) + rfcBye(), nil, 10, 1000},
		{"2.10 ping and text by turns", strings.Repeat(ping+frame(fin|opText, "a"), 3) + rfcBye(), []string{"a", "a", "a"}, 3, 1000},
		{"2.* pong of 126", frame(fin|opPong, full+"x"), nil, 0, 1002},
		{"2.* ping with a length longer than it must be", string([]byte{fin | opPing, 0x80 | 126, 0, 5, 0, 0, 0, 0}) + "hello" + rfcBye(), nil, 1, 1000},
	}
}

// rfcReservedBits: 3.*. No extension is agreed, so each of the three bits is an error, at whatever frame.
func rfcReservedBits() []rfcCase {
	var cases []rfcCase
	for bits := byte(1); bits <= 7; bits++ {
		for name, op := range map[string]byte{"text": opText, "binary": opBinary, "ping": opPing, "pong": opPong, "close": opClose} {
			cases = append(cases, rfcCase{
				fmt.Sprintf("3.%d reserved bits %03b at a %s", bits, bits, name),
				frame(fin|opText, "a") + frame(fin|op|bits<<4, "") + frame(fin|opPing, ""), []string{"a"}, 0, 1002,
			})
		}
	}
	return cases
}

// rfcOpcodes: 4.*.
func rfcOpcodes() []rfcCase {
	var cases []rfcCase
	for i, op := range []byte{3, 4, 5, 6, 7} {
		cases = append(cases,
			rfcCase{fmt.Sprintf("4.1.%d opcode %d", i+1, op), frame(fin|op, ""), nil, 0, 1002},
			rfcCase{fmt.Sprintf("4.1.%d opcode %d with payload after a text", i+1, op), frame(fin|opText, "a") + frame(fin|op, "x") + frame(fin|opPing, ""), []string{"a"}, 0, 1002})
	}
	for i, op := range []byte{11, 12, 13, 14, 15} {
		cases = append(cases,
			rfcCase{fmt.Sprintf("4.2.%d control opcode %d", i+1, op), frame(fin|op, ""), nil, 0, 1002},
			rfcCase{fmt.Sprintf("4.2.%d control opcode %d with payload after a text", i+1, op), frame(fin|opText, "a") + frame(fin|op, "x") + frame(fin|opPing, ""), []string{"a"}, 0, 1002})
	}
	return cases
}

// rfcFragments: 5.*.
func rfcFragments() []rfcCase {
	ping, more := frame(fin|opPing, "p"), frame(opContinue, "b")
	last := frame(fin|opContinue, "c")
	return []rfcCase{
		{"5.1 ping in two fragments", frame(opPing, "a") + last, nil, 0, 1002},
		{"5.2 pong in two fragments", frame(opPong, "a") + last, nil, 0, 1002},
		{"5.2 close in two fragments", frame(opClose, "\x03\xe8") + last, nil, 0, 1002},
		{"5.3 text in two fragments", frame(opText, "a") + last + rfcBye(), []string{"ac"}, 0, 1000},
		{"5.6 text in two fragments, a ping between", frame(opText, "a") + ping + last + rfcBye(), []string{"ac"}, 1, 1000},
		{"5.7 a pong between", frame(opText, "a") + frame(fin|opPong, "p") + last + rfcBye(), []string{"ac"}, 0, 1000},
		{"5.8 in three fragments", frame(opText, "a") + more + last + rfcBye(), []string{"abc"}, 0, 1000},
		{"5.8 in three fragments, a ping after each", frame(opText, "a") + ping + more + ping + last + ping + rfcBye(), []string{"abc"}, 3, 1000},
		{"5.8 with empty fragments", frame(opText, "") + frame(opContinue, "") + frame(fin|opContinue, "") + rfcBye(), []string{""}, 0, 1000},
		{"5.9 a last fragment of nothing", last + frame(fin|opText, "x"), nil, 0, 1002},
		{"5.11 a fragment of nothing", more + frame(fin|opText, "x"), nil, 0, 1002},
		{"5.12 a fragment after a whole text", frame(fin|opText, "a") + more, []string{"a"}, 0, 1002},
		{"5.14 a last fragment after a whole text", frame(fin|opText, "a") + last, []string{"a"}, 0, 1002},
		{"5.15 a fragment after a text in fragments", frame(opText, "a") + last + more, []string{"ac"}, 0, 1002},
		{"5.16 a last fragment, then a text in fragments", last + frame(opText, "a") + last, nil, 0, 1002},
		{"5.18 a text within a text", frame(opText, "a") + frame(fin|opText, "b"), nil, 0, 1002},
		{"5.18 a text begun within a text", frame(opText, "a") + frame(opText, "b"), nil, 0, 1002},
		{"5.18 a binary within a text", frame(opText, "a") + frame(fin|opBinary, "b"), nil, 0, 1002},
		{"5.19 two pings between, all at once", frame(opText, "a") + more + ping + more + more + ping + last + rfcBye(), []string{"abbbc"}, 2, 1000},
		{"5.* a binary in fragments, then a text", frame(fin|opText, "a") + frame(opBinary, "b") + ping + last + frame(fin|opText, "d") + rfcBye(), []string{"a", "d"}, 1, 1000},
		{"5.* a close between fragments", frame(opText, "a") + rfcBye() + last, nil, 0, 1000},
		{"5.* a hundred fragments", frame(opText, "a") + strings.Repeat(more, 100) + last + rfcBye(), []string{"a" + strings.Repeat("b", 100) + "c"}, 0, 1000},
		{"5.* fragments of more than 32 KiB together are skipped", frame(fin|opText, "a") + frame(opText, "a") + strings.Repeat(frame(opContinue, strings.Repeat("b", 1024)), 33) + last + frame(fin|opText, "d") + rfcBye(), []string{"a", "d"}, 0, 1000},
	}
}

// rfcUTF8: 6.*. Every text reaches the hub as it is, whole, whether its bytes are good or not, and however they are cut.
func rfcUTF8() []rfcCase {
	texts := []struct{ number, name, text string }{
		{"6.1.1", "empty", ""},
		{"6.2.1", "good", "Hello-\u00b5@\u00df\u00f6\u00e4\u00fc\u00e0\u00e1-UTF-8!!"},
		{"6.3.1", "surrogate in the middle", "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited"},
		{"6.5.1", "Greek", "\u03ba\u1f79\u03c3\u03bc\u03b5"},
		{"6.6.2", "cut after one byte", "\xce"},
		{"6.6.5", "cut within a letter", "\xce\xba\xe1\xbd"},
		{"6.7.1", "NUL", "\x00"},
		{"6.7.2", "two bytes", "\u0080"},
		{"6.7.3", "three bytes", "\u0800"},
		{"6.7.4", "four bytes", "\U00010000"},
		{"6.8.1", "five bytes", "\xf8\x88\x80\x80\x80"},
		{"6.8.2", "six bytes", "\xfc\x84\x80\x80\x80\x80"},
		{"6.9.1", "last of one byte", "\x7f"},
		{"6.9.2", "last of two", "\u07ff"},
		{"6.9.3", "last of three", "\uffff"},
		{"6.9.4", "last of four", "\U0010ffff"},
		{"6.10.1", "beyond Unicode", "\xf4\x90\x80\x80"},
		{"6.11.1", "before the surrogates", "\ud7ff"},
		{"6.11.2", "behind the surrogates", "\ue000"},
		{"6.11.3", "replacement", "\ufffd"},
		{"6.12.1", "a byte in the middle alone", "\x80"},
		{"6.13.1", "first bytes alone", "\xc0 \xc1 \xc2 "},
		{"6.14.1", "one byte is missing", "\xc0"},
		{"6.16.1", "impossible byte", "\xfe"},
		{"6.17.1", "slash too long", "\xc0\xaf"},
		{"6.18.1", "overlong", "\xc1\xbf"},
		{"6.19.1", "NUL too long", "\xc0\x80"},
		{"6.20.1", "surrogate", "\xed\xa0\x80"},
		{"6.21.1", "pair of surrogates", "\xed\xa0\x80\xed\xb0\x80"},
		{"6.22.1", "not a character", "\ufffe"},
		{"6.23.1", "special", "\ufffa"},
	}
	var cases []rfcCase
	for _, tt := range texts {
		cut := len(tt.text) / 2
		cases = append(cases,
			rfcCase{tt.number + " " + tt.name, frame(fin|opText, tt.text) + rfcBye(), []string{tt.text}, 0, 1000},
			rfcCase{tt.number + " " + tt.name + ", cut in two", frame(opText, tt.text[:cut]) + frame(fin|opContinue, tt.text[cut:]) + rfcBye(), []string{tt.text}, 0, 1000})
	}
	return cases
}

// rfcCloses: 7.*.
func rfcCloses() []rfcCase {
	cases := []rfcCase{
		{"7.1.1 text, then close", frame(fin|opText, "a") + rfcBye(), []string{"a"}, 0, 1000},
		{"7.1.2 two closes", rfcBye() + rfcBye(), nil, 0, 1000},
		{"7.1.3 ping after close", rfcBye() + frame(fin|opPing, ""), nil, 0, 1000},
		{"7.1.4 text after close", rfcBye() + frame(fin|opText, "a"), nil, 0, 1000},
		{"7.1.5 rest of a text after close", frame(opText, "a") + rfcBye() + frame(fin|opContinue, "b"), nil, 0, 1000},
		{"7.1.6 much, then close, then ping", frame(fin|opText, "a") + frame(fin|opText, strings.Repeat("x", protocol.MaxFrame)) + rfcBye() + frame(fin|opPing, ""), []string{"a", strings.Repeat("x", protocol.MaxFrame)}, 0, 1000},
		{"7.3.1 close without payload", frame(fin|opClose, ""), nil, 0, 0},
		{"7.3.2 close with half a code", frame(fin|opClose, "a"), nil, 0, 1002},
		{"7.3.3 close with a code", closeFrame(1000, ""), nil, 0, 1000},
		{"7.3.4 close with a reason", closeFrame(1000, "Hello World!"), nil, 0, 1000},
		{"7.3.5 close with the longest reason", closeFrame(1000, strings.Repeat("x", 123)), nil, 0, 1000},
		{"7.3.6 close with a reason too long", closeFrame(1000, strings.Repeat("x", 124)), nil, 0, 1002},
	}
	for i, code := range []uint16{1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999} {
		cases = append(cases, rfcCase{fmt.Sprintf("7.7.%d close with %d", i+1, code), closeFrame(code, ""), nil, 0, int(code)})
	}
	for i, code := range []uint16{0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999} {
		cases = append(cases, rfcCase{fmt.Sprintf("7.9.%d close with %d", i+1, code), closeFrame(code, ""), nil, 0, 1002})
	}
	for i, code := range []uint16{5000, 65535} {
		cases = append(cases, rfcCase{fmt.Sprintf("7.13.%d close with %d", i+1, code), closeFrame(code, ""), nil, 0, 1002})
	}
	return cases
}

// rfcLengths are of section 5.2: what a length may look like.
func rfcLengths() []rfcCase {
	long := func(head byte, length string) string {
		return string([]byte{fin | opText, head}) + length + "\x00\x00\x00\x00"
	}
	return []rfcCase{
		{"5.2 a length of 64 bits beyond all measure", frame(fin|opText, "a") + long(0x80|127, "\x7f\xff\xff\xff\xff\xff\xff\xff") + strings.Repeat("x", socket.MaxSkipped+1), []string{"a"}, 0, int(protocol.CloseBadFrame)},
		{"5.2 a length with its highest bit set", long(0x80|127, "\xff\xff\xff\xff\xff\xff\xff\xff"), nil, 0, 0},
	}
}

// rfcMasks are of section 5.3: a client masks, with any key.
func rfcMasks() []rfcCase {
	masked := func(key, text string) string {
		b := []byte(text)
		for i := range b {
			b[i] ^= key[i%4]
		}
		return string([]byte{fin | opText, 0x80 | byte(len(text))}) + key + string(b)
	}
	return []rfcCase{
		{"5.3 masked", masked("\x37\xfa\x21\x3d", "Hello") + rfcBye(), []string{"Hello"}, 0, 1000},
		{"5.3 masked with ones", masked("\xff\xff\xff\xff", "Hello, world") + rfcBye(), []string{"Hello, world"}, 0, 1000},
		{"5.3 a key for each frame", masked("\x01\x02\x03\x04", "a") + masked("\x05\x06\x07\x08", "b") + rfcBye(), []string{"a", "b"}, 0, 1000},
		{"5.1 an unmasked text", string([]byte{fin | opText, 1}) + "x", nil, 0, 0},
		{"5.1 an unmasked ping", string([]byte{fin | opPing, 0}), nil, 0, 0},
	}
}
