import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { rounded } from './machine.js'

interface Profile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

const functionsShown = 15
const resting = new Set(['(idle)', '(root)'])

/** Where the threads of a server spent their CPU: seconds by part of the program, and the functions that took most themselves. */
export async function whereTimeGoes(dir: string): Promise<Record<string, unknown>> {
  const files = (await readdir(dir)).filter((name) => name.endsWith('.cpuprofile'))
  const threads = await Promise.all(files.map(async (name) => spentIn(JSON.parse(await readFile(path.join(dir, name), 'utf8')) as Profile)))
  const busy = threads.filter(({ seconds }) => seconds >= 0.1).toSorted((a, b) => b.seconds - a.seconds)
  return { threads: busy }
}

function spentIn({ nodes, samples, timeDeltas }: Profile): { seconds: number; parts: object; functions: object } {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const parts = new Map<string, number>()
  const functions = new Map<string, number>()
  let all = 0
  for (const [place, id] of samples.entries()) {
    const frame = frames.get(id)
    if (frame === undefined || resting.has(frame.functionName)) continue
    const spent = (timeDeltas[place] ?? 0) / 1e6
    const part = partOf(frame.url, frame.functionName)
    all += spent
    parts.set(part, (parts.get(part) ?? 0) + spent)
    const name = `${frame.functionName || '(anonymous)'} ${part}`
    functions.set(name, (functions.get(name) ?? 0) + spent)
  }
  return { seconds: rounded(all, 2), parts: mostOf(parts), functions: mostOf(functions) }
}

/** The system, the package or Node itself. */
function partOf(url: string, name: string): string {
  const packaged = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (packaged !== undefined && packaged !== '@aquifer') return packaged
  const ours = /\/(core|server)\/dist\/([^/]+)/.exec(url)
  if (ours !== null) return `${ours[1]}/${ours[2]}`
  return url.startsWith('node:') ? 'node' : name.startsWith('(') ? name : 'native'
}

const mostOf = (spent: ReadonlyMap<string, number>): Record<string, number> =>
  Object.fromEntries(
    [...spent]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, functionsShown)
      .map(([name, seconds]) => [name, rounded(seconds, 2)]),
  )
