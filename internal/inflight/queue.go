// Package inflight runs tasks concurrently, a bounded number at a time, and hands
// out their results in the order in which the tasks were added.
//
// A [Queue] has one consumer, the goroutine that adds tasks and takes results. Its
// other goroutines end with Close.
package inflight

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// ErrExited is the error of a task whose goroutine was ended by runtime.Goexit.
var ErrExited = errors.New("clarify: a goroutine was ended by code that it called")

// Queue holds the tasks whose results were not taken yet. S describes a task, and R is
// its result.
type Queue[S, R any] struct {
	ctx    context.Context
	cancel context.CancelFunc
	run    func(ctx context.Context, t *Task[S, R]) R
	slots  int
	tasks  []*Task[S, R] // the consumer's
	group  sync.WaitGroup

	mu      sync.Mutex
	used    int           // slots
	waiting []*Task[S, R] // for a slot, in the order in which they get one
	stopped error
}

// Task is one task. Its methods are for the function that runs it.
type Task[S, R any] struct {
	// What describes the task.
	What S

	queue  *Queue[S, R]
	ctx    context.Context
	cancel context.CancelFunc
	held   bool          // whether it holds a slot
	done   chan struct{} // closed when it has ended

	// The queue's mutex guards these.
	after   []*Task[S, R] // tasks that must end before it starts
	reached bool          // whether a slot was free for it before the queue was stopped
	wake    chan struct{} // tells a running task that it has a slot again; nil before it waits for one

	// These are written before done is closed, and read after that.
	result   R
	returned bool
	panicked any
	err      error
}

// New returns a queue that runs each task by calling run, with the given number of
// slots, at least one. A task that starts holds a slot. When ctx ends, tasks that run
// are canceled, and others are not run.
//
// If run panics, so does the [Queue.Take] that takes the result.
func New[S, R any](ctx context.Context, slots int, run func(ctx context.Context, t *Task[S, R]) R) *Queue[S, R] {
	q := &Queue[S, R]{run: run, slots: max(1, slots)}
	q.ctx, q.cancel = context.WithCancel(ctx)
	return q
}

// Add adds a task. It starts once there is a free slot and the tasks in after,
// which were added earlier, have ended.
func (q *Queue[S, R]) Add(what S, after ...*Task[S, R]) *Task[S, R] {
	t := &Task[S, R]{What: what, queue: q, after: after, done: make(chan struct{})}
	t.ctx, t.cancel = context.WithCancel(q.ctx)
	q.tasks = append(q.tasks, t)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, t)
	q.next()
	return t
}

// Len returns the number of tasks whose results were not taken.
func (q *Queue[S, R]) Len() int { return len(q.tasks) }

// First returns the description of the first task. The queue must not be empty.
func (q *Queue[S, R]) First() S { return q.tasks[0].What }

// Last returns the description of the last task. The queue must not be empty.
func (q *Queue[S, R]) Last() S { return q.tasks[len(q.tasks)-1].What }

// Ready reports whether the first task has ended. The queue must not be empty.
func (q *Queue[S, R]) Ready() bool { return q.tasks[0].ended() }

// Take waits for the first task and removes it. It returns its result, or an error
// if the task was not run or did not return. The queue must not be empty.
func (q *Queue[S, R]) Take() (R, error) {
	t := q.tasks[0]
	<-t.done
	t.cancel()
	q.tasks[0] = nil // so that the result can be collected
	q.tasks = q.tasks[1:]
	if t.panicked != nil {
		panic(t.panicked)
	}
	return t.result, t.err
}

// Drop removes all tasks. Those that run are canceled, and the others are not run.
func (q *Queue[S, R]) Drop() {
	// A task that is canceled frees its slot, which no other dropped task may take.
	q.mu.Lock()
	q.waiting = slices.DeleteFunc(q.waiting, func(t *Task[S, R]) bool {
		if t.wake != nil {
			return false
		}
		close(t.done)
		return true
	})
	q.mu.Unlock()
	for _, t := range q.tasks {
		t.cancel()
	}
	q.tasks = nil
}

// Stop keeps the tasks for which no slot was free yet from being run. They end with the
// error. If Stop is called more than once, the first error counts.
func (q *Queue[S, R]) Stop(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.stopped == nil {
		q.stopped = err
	}
}

// Err returns the error that Stop was called with, the context's error if that has
// ended, or nil.
func (q *Queue[S, R]) Err() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.err()
}

// Close cancels all tasks and waits for those that run.
func (q *Queue[S, R]) Close() {
	q.cancel()
	q.group.Wait()
}

// err must be called with the lock held.
func (q *Queue[S, R]) err() error {
	if q.stopped == nil {
		q.stopped = q.ctx.Err()
	}
	return q.stopped
}

// next gives free slots to waiting tasks. It must be called with the lock held.
func (q *Queue[S, R]) next() {
	for i := 0; q.used < q.slots && i < len(q.waiting); {
		t := q.waiting[i]
		if !q.reach(t) {
			q.waiting = slices.Delete(q.waiting, i, i+1)
			continue
		}
		if !t.ready() {
			// The tasks it waits for may need another slot, so it must not hold one.
			i++
			continue
		}
		q.waiting = slices.Delete(q.waiting, i, i+1)
		q.used++
		if t.wake != nil {
			t.wake <- struct{}{}
			continue
		}
		t.held = true
		q.group.Add(1)
		go q.work(t)
	}
}

// reach records that there is a slot for a task. If the queue was stopped before, it
// ends the task and returns false. It must be called with the lock held.
func (q *Queue[S, R]) reach(t *Task[S, R]) bool {
	if t.reached {
		return true
	}
	// The queue's context ends before those of its tasks. A task that ends for that
	// reason must not make room for another one.
	if t.err = q.err(); t.err != nil {
		close(t.done)
		return false
	}
	t.reached = true
	return true
}

func (q *Queue[S, R]) work(t *Task[S, R]) {
	defer q.group.Done()
	defer q.finish(t)
	// The caller's own code may panic, such as an UnmarshalJSON. The caller should be
	// able to recover.
	defer func() { t.panicked = recover() }()
	t.result = q.run(t.ctx, t)
	t.returned = true
}

func (q *Queue[S, R]) finish(t *Task[S, R]) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if t.panicked == nil && !t.returned {
		t.err = ErrExited
		if q.stopped == nil {
			q.stopped = t.err
		}
	}
	if t.held {
		t.held = false
		q.used--
	}
	close(t.done)
	q.next()
}

func (t *Task[S, R]) ended() bool {
	select {
	case <-t.done:
		return true
	default:
		return false
	}
}

// ready reports whether all tasks that t waits for have ended.
func (t *Task[S, R]) ready() bool {
	for _, earlier := range t.after {
		if !earlier.ended() {
			return false
		}
	}
	t.after = nil
	return true
}

// Release frees the task's slot for another task, if it holds one.
func (t *Task[S, R]) Release() {
	if !t.held {
		return
	}
	t.held = false
	t.queue.mu.Lock()
	defer t.queue.mu.Unlock()
	t.queue.used--
	t.queue.next()
}

// Acquire waits for a slot, unless the task holds one. It takes precedence over tasks
// that have not started.
func (t *Task[S, R]) Acquire() {
	if t.held {
		return
	}
	q := t.queue
	q.mu.Lock()
	if t.wake == nil {
		t.wake = make(chan struct{}, 1)
	}
	q.waiting = slices.Insert(q.waiting, 0, t)
	q.next()
	q.mu.Unlock()
	<-t.wake
	t.held = true
}
