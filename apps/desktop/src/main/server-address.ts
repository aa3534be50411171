import { readFileSync, writeFileSync } from 'node:fs'

const addressDefault = 'http://127.0.0.1:8080'

/** Only http and https, and only the origin: a path or user name in the address would end up in every request. */
export function originOf(text: string): string | undefined {
  try {
    // `host:8080` parses as a scheme, hence the slashes.
    const url = new URL(text.includes('://') ? text : `http://${text}`)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url.origin : undefined
  } catch {
    return undefined
  }
}

export interface ServerAddress {
  get(): string
  use(text: string): string
}

/** The server the workbench talks to: the argument, then AQUIFER_URL, then what was chosen last, then this machine. */
export function openServerAddress(file: string, argv: readonly string[], fromEnvironment: string | undefined): ServerAddress {
  const argument = argv.find((word) => word.startsWith('--server='))?.slice('--server='.length)
  let address = [argument, fromEnvironment, remembered(file)].map((text) => text && originOf(text)).find(Boolean) || addressDefault
  return {
    get: () => address,
    use: (text) => {
      // The page is ours, but what crosses the bridge is checked all the same.
      const origin = typeof text === 'string' ? originOf(text.trim()) : undefined
      if (origin === undefined) return address
      address = origin
      writeFileSync(file, JSON.stringify({ server: origin }))
      return address
    },
  }
}

function remembered(file: string): string | undefined {
  try {
    const stored = JSON.parse(readFileSync(file, 'utf8')) as { server?: unknown }
    return typeof stored.server === 'string' ? stored.server : undefined
  } catch {
    return undefined
  }
}
