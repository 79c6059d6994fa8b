package faulttest

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/claimcall/claimcall/internal/call"
	"github.com/claimcall/claimcall/protocol"
)

// How quick Sentinels are here to give a master up, in milliseconds, and how many of the three have to agree.
const (
	downAfter       = 1000
	failoverTimeout = 5000
	quorum          = 2
)

// lostChanges is how often a call changes in the time that a master takes with it.
const lostChanges = 10

// guarded is a master and a replica, watched by three Sentinels.
type guarded struct {
	master, replica *redisServer
	sentinels       []*redisServer
}

func startGuarded(t testing.TB) *guarded {
	t.Helper()
	g := &guarded{master: startRedis(t, "--repl-diskless-sync-delay", "0")}
	host, port, _ := strings.Cut(g.master.addr, ":")
	g.replica = startRedis(t, "--repl-diskless-sync-delay", "0", "--replicaof", host, port)
	within(t, patience, "the replica is in step", g.inStep)
	for range 3 {
		g.sentinels = append(g.sentinels, startSentinel(t, host, port))
	}
	within(t, patience, "the Sentinels know the replica and each other", func() bool {
		for _, s := range g.sentinels {
			replicas, others := s.answer("SENTINEL REPLICAS main"), s.answer("SENTINEL SENTINELS main")
			if !strings.Contains(replicas, "master-link-status ok") || strings.Count(others, " runid ") < len(g.sentinels)-1 {
				return false
			}
		}
		return true
	})
	return g
}

func startSentinel(t testing.TB, host, port string) *redisServer {
	t.Helper()
	s := newRedis(t)
	file := filepath.Join(s.dir, "sentinel.conf")
	write(t, file, fmt.Sprintf("sentinel monitor main %s %s %d\nsentinel down-after-milliseconds main %d\n"+
		"sentinel failover-timeout main %d\n", host, port, quorum, downAfter, failoverTimeout))
	_, own, _ := strings.Cut(s.addr, ":")
	s.process = launch(t, "sentinel", exec.Command("redis-server", file, "--port", own, "--bind", host, "--dir", s.dir, "--sentinel"),
		func(string) {})
	within(t, patience, "the Sentinel answers", func() bool { return s.answer("PING") == "PONG" })
	return s
}

// url is where nodes find the master.
func (g *guarded) url() string {
	var hosts []string
	for _, s := range g.sentinels {
		hosts = append(hosts, s.addr)
	}
	return "redis+sentinel://" + strings.Join(hosts, ",") + "/main"
}

// inStep reports whether the replica has all that the master has.
func (g *guarded) inStep() bool {
	info := g.replica.answer("INFO replication")
	return strings.Contains(info, "master_link_status:up") && strings.Contains(info, "role:slave") &&
		offset(info, "slave_repl_offset:") >= offset(g.master.answer("INFO replication"), "master_repl_offset:")
}

func offset(info, name string) (n int64) {
	_, after, _ := strings.Cut(info, name)
	_, _ = fmt.Sscan(after, &n)
	return n
}

// promoted reports whether the replica is the master now.
func (g *guarded) promoted() bool {
	return strings.Contains(g.replica.answer("INFO replication"), "role:master")
}

// lags has the replica hear nothing new until it is thawed.
func (g *guarded) lags() {
	g.replica.freeze()
	g.master.answer("CLIENT KILL TYPE replica") // else the kernel would keep for it what comes
}

// TestTheMasterFails has Sentinels name another master while there is a call in each state: with the old one killed, and
// with it frozen, so that it goes on later as if nothing had been. Both become replicas in the end.
func TestTheMasterFails(t *testing.T) {
	for name, how := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startGuarded(t)
			o := g.office(t)
			within(t, patience, "the replica is in step", g.inStep)
			o.failOver(g, how)
			o.isWhole()
		})
	}
}

// TestTheMasterTakesTheLastWithIt is the same with a replica that lags: what was done last is lost, although everybody
// was told that it is done.
func TestTheMasterTakesTheLastWithIt(t *testing.T) {
	for name, how := range failures() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := startGuarded(t)
			o := g.office(t)
			within(t, patience, "the replica is in step", g.inStep)
			g.lags()
			o.moveOn()
			how.thaw = g.replica.thaw
			o.failOver(g, how)
			o.isWhole()
		})
	}
}

