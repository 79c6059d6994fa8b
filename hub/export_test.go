package hub

// What tests outside the package look at.
var (
	CursorOf    = cursorOf
	ParseCursor = parseCursor
)
