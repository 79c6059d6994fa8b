// Package stream hands out the addresses that the two sides of a call push to and play from, and decides who may use
// them.
//
// A [Provider] is one media service: the relay inside the program, an nginx with the RTMP module, later others. A [Set]
// is the list of them that a deployment is configured with, and what the hub sees. Both sides of a call push one stream
// and play the other:
//
//	claimant  --push-->  {room}-c-g1  --play-->  adjuster
//	claimant  <--play--  {room}-a-g1  <--push--  adjuster
//
// Three things stand between an address and media. The address is signed for one name, one [Direction] and a limited
// time ([Keys]). The call must be running, in the generation of the name and with this provider ([Authority], which is
// the hub). And a name has one publisher. [Guard] asks the first two in this order, so that nobody without a signature
// costs a look into the store; the media service or its hooks see to the third.
//
// The relay stands before services that speak RTMP alone as well: its [Door] asks where a stream lives, and a [Bridged]
// provider signs the address by which the relay reaches it there.
//
// What a media service tells by itself may be lost, late, or said to another process. [Set.Run] therefore asks each [Listed]
// provider what is published and makes good what was not told; and each [Checked] one whether it can carry calls, which
// [Set.Health] passes on.
//
// Addresses and their queries are secrets. Nothing in this package logs them or puts them into an error.
package stream
