import { spawnSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { packageRoot, programPath } from '../storage/index.js'

// A query engine runs with an empty environment and, on Linux, in namespaces of its own: it sees no process but itself, no network, and
// of the disk only the system's programs, this program and one study's reservoir, all read-only, with one folder to spill into.

export interface Isolation {
  /** `full`: namespaces hold the engine in. `reduced`: the engine's lock and the statement gate hold alone. */
  mode: 'full' | 'reduced'
  reason: string | null
}

export interface Launch {
  command: string
  args: string[]
}
export interface Places {
  /** The study's reservoir: readable. */
  reservoir: string
  /** Files of the study's file reservoir: readable. */
  files: string
  /** Results of the study that were kept: readable. */
  results: string
  /** Empty folder: where the engine's own view of the disk is built. */
  root: string
  /** Where statements spill: readable and writable. */
  spill: string
}

// What is mounted may not be undone from inside: the shell's rights end with `setpriv`, and the old root is gone.
const script = `
set -eu
ulimit -c 0
echo 1000 2>/dev/null > /proc/self/oom_score_adj || true
root=$1
shift
mount --make-rprivate /
mount -t tmpfs -o mode=0755,size=1m,nosuid,nodev aquifer "$root"
while [ "$1" != -- ]; do
  kind=$1
  path=$2
  shift 2
  if [ "$kind" = link ]; then
    ln -s "$1" "$root$path"
    shift
    continue
  fi
  if [ -d "$path" ]; then
    mkdir -p "$root$path"
  else
    mkdir -p "$root\${path%/*}"
    [ -e "$root$path" ] || : > "$root$path"
  fi
  mount --rbind "$path" "$root$path"
  case $kind in
    ro) mount -o remount,bind,ro,nosuid,nodev "$root$path" ;;
    data) mount -o remount,bind,ro,nosuid,nodev,noexec "$root$path" ;;
    spill) mount -o remount,bind,nosuid,nodev,noexec "$root$path" ;;
    device) ;;
  esac
done
shift
mkdir "$root/.old"
# umount looks into /proc, which goes with the old root.
ln -s .old/proc "$root/proc"
cd "$root"
pivot_root . .old
cd /
umount -l /.old
rm /proc
rmdir /.old
mount -o remount,ro,nosuid,nodev /
exec setpriv --no-new-privs --inh-caps=-all --bounding-set=-all env -i "$@"
`

/** All that the launching programs need; the engine itself gets nothing. */
export const isolatedEnvironment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }

export function isolatedLaunch(places: Places, program = engineCommand()): Launch {
  const mounts = [
    ...systemFolders().flatMap(({ path, link }) => (link === null ? ['ro', path] : ['link', path, link])),
    ...['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom'].flatMap((path) => ['device', path]),
    ...programFolders().flatMap((path) => ['ro', path]),
    'data',
    places.reservoir,
    'data',
    places.files,
    'data',
    places.results,
    'spill',
    places.spill,
  ]
  const namespaces = ['--user', '--map-root-user', '--mount', '--net', '--ipc', '--uts', '--pid', '--fork', '--kill-child']
  return {
    command: 'unshare',
    args: [...namespaces, '/bin/sh', '-c', script, 'aquifer-query', places.root, ...mounts, '--', ...program],
  }
}

export const plainLaunch = (): Launch => {
  const [command = process.execPath, ...args] = engineCommand()
  return { command, args }
}

// Collecting in several threads costs more than it saves where thousands of pieces of the engine's memory are let go at once: a million
// rows × 8 columns took 2.8 s of CPU like this and 3.6 s without (2026-11, 2 cores).
const engineCommand = (): string[] => [process.execPath, '--max-old-space-size=512', '--single-threaded-gc', programPath('query/engine')]

function systemFolders(): { path: string; link: string | null }[] {
  return ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/etc/ld.so.cache', '/nix/store']
    .filter((path) => existsSync(path))
    .map((path) => ({ path, link: lstatSync(path).isSymbolicLink() ? realpathSync(path).slice(1) : null }))
}

/** This program as far as the engine runs it: never a folder that could hold data. */
function programFolders(): string[] {
  const require = createRequire(import.meta.url)
  const modules = ['@duckdb/node-api', '@duckdb/node-bindings', 'apache-arrow'].map((name) => modulesFolder(require.resolve(name)))
  const own = [join(packageRoot, 'dist'), join(packageRoot, 'package.json')]
  const folders = [process.execPath, ...modules, ...own].map((path) => resolve(path)).filter((path) => existsSync(path))
  const outside = [...new Set(folders)].filter((path) => !path.startsWith('/usr/'))
  return outside.filter((path) => !outside.some((other) => path.startsWith(`${other}/`)))
}

function modulesFolder(file: string): string {
  const at = file.lastIndexOf('/node_modules/')
  return at < 0 ? dirname(file) : file.slice(0, at + '/node_modules'.length)
}

let known: Isolation | null = null
const probeMs = 15_000

/** Whether this machine lets an engine be held in; tried once, with the same namespaces and mounts. */
export function isolation(): Isolation {
  known ??= probe()
  return known
}

function probe(): Isolation {
  if (process.platform !== 'linux') return { mode: 'reduced', reason: `no namespaces on ${process.platform}` }
  const folder = mkdtempSync(join(tmpdir(), 'aquifer-isolation-'))
  try {
    const places = {
      reservoir: join(folder, 'reservoir'),
      files: join(folder, 'files'),
      results: join(folder, 'results'),
      root: join(folder, 'root'),
      spill: join(folder, 'spill'),
    }
    for (const path of Object.values(places)) mkdirSync(path)
    const { command, args } = isolatedLaunch(places, [process.execPath, '--version'])
    const { status, error } = spawnSync(command, args, {
      env: isolatedEnvironment,
      timeout: probeMs,
      killSignal: 'SIGKILL',
      stdio: 'ignore',
    })
    if (status === 0) return { mode: 'full', reason: null }
    const missing = error !== undefined && 'code' in error && error.code === 'ENOENT'
    return {
      mode: 'reduced',
      reason: missing ? 'the program unshare is not there' : 'the system refuses user, mount or network namespaces',
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
