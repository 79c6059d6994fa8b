package mediabench

import (
	"encoding/binary"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	mp4 "github.com/abema/go-mp4"
	"github.com/bluenviron/gortmplib"
	"github.com/bluenviron/gortmplib/pkg/message"
	"github.com/bluenviron/mediacommon/v2/pkg/codecs/mpeg4audio"
)

const messageStream = 0x1000000

// dialRTMP connects for rtmp://HOST/app/name?query.
func dialRTMP(t *testing.T, address string, publish bool) *gortmplib.Client {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("not an address")
	}
	app, name, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	c := &gortmplib.Client{
		URL:     &url.URL{Scheme: u.Scheme, Host: u.Host, Path: "/" + app, Fragment: name + "?" + u.RawQuery},
		Publish: publish,
	}
	if err := c.Initialize(t.Context()); err != nil {
		t.Fatalf("rtmp: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// publishRTMP publishes the clip, over and over, until the test or the connection ends.
func publishRTMP(t *testing.T, address string, film clip) {
	t.Helper()
	client := dialRTMP(t, address, true)
	var mu sync.Mutex
	write := func(m message.Message) bool {
		mu.Lock()
		defer mu.Unlock()
		return client.Write(m) == nil
	}
	write(pictureConfig(film.pictures[0]))
	write(soundConfig())
	w, start := newWorkers(t), time.Now()
	w.pace(start, clipFPS, 1, func(i int) bool {
		return write(&message.Video{
			ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: messageStream, DTS: at(i, 1, clipFPS),
			Codec: message.CodecH264, IsKeyFrame: i%clipFPS == 0, Type: message.VideoTypeAU, AU: withLengths(film.pictures[i%clipPictures]),
		})
	})
	w.pace(start, soundRate, aacSamples, func(i int) bool {
		return write(&message.Audio{
			ChunkStreamID: message.AudioChunkStreamID, MessageStreamID: messageStream, DTS: at(i, aacSamples, soundRate),
			Codec: message.CodecMPEG4Audio, Rate: message.AudioRate44100, Depth: message.AudioDepth16, IsStereo: true,
			AACType: message.AudioAACTypeAU, AU: film.aac[i%clipAAC],
		})
	})
}

// pictureConfig makes a sequence header of the parameter sets with which a key frame begins.
func pictureConfig(key [][]byte) message.Message {
	sps, pps := key[0], key[1]
	return &message.Video{
		ChunkStreamID: message.VideoChunkStreamID, MessageStreamID: messageStream, Codec: message.CodecH264,
		IsKeyFrame: true, Type: message.VideoTypeConfig,
		AVCConfig: &mp4.AVCDecoderConfiguration{
			AnyTypeBox: mp4.AnyTypeBox{Type: mp4.BoxTypeAvcC()}, ConfigurationVersion: 1,
			Profile: sps[1], ProfileCompatibility: sps[2], Level: sps[3],
			LengthSizeMinusOne: 3, NumOfSequenceParameterSets: 1, NumOfPictureParameterSets: 1,
			SequenceParameterSets: []mp4.AVCParameterSet{{Length: uint16(len(sps)), NALUnit: sps}},
			PictureParameterSets:  []mp4.AVCParameterSet{{Length: uint16(len(pps)), NALUnit: pps}},
		},
	}
}

func soundConfig() message.Message {
	return &message.Audio{
		ChunkStreamID: message.AudioChunkStreamID, MessageStreamID: messageStream,
		Codec: message.CodecMPEG4Audio, Rate: message.AudioRate44100, Depth: message.AudioDepth16, IsStereo: true,
		AACType:   message.AudioAACTypeConfig,
		AACConfig: &mpeg4audio.AudioSpecificConfig{Type: 2, SampleRate: soundRate, ChannelConfig: 1},
	}
}

// withLengths joins the NAL units of a picture as FLV has them.
func withLengths(nals [][]byte) (body []byte) {
	for _, nal := range nals {
		body = binary.BigEndian.AppendUint32(body, uint32(len(nal)))
		body = append(body, nal...)
	}
	return body
}

// playRTMP shows the stream to see until the test or the connection ends.
func playRTMP(t *testing.T, address string, see viewer) {
	t.Helper()
	client := dialRTMP(t, address, false)
	go func() {
		for {
			m, err := client.Read()
			if err != nil {
				return
			}
			switch m := m.(type) {
			case *message.Video:
				if m.Type == message.VideoTypeAU {
					see(unit{video: true, key: m.IsKeyFrame, at: m.DTS + m.PTSDelta, data: m.AU, came: time.Now()})
				}
			case *message.Audio:
				if m.AACType == message.AudioAACTypeAU {
					see(unit{at: m.DTS, data: m.AU, came: time.Now()})
				}
			}
		}
	}()
}
