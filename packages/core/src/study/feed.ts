import { appNamed } from './settings.js'

/** What is known of a feed and expected of it. */
export interface FeedRhythm {
  lastAt: number | null
  withinMs: number | null
  declaredAt: number | null
}

/** When a feed counts as silent: so long after its last arrival, or before the first one after it was declared; null: never. */
export function feedDueAt({ lastAt, withinMs, declaredAt }: FeedRhythm): number | null {
  const from = lastAt ?? declaredAt
  return withinMs === null || from === null ? null : from + withinMs
}

const minuteMs = 60_000
export const feedWithinMinMs = minuteMs
export const feedWithinMaxMs = 366 * 24 * 60 * minuteMs

const senderMax = 200
export const isFeedSender = (text: string): boolean => text.length <= senderMax && /^[^\p{Cc}]+$/u.test(text)

// Without its version, since a program that was updated is the same feed. What looks like anything but a name makes no feed.
const appPattern = /^[A-Za-z0-9][A-Za-z0-9 ._:-]{0,63}$/
export function feedApp(text: string): string | null {
  const { app } = appNamed(text)
  return appPattern.test(app) ? app : null
}
