// Of this process alone: whoever waits here holds no connection. Between processes the database’s own lock decides.
const turns = new WeakMap<object, Map<string, Promise<void>>>()

/** Runs the work when nobody else who works on this repository here runs some under any of these names. */
export async function oneAtATime<T>(repository: object, names: readonly string[], work: () => Promise<T>): Promise<T> {
  const [name, ...others] = names
  if (name === undefined) return await work()
  const last = turns.get(repository) ?? new Map<string, Promise<void>>()
  turns.set(repository, last)
  const before = last.get(name)
  let end: () => void = () => undefined
  const mine = new Promise<void>((resolve) => {
    end = resolve
  })
  last.set(name, mine)
  await before
  try {
    return await oneAtATime(repository, others, work)
  } finally {
    if (last.get(name) === mine) last.delete(name)
    end()
  }
}
