import { readdir, readFile } from 'node:fs/promises'

/** CPU that a server's processes have taken so far, and the memory they hold now. */
export interface Usage {
  serverCpuMs: number
  databaseCpuMs: number
  serverRssMb: number
  /** of these, what the process of the server itself holds, without its children */
  ownRssMb: number
}

export interface MemoryPeak {
  serverPeakRssMb: number | null
  ownPeakRssMb: number | null
}

interface Process {
  pid: number
  parent: number
  cpuMs: number
}

// The kernel counts for /proc in hundredths of a second on every architecture.
const tickMs = 10
const sampleEveryMs = 200

/** Of the server with its children but for PostgreSQL, and of PostgreSQL with its own; null where the system has no /proc. */
export async function usageOf(server: number, database: number | null): Promise<Usage | null> {
  if (process.platform !== 'linux') return null
  const all = await processes()
  const ofDatabase = database === null ? [] : withChildren(all, database)
  const known = new Set(ofDatabase.map(({ pid }) => pid))
  const ofServer = withChildren(all, server).filter(({ pid }) => !known.has(pid))
  const memory = await Promise.all(ofServer.map(({ pid }) => rssMb(pid)))
  return {
    serverCpuMs: cpuOf(ofServer),
    databaseCpuMs: cpuOf(ofDatabase),
    serverRssMb: Math.round(memory.reduce((sum, mb) => sum + mb, 0)),
    ownRssMb: Math.round(memory[0] ?? 0),
  }
}

/** Looks again and again; `end` tells the most memory that the server held at once. */
export function watchMemory(server: number, database: number | null): { end(): MemoryPeak } {
  const peak: MemoryPeak = { serverPeakRssMb: null, ownPeakRssMb: null }
  const look = async (): Promise<void> => {
    const usage = await usageOf(server, database)
    if (usage === null) return
    peak.serverPeakRssMb = Math.max(peak.serverPeakRssMb ?? 0, usage.serverRssMb)
    peak.ownPeakRssMb = Math.max(peak.ownPeakRssMb ?? 0, usage.ownRssMb)
  }
  const timer = setInterval(() => void look().catch(() => undefined), sampleEveryMs)
  void look().catch(() => undefined)
  return {
    end() {
      clearInterval(timer)
      return peak
    },
  }
}

const cpuOf = (list: readonly Process[]): number => list.reduce((sum, { cpuMs }) => sum + cpuMs, 0)

function withChildren(all: readonly Process[], root: number): Process[] {
  const found = all.filter(({ pid }) => pid === root)
  for (const each of found) found.push(...all.filter(({ parent }) => parent === each.pid))
  return found
}

async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map(processOf))
  return found.filter((each) => each !== null)
}

async function processOf(pid: number): Promise<Process | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  if (text === null) return null
  // The name in brackets may hold blanks; after it: state, parent, …, own time twice, that of ended children twice.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  return { pid, parent: Number(fields[1]), cpuMs: ticks * tickMs }
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024
}
