package main

import (
	"time"

	"go.uber.org/zap"

	"github.com/claimcall/claimcall/internal/config"
	"github.com/claimcall/claimcall/internal/stream"
)

// addressMargin is how much longer than the longest call the addresses of streams can be opened.
const addressMargin = 10 * time.Minute

func tencent(c *config.Serve, who stream.Authority, log *zap.Logger) stream.TencentConfig {
	t := &c.Tencent
	return stream.TencentConfig{
		PushDomain: t.PushDomain, PlayDomain: t.PlayDomain, App: t.App, BizID: t.BizID,
		PushKey: string(t.PushKey), PushBackupKey: string(t.PushBackupKey), PlayKey: string(t.PlayKey),
		LowLatencyKey: string(t.LowLatencyKey), Hash: stream.Hash(t.Hash),
		HookSecret: string(t.HookSecret), CallbackKey: string(t.CallbackKey),
		SecretID: t.SecretID, SecretKey: string(t.SecretKey), Region: t.Region, API: t.API,
		AddressLife: c.MaxCall + addressMargin,
		Authority:   who, Log: log,
	}
}
