package bench

import (
	"context"
	"fmt"
	"strconv"
	"time"
)

// used is what the servers of a run have taken so far.
type used struct {
	nodes    time.Duration // of processor time, all together
	redis    time.Duration
	commands float64 // that Redis ran, with those inside scripts
}

// usage asks the nodes, and Redis if there is one.
func usage(ctx context.Context, nodes []*process, redis *redisServer) (used, error) {
	var u used
	for _, p := range nodes {
		took, err := p.processor()
		if err != nil {
			return used{}, err
		}
		u.nodes += took
	}
	if redis == nil {
		return u, nil
	}
	var err error
	u.redis, u.commands, err = redis.used(ctx)
	return u, err
}

// used returns the processor time that Redis has taken, and how many commands it has run. It counts those inside scripts
// as well, and can't tell them from those that clients send.
func (r *redisServer) used(ctx context.Context) (took time.Duration, commands float64, err error) {
	info := r.client.InfoMap(ctx, "cpu", "stats")
	if err := info.Err(); err != nil {
		return 0, 0, fmt.Errorf("redis: %w", err)
	}
	values := info.Val()
	for _, kind := range []string{"used_cpu_user", "used_cpu_sys"} {
		seconds, err := strconv.ParseFloat(values["CPU"][kind], 64)
		if err != nil {
			return 0, 0, fmt.Errorf("redis: %s: %w", kind, err)
		}
		took += time.Duration(seconds * float64(time.Second))
	}
	commands, err = strconv.ParseFloat(values["Stats"]["total_commands_processed"], 64)
	if err != nil {
		return 0, 0, fmt.Errorf("redis: total_commands_processed: %w", err)
	}
	return took, commands, nil
}
