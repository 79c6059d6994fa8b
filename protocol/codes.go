package protocol

// Code is a stable word for what went wrong with a command.
type Code string

// The frame could not be read. The socket stays open once the client is signed in.
const (
	// CodeBadJSON is a frame that is not one JSON object.
	CodeBadJSON Code = "bad_json"
	// CodeBadUTF8 is a text frame that is not UTF-8.
	CodeBadUTF8 Code = "bad_utf8"
	// CodeDuplicateKey is an object, at any level, that has a key twice.
	CodeDuplicateKey Code = "duplicate_key"
	// CodeTooDeep is a frame nested deeper than MaxDepth.
	CodeTooDeep Code = "too_deep"
	// CodeTooLarge is a frame larger than MaxFrame.
	CodeTooLarge Code = "too_large"
	// CodeNotText is a binary frame.
	CodeNotText Code = "not_text"
	// CodeBadEnvelope is an envelope without a usable type, or a command without a usable id.
	CodeBadEnvelope Code = "bad_envelope"
	// CodeUnknownType is a command this version does not have.
	CodeUnknownType Code = "unknown_type"
	// CodeBadData is a field that is missing, too long or of the wrong kind; the message names it.
	CodeBadData Code = "bad_data"
)

// The client may not do this.
const (
	// CodeHelloRequired is a command before hello.
	CodeHelloRequired Code = "hello_required"
	// CodeAlreadySignedIn is a second hello on the same socket.
	CodeAlreadySignedIn Code = "already_signed_in"
	// CodeUnauthorized is no token, or one that does not verify.
	CodeUnauthorized Code = "unauthorized"
	// CodeTokenExpired is a token that was good once.
	CodeTokenExpired Code = "token_expired"
	// CodeWrongAudience is a token that was made for another service.
	CodeWrongAudience Code = "wrong_audience"
	// CodeWrongRole is a token whose role this hub does not know.
	CodeWrongRole Code = "wrong_role"
	// CodeForbidden is a command, or a claim, that this person may not use.
	CodeForbidden Code = "forbidden"
	// CodeRateLimited is too many commands; wait and send it again.
	CodeRateLimited Code = "rate_limited"
)

// The call does not allow this now.
const (
	// CodeUnknownCall is a call that does not exist, or never did for this person.
	CodeUnknownCall Code = "unknown_call"
	// CodeNotYourCall is a call this person is no party of.
	CodeNotYourCall Code = "not_your_call"
	// CodeCallEnded is a call that is over; reason says why it ended.
	CodeCallEnded Code = "call_ended"
	// CodeWrongState is a command that makes no sense in the call's state.
	CodeWrongState Code = "wrong_state"
	// CodeWithdrawn is a call that no longer rings here.
	CodeWithdrawn Code = "withdrawn"
	// CodeAnsweredElsewhere is a call that another device accepted first.
	CodeAnsweredElsewhere Code = "answered_elsewhere"
	// CodeInCall is a person who is already in another call.
	CodeInCall Code = "in_call"
	// CodeNotJoined is a command that needs a call.join on this session first.
	CodeNotJoined Code = "not_joined"
	// CodeStreamsNotReady is asking for streams before both sides have joined.
	CodeStreamsNotReady Code = "streams_not_ready"
)

// The hub could not do it.
const (
	// CodeUnavailable is a store or service that does not answer now.
	CodeUnavailable Code = "unavailable"
	// CodeInternal is a fault of the hub; its log has the cause.
	CodeInternal Code = "internal"
)

// codeInfo is what a code says when nobody says it better.
type codeInfo struct {
	code    Code
	message string
	retry   bool
}

// codeTable is every code with its default message, which is safe to show, and whether the same
// command may succeed when it is sent again unchanged.
var codeTable = []codeInfo{
	{CodeBadJSON, "The frame is not a JSON object.", false},
	{CodeBadUTF8, "The frame is not valid UTF-8.", false},
	{CodeDuplicateKey, "An object has the same key twice.", false},
	{CodeTooDeep, "The frame is nested too deeply.", false},
	{CodeTooLarge, "The frame is too large.", false},
	{CodeNotText, "Only text frames are understood.", false},
	{CodeBadEnvelope, "The envelope needs a type and an id.", false},
	{CodeUnknownType, "This command is not known.", false},
	{CodeBadData, "A field is missing or wrong.", false},
	{CodeHelloRequired, "Say hello first.", false},
	{CodeAlreadySignedIn, "This connection is signed in already.", false},
	{CodeUnauthorized, "The sign-in was not accepted.", false},
	{CodeTokenExpired, "The sign-in has expired.", false},
	{CodeWrongAudience, "The sign-in is meant for another service.", false},
	{CodeWrongRole, "The role of this sign-in is not known.", false},
	{CodeForbidden, "You may not do this.", false},
	{CodeRateLimited, "Too many requests. Please wait a moment.", true},
	{CodeUnknownCall, "There is no such call.", false},
	{CodeNotYourCall, "You are not a party of this call.", false},
	{CodeCallEnded, "The call is over.", false},
	{CodeWrongState, "This is not possible at this point of the call.", false},
	{CodeWithdrawn, "The call is no longer offered to you.", false},
	{CodeAnsweredElsewhere, "The call was answered on another device.", false},
	{CodeInCall, "You are in another call.", false},
	{CodeNotJoined, "Join the call first.", false},
	{CodeStreamsNotReady, "The other side has not joined yet.", true},
	{CodeUnavailable, "The service is not available at the moment. Please try again.", true},
	{CodeInternal, "Something went wrong. Please try again.", true},
}

// Codes returns every error code of this version.
func Codes() []Code {
	codes := make([]Code, len(codeTable))
	for i, info := range codeTable {
		codes[i] = info.code
	}
	return codes
}

// info looks c up; codes of our own making that the table lacks read as internal.
func (c Code) info() codeInfo {
	for _, info := range codeTable {
		if info.code == c {
			return info
		}
	}
	return codeInfo{code: c, message: "Something went wrong. Please try again.", retry: true}
}
