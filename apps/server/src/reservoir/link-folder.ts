import { copyFile, link, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** The same files under another folder; copies where the file system has no links. */
export async function linkFolder(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true, mode: 0o755 })
  for (const file of await readdir(from)) {
    await linkFile(join(from, file), join(to, file))
  }
}

export const linkFile = (from: string, to: string): Promise<void> => link(from, to).catch(() => copyFile(from, to))
