import { z } from 'zod'
import type { SignInWays } from '@aquifer/core/contract'

const key = 'aquifer.sign-in'
const pending = z.object({ state: z.string(), verifier: z.string(), redirectUri: z.string(), purpose: z.string() })

/** What came back from the outside provider to this tab, which sent its person there. */
export interface Arrival {
  code: string
  verifier: string
  redirectUri: string
  purpose: string
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
const random = (): string => base64Url(crypto.getRandomValues(new Uint8Array(32)))

/** The address at the provider. The verifier stays in this tab: a code that somebody else brings or takes opens nothing. */
export async function leaveFor(
  provider: NonNullable<SignInWays['provider']>,
  purpose: string,
  storage: Storage,
  origin: string,
): Promise<string> {
  const [state, verifier, redirectUri] = [random(), random(), `${origin}/`]
  storage.setItem(key, JSON.stringify({ state, verifier, redirectUri, purpose }))
  const challenge = base64Url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))))
  const address = new URL(provider.authorizationEndpoint)
  const asked = {
    client_id: provider.clientId,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: provider.scope,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
  }
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
  return address.href
}

/** null: nothing came back, or not to a question of this tab. Taken once. */
export function arrivalOf(search: string, storage: Storage): Arrival | null {
  const said = new URLSearchParams(search)
  const [code, state, kept] = [said.get('code'), said.get('state'), storage.getItem(key)]
  if (code === null || state === null || kept === null) return null
  storage.removeItem(key)
  const asked = pending.safeParse(JSON.parse(kept))
  if (!asked.success || asked.data.state !== state) return null
  const { verifier, redirectUri, purpose } = asked.data
  return { code, verifier, redirectUri, purpose }
}
