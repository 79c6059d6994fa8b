// Package socket makes WebSockets that cost next to nothing while they wait: most phones, most of the time, only wait.
//
//	upgrade   Acceptor.Accept takes the connection from net/http, which lets go of its buffers, and has coder/websocket
//	          speak the protocol on it
//	read      Conn.Read lends a buffer for as long as one message is handled
//	write     Conn.Write gathers a message and its header in a buffer that is lent as well: one system call each
//	wait      Conn.Wait gives the goroutine back; the poller has another one go on when there is something to read
//
// Where there is no poller (on systems other than Linux, or on connections that are none of the system's, as in tests),
// Wait says so, and a goroutine waits in Read.
package socket
