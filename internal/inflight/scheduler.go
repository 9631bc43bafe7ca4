package inflight

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrExited is the error of a task whose goroutine was ended by runtime.Goexit.
var ErrExited = errors.New("clarify: a goroutine was ended by code that it called")

// scheduler decides which task runs when, whatever the tasks do.
type scheduler struct {
	ctx    context.Context
	cancel context.CancelFunc
	slots  int
	group  sync.WaitGroup

	mu      sync.Mutex
	used    int     // slots
	waiting []*task // for a slot, in the order in which they get one
	stopped error
}

// task is one task of a scheduler.
type task struct {
	scheduler *scheduler
	runner    interface{ run() }
	ctx       context.Context
	cancel    context.CancelFunc
	held      bool          // whether it holds a slot
	done      chan struct{} // closed when it has ended

	// The scheduler's mutex guards these.
	after   []*task       // tasks that must end before it starts
	reached bool          // whether a slot was free for it before the queue was stopped
	wake    chan struct{} // tells a running task that it has a slot again; nil before it waits for one

	// These are written before done is closed, and read after that.
	returned bool
	panicked any
	err      error
}

func (s *scheduler) start(ctx context.Context, slots int) {
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.slots = max(1, slots)
}

// add adds a task that has its runner and after.
func (s *scheduler) add(t *task) {
	t.scheduler, t.done = s, make(chan struct{})
	t.ctx, t.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = append(s.waiting, t)
	s.next()
}

// dropWaiting ends the tasks that have not started, without running them.
func (s *scheduler) dropWaiting() {
	// A task that is canceled frees its slot, which no other dropped task may take.
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(t *task) bool {
		if t.wake != nil {
			return false
		}
		close(t.done)
		return true
	})
}

// Stop keeps the tasks for which no slot was free yet from being run. They end with the
// error. If Stop is called more than once, the first error counts.
func (s *scheduler) Stop(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped == nil {
		s.stopped = err
	}
}

// Err returns the error that Stop was called with, the context's error if that has
// ended, or nil.
func (s *scheduler) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err()
}

// Close cancels all tasks and waits for those that run.
func (s *scheduler) Close() {
	s.cancel()
	s.group.Wait()
}

// err must be called with the lock held.
func (s *scheduler) err() error {
	if s.stopped == nil {
		s.stopped = s.ctx.Err()
	}
	return s.stopped
}

// next gives free slots to waiting tasks. It must be called with the lock held.
func (s *scheduler) next() {
	for i := 0; s.used < s.slots && i < len(s.waiting); {
		t := s.waiting[i]
		if !s.reach(t) {
			s.waiting = slices.Delete(s.waiting, i, i+1)
			continue
		}
		if !t.ready() {
			// The tasks it waits for may need another slot, so it must not hold one.
			i++
			continue
		}
		s.waiting = slices.Delete(s.waiting, i, i+1)
		s.used++
		if t.wake != nil {
			t.wake <- struct{}{}
			continue
		}
		t.held = true
		s.group.Add(1)
		go s.work(t)
	}
}

// reach records that there is a slot for a task. If the queue was stopped before, it
// ends the task and returns false. It must be called with the lock held.
func (s *scheduler) reach(t *task) bool {
	if t.reached {
		return true
	}
	// The queue's context ends before those of its tasks. A task that ends for that
	// reason must not make room for another one.
	if t.err = s.err(); t.err != nil {
		close(t.done)
		return false
	}
	t.reached = true
	return true
}

func (s *scheduler) work(t *task) {
	defer s.group.Done()
	defer s.finish(t)
	// The caller's own code may panic, such as an UnmarshalJSON. The caller should be
	// able to recover.
	defer func() { t.panicked = recover() }()
	t.runner.run()
	t.returned = true
}

func (s *scheduler) finish(t *task) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.panicked == nil && !t.returned {
		t.err = ErrExited
		if s.stopped == nil {
			s.stopped = t.err
		}
	}
	if t.held {
		t.held = false
		s.used--
	}
	close(t.done)
	s.next()
}

// wait waits until the task has ended. It panics if that did, and returns an error if
// the task was not run or did not return.
func (t *task) wait() error {
	<-t.done
	t.cancel()
	if t.panicked != nil {
		panic(t.panicked)
	}
	return t.err
}

func (t *task) ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// ready reports whether all tasks that t waits for have ended.
func (t *task) ready() bool {
	for _, earlier := range t.after {
		if !earlier.ended() {
			return false
		}
	}
	t.after = nil
	return true
}

// Release frees the task's slot for another task, if it holds one.
func (t *task) Release() {
	if !t.held {
		return
	}
	t.held = false
	t.scheduler.mu.Lock()
	defer t.scheduler.mu.Unlock()
	t.scheduler.used--
	t.scheduler.next()
}

// Acquire waits for a slot, unless the task holds one. It takes precedence over tasks
// that have not started.
func (t *task) Acquire() {
	if t.held {
		return
	}
	s := t.scheduler
	s.mu.Lock()
	if t.wake == nil {
		t.wake = make(chan struct{}, 1)
	}
	s.waiting = slices.Insert(s.waiting, 0, t)
	s.next()
	s.mu.Unlock()
	<-t.wake
	t.held = true
}