// failure is a way in which a master goes, and comes back.
type failure struct {
	goes, returns func(testing.TB, *redisServer)
	thaw          func() // if not nil, what ends the lag of the replica
}

func failures() map[string]failure {
	return map[string]failure{
		"killed": {goes: func(_ testing.TB, r *redisServer) { r.kill() }, returns: func(t testing.TB, r *redisServer) { r.start(t) }},
		"frozen": {goes: func(_ testing.TB, r *redisServer) { r.freeze() }, returns: func(_ testing.TB, r *redisServer) { r.thaw() }},
	}
}

// office is a cluster on guarded servers with a call in each state. Its people come back whenever they have to.
func (g *guarded) office(t testing.TB) *office {
	c := &cluster{t: t, redis: g.master, url: g.url()}
	c.prepare([]string{"a", "b"})
	o := openOffice(c)
	for _, p := range o.everybody() {
		p.keepsComingBack(c, "a", "b")
	}
	return o
}

// moveOn changes each call, by one side or the other, and has somebody sign in.
func (o *office) moveOn() {
	for range lostChanges {
		o.zhang.does(protocol.TypeStreamsRefresh, protocol.StreamsRefresh{Call: o.active})
	}
	o.li.hangsUp(o.active)
	o.wang.joins(o.connecting)
	o.chen.joins(o.connecting)
	o.qian.accepts(o.ringing)
	o.zhou.does(protocol.TypeCallCancel, ref(o.queued))
	o.late = o.adjuster("wu", "a")
	o.late.keepsComingBack(o.cluster, "a", "b")
}

// failOver has the master go and, when the replica is in its place and the nodes are ready, return.
func (o *office) failOver(g *guarded, how failure) {
	o.t.Helper()
	how.goes(o.t, g.master)
	if how.thaw != nil {
		how.thaw()
	}
	took := within(o.t, patience, "the replica is promoted", g.promoted)
	ready := o.ready(patience)
	o.t.Logf("another master after %s, ready %s later", took.Round(time.Millisecond), ready.Round(time.Millisecond))
	how.returns(o.t, g.master)
	within(o.t, patience, "the old master is a replica", func() bool {
		return strings.Contains(g.master.answer("INFO replication"), "role:slave")
	})
	o.ready(patience)
}

// isWhole checks that nobody shows what is not so, that nobody is held by a call that is over, and that all can call
// each other.
func (o *office) isWhole() {
	o.t.Helper()
	o.converge(patience)
	s := o.store(o.t)
	adjusters := []*party{o.li, o.chen, o.qian}
	if o.late != nil {
		adjusters = append(adjusters, o.late)
	}
	for claimant, id := range map[*party]string{o.zhang: o.active, o.wang: o.connecting, o.sun: o.ringing, o.zhou: o.queued} {
		c, err := s.Call(o.t.Context(), id)
		if err != nil {
			o.t.Fatal(err)
		}
		o.t.Logf("the call of %s is %s, of %q", claimant.name, c.State, c.Adjuster.User)
		if c.State != call.Ended {
			claimant.hangsUp(id)
		}
	}
	for _, p := range adjusters {
		p.isAvailable()
		within(o.t, patience, p.name+" is free", func() bool {
			found, err := s.Presences(o.t.Context(), call.User{Role: call.Adjuster, ID: p.name})
			return err == nil && found[0].Free()
		})
	}
	served := map[*party]bool{}
	for _, claimant := range []*party{o.zhang, o.wang, o.sun, o.zhou} {
		id := claimant.requests()
		by := whoRings(id, adjusters...)
		goOn(claimant, by, id, protocol.StateRinging, protocol.StateActive)
		claimant.hangsUp(id)
		by.sees(id, protocol.StateEnded, patience)
		by.turns(protocol.AvailabilityAvailable, patience)
		served[by] = true
	}
	if len(served) != len(adjusters) {
		o.t.Errorf("only %d of %d adjusters are rung", len(served), len(adjusters))
	}
	for _, p := range o.everybody() {
		p.agrees(o.node("a"))
	}
}
