// Package clarifyriver runs imports, updates, exports, mirrors and checks of the schema
// of a Clarify workspace as jobs of River (github.com/riverqueue/river), the job queue on
// PostgreSQL. A job survives deploys, crashes and failures of the network: whichever
// process works it next resumes where the last one was.
//
// A worker of this package is added to the workers of a River client, beside those that
// the program has:
//
//	river.AddWorker(workers, &clarifyriver.ImportWorker[clarifyriver.ImportArgs, clarify.Person]{
//		Config: clarifyriver.Config[clarifyriver.ImportArgs]{DB: pool, Client: clientOf},
//		Open:   openCSV,
//	})
//
// and a job is inserted by River's own means:
//
//	_, err := client.Insert(ctx, clarifyriver.ImportArgs{Name: "people.csv", Object: "person", MatchOn: "email_addresses"}, nil)
//
// # What a job guarantees
//
// The progress of a job is its output, a [Progress] in the metadata of its row, which
// River's own UI shows. It is saved in a transaction together with what it says: what
// the functions Results, Found and Done of a worker write in that transaction happens
// exactly once for each record, whenever workers are killed. No table is needed beside
// River's own.
//
// Only one worker at a time can save the progress of a job. One that was paused for so
// long that River gave its job to another is rejected when it comes back, and stops.
//
// An import with [ImportArgs.MatchOn] writes each record exactly once: what a killed
// worker had sent is sent again, and found by the value of that field. An import without
// it writes each record at most once: before records are sent, it is saved which, and
// those of a killed worker are reported with the outcome [clarify.Unknown], and not sent
// again. For exactly once give the object a unique field, and match on that.
//
// # How a job runs
//
// A job runs for [Config.Slice] at a time, then lets others go first, and resumes. If
// the rate limit has no room for longer than [Config.MaxWait], the job is snoozed until
// there is some. Neither counts as an attempt, nor does the end of the process by
// StopAndCancel of the River client, or by Stop with a SoftStopTimeout. After an error
// the job is retried within five minutes, the sooner the less it has failed in a row.
//
// The job of a process that was killed is taken over by the others after River's
// RescueStuckJobsAfter, an hour by default. Since no run here takes longer than
// Config.Slice and half a minute, two or three minutes are enough.
//
// A job that has not ended is unique: to insert another one with the same arguments has
// no effect. river.Client.JobCancel ends a job, once its requests in flight have ended.
package clarifyriver
