package redisstore

import (
	"context"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Limits of the connections. A frozen Redis costs a command the answer limit, and no goroutine more than that.
const (
	dialLimit   = time.Second
	answerLimit = 2 * time.Second
	poolSize    = 32
	poolIdle    = 5 * time.Minute
)

// newClient returns a client that has not connected yet. It silences the library, which would write to the standard error
// output what it also returns to its caller.
func newClient(l location) redis.UniversalClient {
	logging.Disable()
	return redis.NewUniversalClient(&redis.UniversalOptions{
		Addrs: l.addrs, IsClusterMode: l.cluster, MasterName: l.master, DB: l.db,
		Username: l.user, Password: l.password, SentinelUsername: l.sentinelUser, SentinelPassword: l.sentinelPassword,
		TLSConfig: l.tls,

		DialTimeout: dialLimit, ReadTimeout: answerLimit, WriteTimeout: answerLimit, PoolTimeout: answerLimit,
		ContextTimeoutEnabled: true,
		DialerRetries:         1,
		MaxRetries:            -1, // who gets an error decides: a commit must not be sent again behind its caller's back
		PoolSize:              poolSize, ConnMaxIdleTime: poolIdle,

		Protocol:                 2, // nothing of version 3 is used
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
}

// publishCommand is what scripts publish with. In a cluster a sharded channel stays on the node that has the keys.
func (s *Store) publishCommand() string {
	if s.cluster {
		return "SPUBLISH"
	}
	return "PUBLISH"
}

func (s *Store) publish(ctx context.Context, channel, payload string) error {
	if s.cluster {
		return s.client.SPublish(ctx, channel, payload).Err()
	}
	return s.client.Publish(ctx, channel, payload).Err()
}

// subscribe subscribes to a channel by a connection of its own. The caller closes it, also with an error.
func (s *Store) subscribe(ctx context.Context, channel string) (*redis.PubSub, error) {
	if s.cluster {
		sub := s.client.SSubscribe(ctx)
		return sub, sub.SSubscribe(ctx, channel)
	}
	sub := s.client.Subscribe(ctx)
	return sub, sub.Subscribe(ctx, channel)
}
