package relay

import (
	"errors"

	"github.com/pion/interceptor"
	"github.com/pion/interceptor/pkg/nack"
	"github.com/pion/interceptor/pkg/report"
	"github.com/pion/webrtc/v4"
)

// sentPackets is how many packets of video are kept for one viewer, to be sent again on request: those of a second, or of a
// group of pictures that has just been sent at once.
const sentPackets = 512

// newAPI makes peer connections for one action. A publisher and a viewer need different company for their media: nothing
// has to be kept for the one, nothing to be asked for again from the other.
func newAPI(action Action, settings webrtc.SettingEngine) (*webrtc.API, error) {
	media, interceptors := &webrtc.MediaEngine{}, &interceptor.Registry{}
	if err := registerCodecs(media); err != nil {
		return nil, err
	}
	register := registerSending
	if action == Publish {
		register = registerReceiving
	}
	if err := register(media, interceptors); err != nil {
		return nil, err
	}
	return webrtc.NewAPI(webrtc.WithSettingEngine(settings), webrtc.WithMediaEngine(media),
		webrtc.WithInterceptorRegistry(interceptors)), nil
}

// registerReceiving asks a publisher for lost packets, and tells it what arrives.
func registerReceiving(media *webrtc.MediaEngine, to *interceptor.Registry) error {
	again, err := nack.NewGeneratorInterceptor(nack.GeneratorInterval(nackInterval))
	reports, err2 := report.NewReceiverInterceptor()
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	media.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}, webrtc.RTPCodecTypeVideo)
	to.Add(again)
	to.Add(reports)
	return webrtc.ConfigureTWCCSender(media, to)
}

// registerSending sends lost packets again to a viewer, and tells it how its clocks belong together.
func registerSending(media *webrtc.MediaEngine, to *interceptor.Registry) error {
	again, err := nack.NewResponderInterceptor(nack.ResponderSize(sentPackets))
	reports, err2 := report.NewSenderInterceptor()
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	media.RegisterFeedback(webrtc.RTCPFeedback{Type: webrtc.TypeRTCPFBNACK}, webrtc.RTPCodecTypeVideo)
	to.Add(again)
	to.Add(reports)
	return nil
}
