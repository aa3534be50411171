import { SingleBar } from 'cli-progress'

export interface Progress {
  update(value: number, figures?: Record<string, string | number>): void
  end(): void
}

/** A bar on a terminal; elsewhere a line for each tenth. */
export function openProgress(what: string, total: number | null): Progress {
  const log = process.stderr
  if (log.isTTY && total !== null) {
    const bar = new SingleBar({ format: `${what} {bar} {percentage} % {more}`, stream: log, hideCursor: null })
    bar.start(total, 0, { more: '' })
    return {
      update: (value, figures = {}) => bar.update(value, { more: told(figures) }),
      end: () => bar.stop(),
    }
  }
  let tenth = 0
  return {
    update(value, figures = {}) {
      if (total === null || total === 0) return
      const now = Math.floor((value * 10) / total)
      if (now <= tenth) return
      tenth = now
      log.write(`${what}: ${now * 10} % ${told(figures)}\n`)
    },
    end() {},
  }
}

const told = (figures: Record<string, string | number>): string =>
  Object.entries(figures)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
