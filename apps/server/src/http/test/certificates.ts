import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { request } from 'node:https'
import { BasicConstraintsExtension, SubjectAlternativeNameExtension, X509CertificateGenerator, type X509Certificate } from '@peculiar/x509'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
const day = 86_400_000

export interface Pem {
  cert: string
  key: string
}
export interface Wish {
  subject: string
  /** from and until, in days from now */
  days?: [number, number]
  san?: ConstructorParameters<typeof SubjectAlternativeNameExtension>[0]
}
export interface Authority {
  cert: string
  issue(wish: Wish): Promise<Pem>
}

const newKeys = (): Promise<CryptoKeyPair> => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
const datesOf = ([from, until]: [number, number]) => ({
  notBefore: new Date(Date.now() + from * day),
  notAfter: new Date(Date.now() + until * day),
})
const pemOf = async (certificate: X509Certificate, { privateKey }: CryptoKeyPair): Promise<Pem> => {
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey)).toString('base64')
  return { cert: certificate.toString('pem'), key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n` }
}

/** A certificate authority that lives as long as a test. */
export async function newAuthority(name: string): Promise<Authority> {
  const keys = await newKeys()
  const own = await X509CertificateGenerator.createSelfSigned(
    { name: `CN=${name}`, keys, signingAlgorithm: algorithm, ...datesOf([-9, 9]), extensions: [new BasicConstraintsExtension(true)] },
    webcrypto as Crypto,
  )
  return {
    cert: own.toString('pem'),
    async issue({ subject, days = [-1, 1], san }) {
      const pair = await newKeys()
      const certificate = await X509CertificateGenerator.create(
        {
          subject,
          issuer: own.subject,
          publicKey: pair.publicKey,
          signingKey: keys.privateKey,
          signingAlgorithm: algorithm,
          ...datesOf(days),
          extensions: [new BasicConstraintsExtension(false), ...(san === undefined ? [] : [new SubjectAlternativeNameExtension(san)])],
        },
        webcrypto as Crypto,
      )
      return pemOf(certificate, pair)
    },
  }
}

export interface TlsAnswer {
  status: number
  body: string
}
/** One request on a connection of its own. */
export function askOverTls(
  url: string,
  how: { ca: string; client?: Pem | null; token?: string | null; method?: string; json?: unknown; headers?: Record<string, string> },
): Promise<TlsAnswer> {
  const body = how.json === undefined ? undefined : JSON.stringify(how.json)
  const headers = {
    ...(how.token ? { authorization: `Bearer ${how.token}` } : {}),
    ...(body === undefined ? {} : { 'content-type': 'application/json+fhir' }),
    ...how.headers,
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: how.method ?? 'GET', agent: false, ca: how.ca, headers, ...how.client }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (part: string) => (text += part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }))
    })
    sent.on('error', reject).end(body)
  })
}
