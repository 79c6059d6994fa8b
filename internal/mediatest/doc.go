// Package mediatest lets tests speak of picture and sound instead of frames: a [Publisher] pushes a [Scene], which is a
// picture and a tone that no other scene has, and a [Player] says which scene it sees and hears. Both are ffmpeg, so
// that what is tested is what phones and browsers would meet. [StartNginx] runs a real nginx with the RTMP module.
//
// Addresses are secrets here as elsewhere: no message holds one.
package mediatest
