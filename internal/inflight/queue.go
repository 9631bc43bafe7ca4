// Package inflight runs tasks concurrently, a bounded number at a time, and hands
// out their results in the order in which the tasks were added.
//
// A [Queue] has one consumer, the goroutine that adds tasks and takes results. Its
// other goroutines end with Close.
package inflight

import "context"

// Queue holds the tasks whose results were not taken yet. S describes a task, and R is
// its result.
//
// Only what depends on S and R is here: the compiler makes a copy of it for each kind of
// queue. Of the [scheduler] there is one.
type Queue[S, R any] struct {
	scheduler
	run   func(ctx context.Context, t *Task[S, R]) R
	tasks []*Task[S, R] // the consumer's
}

// Task is one task. Its methods are for the function that runs it.
type Task[S, R any] struct {
	// What describes the task.
	What S

	task
	queue  *Queue[S, R]
	result R // written before the task ends, and read after that
}

func (t *Task[S, R]) run() { t.result = t.queue.run(t.ctx, t) }

// New returns a queue that runs each task by calling run, with the given number of
// slots, at least one. A task that starts holds a slot. When ctx ends, tasks that run
// are canceled, and others are not run.
//
// If run panics, so does the [Queue.Take] that takes the result.
func New[S, R any](ctx context.Context, slots int, run func(ctx context.Context, t *Task[S, R]) R) *Queue[S, R] {
	q := &Queue[S, R]{run: run}
	q.start(ctx, slots)
	return q
}

// Add adds a task. It starts once there is a free slot and the tasks in after,
// which were added earlier, have ended.
func (q *Queue[S, R]) Add(what S, after ...*Task[S, R]) *Task[S, R] {
	t := &Task[S, R]{What: what, queue: q}
	t.runner = t
	for _, earlier := range after {
		t.after = append(t.after, &earlier.task)
	}
	q.tasks = append(q.tasks, t)
	q.add(&t.task)
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
	q.tasks[0] = nil // so that the result can be collected
	q.tasks = q.tasks[1:]
	err := t.wait()
	return t.result, err
}

// Drop removes all tasks. Those that run are canceled, and the others are not run.
func (q *Queue[S, R]) Drop() {
	q.dropWaiting()
	for _, t := range q.tasks {
		t.cancel()
	}
	q.tasks = nil
}
