// Package assigntest holds no code, only tests: many people call each other on two nodes with one store, while answers
// of the store come late or get lost, sockets drop and nodes die. The tests then ask whether the assignment of adjusters to
// calls can still be explained.
//
// TestAssignment writes down what every client asked and heard, as a History, and has porcupine look for an order in
// which a specification of a few lines, model_test.go, could have done the same. TestRandomRuns lets rapid choose what
// happens, in fake time, and looks into the store after every step and when everything is over.
package assigntest
