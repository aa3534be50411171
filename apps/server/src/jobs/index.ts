// Long work as others see it: a row with progress, a request to cancel, a result. The work itself runs where it belongs.
// Never holds a payload and never decides who may start what.
export { openJobs } from './jobs.js'
export type { Jobs, RunningJob } from './jobs.js'
export { openJobDesk } from './desk.js'
export type { JobDesk } from './desk.js'
export { openJobWorker } from './worker.js'
export type { JobRun, JobWorker } from './worker.js'
