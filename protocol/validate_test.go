package protocol

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	text := func(n int) string { return strings.Repeat("王", n) }
	request := func(change func(*CallRequest)) *CallRequest {
		r := &CallRequest{RequestID: "r", ClaimNo: "n"}
		change(r)
		return r
	}
	tests := map[string]struct {
		data validator
		want string // the message, or "" for good
	}{
		"hello empty":          {&Hello{}, ""},
		"hello full":           {&Hello{strings.Repeat("t", MaxToken), text(MaxResume), text(MaxDevice), text(MaxLang), text(MaxClient)}, ""},
		"hello token":          {&Hello{Token: strings.Repeat("t", MaxToken+1)}, "token: at most 4096 bytes"},
		"hello resume":         {&Hello{Resume: text(MaxResume + 1)}, "resume: at most 256 characters"},
		"hello device":         {&Hello{Device: text(MaxDevice + 1)}, "device: at most 128 characters"},
		"hello lang":           {&Hello{Lang: text(MaxLang + 1)}, "lang: at most 35 characters"},
		"hello client":         {&Hello{Client: "a\nb"}, "client: must not contain control characters"},
		"refresh":              {&TokenRefresh{"t"}, ""},
		"refresh empty":        {&TokenRefresh{}, "token: is required"},
		"refresh long":         {&TokenRefresh{strings.Repeat("t", MaxToken+1)}, "token: at most 4096 bytes"},
		"request least":        {request(func(*CallRequest) {}), ""},
		"request id":           {request(func(r *CallRequest) { r.RequestID = "" }), "request_id: is required"},
		"request id long":      {request(func(r *CallRequest) { r.RequestID = text(MaxRequestID + 1) }), "request_id: at most 64 characters"},
		"request claim":        {request(func(r *CallRequest) { r.ClaimNo = " " }), "claim_no: is required"},
		"request claim fits":   {request(func(r *CallRequest) { r.ClaimNo = text(MaxClaimNo) }), ""},
		"request claim long":   {request(func(r *CallRequest) { r.ClaimNo = text(MaxClaimNo + 1) }), "claim_no: at most 64 characters"},
		"request claim lines":  {request(func(r *CallRequest) { r.ClaimNo = "a\r\nb" }), "claim_no: must not contain control characters"},
		"request queue":        {request(func(r *CallRequest) { r.Queue = text(MaxQueue + 1) }), "queue: at most 64 characters"},
		"request skills":       {request(func(r *CallRequest) { r.Skills = slices.Repeat([]string{"a"}, MaxSkills) }), ""},
		"request many skills":  {request(func(r *CallRequest) { r.Skills = slices.Repeat([]string{"a"}, MaxSkills+1) }), "skills: at most 16 entries"},
		"request empty skill":  {request(func(r *CallRequest) { r.Skills = []string{"a", ""} }), "skills: is required"},
		"request long skill":   {request(func(r *CallRequest) { r.Skills = []string{text(MaxSkill + 1)} }), "skills: at most 64 characters"},
		"request audio":        {request(func(r *CallRequest) { r.Media = MediaAudio }), ""},
		"request media":        {request(func(r *CallRequest) { r.Media = "smell" }), "media: want video or audio"},
		"request note":         {request(func(r *CallRequest) { r.Note = text(MaxNote-1) + "\n" }), ""},
		"request note long":    {request(func(r *CallRequest) { r.Note = text(MaxNote + 1) }), "note: at most 500 characters"},
		"invite":               {&CallInviteCommand{text(MaxUser), "n"}, ""},
		"invite user":          {&CallInviteCommand{"", "n"}, "user: is required"},
		"invite user long":     {&CallInviteCommand{text(MaxUser + 1), "n"}, "user: at most 128 characters"},
		"invite claim":         {&CallInviteCommand{"u", ""}, "claim_no: is required"},
		"ref":                  {&CallRef{"c"}, ""},
		"ref long":             {&CallRef{text(MaxCall + 1)}, "call: at most 64 characters"},
		"reject":               {&CallReject{"c", text(MaxReason)}, ""},
		"reject call":          {&CallReject{"", "x"}, "call: is required"},
		"reject reason":        {&CallReject{"c", text(MaxReason + 1)}, "reason: at most 200 characters"},
		"streams":              {&StreamsRefresh{"c", "a word of tomorrow", 3}, ""},
		"streams call":         {&StreamsRefresh{}, "call: is required"},
		"streams why":          {&StreamsRefresh{"c", RefreshWhy(text(MaxReason + 1)), 0}, "why: at most 200 characters"},
		"streams failed":       {&StreamsRefresh{"c", WhyFailed, 1}, ""},
		"streams failed what":  {&StreamsRefresh{"c", WhyFailed, 0}, "generation: is required with why failed"},
		"streams generation":   {&StreamsRefresh{"c", "", -1}, "generation: must not be negative"},
		"report least":         {&StreamsReport{Call: "c", Generation: 1}, ""},
		"report full":          {&StreamsReport{"c", math.MaxInt32, &StreamStats{MaxKbps, MaxKbps, MaxFPS, MaxQualityLevel, -MaxStatsCode}, &StreamStats{Code: MaxStatsCode}}, ""},
		"report call":          {&StreamsReport{Generation: 1}, "call: is required"},
		"report generation":    {&StreamsReport{Call: "c"}, "generation: want 1 to 2147483647"},
		"report video":         {&StreamsReport{"c", 1, &StreamStats{VideoKbps: -1}, nil}, "push.video_kbps: want 0 to 100000"},
		"report audio":         {&StreamsReport{"c", 1, nil, &StreamStats{AudioKbps: MaxKbps + 1}}, "play.audio_kbps: want 0 to 100000"},
		"report fps":           {&StreamsReport{"c", 1, &StreamStats{FPS: MaxFPS + 1}, nil}, "push.fps: want 0 to 240"},
		"report level":         {&StreamsReport{"c", 1, nil, &StreamStats{Level: 7}}, "play.level: want 0 to 6"},
		"report code":          {&StreamsReport{"c", 1, &StreamStats{Code: -MaxStatsCode - 1}, nil}, "push.code: want -99999 to 99999"},
		"availability":         {&AvailabilitySet{AvailabilityAway}, ""},
		"availability in call": {&AvailabilitySet{AvailabilityInCall}, "state: want available or away"},
		"note":                 {&CallNote{"c", text(MaxNotes-3) + "\r\n\t"}, ""},
		"note empty":           {&CallNote{Call: "c"}, ""},
		"note long":            {&CallNote{"c", text(MaxNotes + 1)}, "text: at most 4000 characters"},
		"note control":         {&CallNote{"c", "a\x00"}, "text: must not contain control characters"},
		"note call":            {&CallNote{Text: "a"}, "call: is required"},
		"availability empty":   {&AvailabilitySet{}, "state: want available or away"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			fault := tt.data.Validate()
			if tt.want == "" && fault != nil {
				t.Fatal(fault)
			}
			if tt.want != "" && (fault == nil || fault.Code != CodeBadData || fault.Message != tt.want) {
				t.Errorf("got %v, want %q", fault, tt.want)
			}
		})
	}
}

// TestEveryCommandIsValidated misses a new command that forgot its limits.
func TestEveryCommandIsValidated(t *testing.T) {
	for _, c := range Commands() {
		if _, ok := c.NewData().(validator); !ok && !slices.Contains([]Type{TypePing, TypeQueueWatch, TypeSessionEnd}, c.Type) {
			t.Errorf("%s: %T has no Validate", c.Type, c.NewData())
		}
	}
}

func TestDecodeDataValidates(t *testing.T) {
	fault := DecodeData(json.RawMessage(`{"state":"in_call"}`), new(AvailabilitySet))
	if fault == nil || fault.Code != CodeBadData {
		t.Errorf("got %v, want bad_data", fault)
	}
}
