// Command turnserver is a TURN server on a UDP port of loopback, for browsers that are to reach the media service by no other
// way. Its argument is the secret that it shares with the media service. It prints HOST:PORT and ends with its standard input.
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"

	"github.com/pion/logging"
	"github.com/pion/turn/v5"
)

func main() {
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	quiet := &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}
	server, err := turn.NewServer(turn.ServerConfig{
		Realm:         "test",
		AuthHandler:   turn.NewLongTermAuthHandler(os.Args[1], quiet.NewLogger("turn")),
		LoggerFactory: quiet,
		PacketConnConfigs: []turn.PacketConnConfig{{
			PacketConn:            udp,
			RelayAddressGenerator: &turn.RelayAddressGeneratorStatic{RelayAddress: net.IPv4(127, 0, 0, 1), Address: "127.0.0.1"},
		}},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	fmt.Println(udp.LocalAddr())
	io.Copy(io.Discard, os.Stdin)
}
