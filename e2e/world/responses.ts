import type { Page } from '@playwright/test'

// How soon the page answers a hand, as the browser itself times it: from a key or a click to the next picture. Figures are told, never
// asserted: a machine that does other things is slower.

interface Seen {
  /** kind of deed → ms of each answer */
  answers: Record<string, number[]>
  doing: string
}
declare global {
  interface Window {
    seenResponses?: Seen
  }
}

/** Begins to watch; scrolling, which is no event with an answer, counts by the gaps between pictures. */
export async function watchResponses(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: Seen = { answers: {}, doing: 'nothing' }
    window.seenResponses = seen
    const add = (ms: number): void => void (seen.answers[seen.doing] ??= []).push(ms)
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if ((entry as PerformanceEventTiming).interactionId > 0) add(entry.duration)
    }).observe({ type: 'event', durationThreshold: 16 } as PerformanceObserverInit)
    let before = performance.now()
    const next = (now: number): void => {
      if (seen.doing.startsWith('scroll')) add(now - before)
      before = now
      requestAnimationFrame(next)
    }
    requestAnimationFrame(next)
  })
}

/** What is done meanwhile counts under this name. */
export async function during(page: Page, name: string, deed: () => Promise<void>): Promise<void> {
  await page.evaluate((doing) => void (window.seenResponses!.doing = doing), name)
  await deed()
  // The last picture is told a moment after it was drawn.
  await page.evaluate(() => new Promise<void>((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0))))
  await page.evaluate(() => void (window.seenResponses!.doing = 'nothing'))
}

/** Answers by deed: how many took 16 ms or more, and p50, p95 and the longest of them in ms. */
export async function responses(page: Page): Promise<Record<string, { n: number; p50: number; p95: number; max: number }>> {
  const { answers } = await page.evaluate(() => window.seenResponses!)
  const figures = (times: number[]) => {
    const sorted = times.toSorted((a, b) => a - b)
    const at = (share: number): number => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0)
    return { n: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) }
  }
  return Object.fromEntries(Object.entries(answers).map(([doing, times]) => [doing, figures(times)]))
}
