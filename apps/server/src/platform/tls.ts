import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import type { Config } from '../config/index.js'
import type { ServerTls } from '../http/index.js'
import { CannotStart } from '../storage/index.js'

/** The files of HTTPS, read and checked before anything listens; what a person can mend is told in one line. */
export async function readTls(files: NonNullable<Config['tls']>): Promise<ServerTls> {
  const [own, ...chain] = certificatesIn('AQUIFER_TLS_CERT_FILE', files.certFile, await read('AQUIFER_TLS_CERT_FILE', files.certFile))
  const key = await readKey(files.keyFile)
  if (own === undefined || !own.checkPrivateKey(key))
    throw new CannotStart(
      `AQUIFER_TLS_KEY_FILE: ${files.keyFile} is not the key of the certificate in ${files.certFile}: name the key it was made with.`,
    )
  const clientCas = files.clientCaFile === null ? [] : await readAuthorities(files.clientCaFile)
  const pem = (each: X509Certificate): string => each.toString()
  return {
    certificate: pem(own),
    chain: chain.map(pem).join(''),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
    clientCas: clientCas.map(pem),
  }
}

async function readKey(file: string): Promise<KeyObject> {
  const setting = 'AQUIFER_TLS_KEY_FILE'
  const text = await read(setting, file)
  const { mode, uid } = await stat(file)
  // A group may read what root hands to it, as mounted secrets are.
  const tooWide = mode & (uid === 0 ? 0o037 : 0o077)
  if (process.platform !== 'win32' && tooWide !== 0)
    throw new CannotStart(`${setting}: ${file} may be read or written by others: chmod 600 ${file}`)
  try {
    return createPrivateKey(text)
  } catch {
    throw new CannotStart(`${setting}: ${file} holds no private key in PEM without a pass phrase.`)
  }
}

async function readAuthorities(file: string): Promise<X509Certificate[]> {
  const setting = 'AQUIFER_TLS_CLIENT_CA_FILE'
  const found = certificatesIn(setting, file, await read(setting, file))
  if (!found.every((each) => each.ca))
    throw new CannotStart(
      `${setting}: ${file} holds a certificate that is no authority’s: name the certificates that sign those of clients.`,
    )
  return found
}

async function read(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new CannotStart(`${setting}: ${file} cannot be read (${code}): name a PEM file that this user may read.`)
  }
}

function certificatesIn(setting: string, file: string, text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block))
  } catch {
    // told below like a file without any
  }
  throw new CannotStart(`${setting}: ${file} holds no certificates in PEM.`)
}
