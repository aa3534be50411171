import { CircleCheck, CircleStop, CircleX, LoaderCircle } from 'lucide-react'

/** How a statement ended, as every list of them shows it. */
export const outcomes = {
  done: { icon: CircleCheck, tone: 'mark-ok', word: 'done' },
  failed: { icon: CircleX, tone: 'mark-bad', word: 'failed' },
  cancelled: { icon: CircleStop, tone: 'mark-idle', word: 'stopped' },
  queued: { icon: LoaderCircle, tone: 'mark-info', word: 'waiting' },
  running: { icon: LoaderCircle, tone: 'mark-info', word: 'running' },
} as const
