package protocol

import "fmt"

// Error is the data of an error answer, and a Go error at the same time. Functions of this package
// return *Error where the client is to be told; beware of storing a nil *Error in an error.
type Error struct {
	// Code is stable; programs decide by it.
	Code Code `json:"code"`
	// Message is for people, and safe to show them.
	Message string `json:"message"`
	// Retry is whether the same command may succeed when sent again unchanged.
	Retry bool `json:"retry"`
	// Reason is there with call_ended: why the call ended.
	Reason Reason `json:"reason,omitempty"`
}

// ErrorBody is the name of Error among the payloads.
type ErrorBody = Error

// NewError returns code with its default message and retry.
func NewError(code Code) *Error {
	info := code.info()
	return &Error{Code: code, Message: info.message, Retry: info.retry}
}

// Errorf returns code with a message of its own, which must be safe to show.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Retry: code.info().retry}
}

// BadData returns bad_data for one field; want says what it should have been.
func BadData(field, want string) *Error {
	return Errorf(CodeBadData, "%s: %s", field, want)
}

// CallEnded returns call_ended with the reason the call ended for.
func CallEnded(reason Reason) *Error {
	e := Errorf(CodeCallEnded, "The call is over (%s).", reason)
	e.Reason = reason
	return e
}

// Error returns code and message.
func (e *Error) Error() string {
	return "protocol: " + string(e.Code) + ": " + e.Message
}

// Is reports whether target is an *Error with the same code, whatever its message.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}
