import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Provider } from 'oidc-provider'
import { isRefusal } from '@aquifer/core/refusal'
import { loginPage, loginStyle, loginStylePath, messagePage, pagePolicy } from './login-page.js'
import type { ProviderParts } from './provider.js'

type Context = Parameters<Parameters<Provider['use']>[0]>[0]
type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>

const signInPath = /^\/oidc\/sign-in\/([A-Za-z0-9_-]{10,100})$/

/** Our sign-in page in front of the provider's own addresses. */
export function addPages(provider: Provider, parts: ProviderParts): void {
  provider.use(async (ctx, next) => {
    if (ctx.path === loginStylePath) {
      ctx.type = 'css'
      ctx.set('cache-control', 'public, max-age=3600')
      ctx.body = loginStyle
      return
    }
    if (ctx.path === '/oidc/jwks') {
      ctx.set('cache-control', 'public, max-age=60')
      ctx.body = parts.keys.jwks(parts.clock.now())
      return
    }
    const uid = signInPath.exec(ctx.path)?.[1]
    if (uid === undefined) {
      await next()
      return
    }
    const interaction = await provider.interactionDetails(ctx.req, ctx.res).catch(() => null)
    // The cookie says which sign-in this browser is in; an address from elsewhere says another one.
    if (interaction === null || interaction.uid !== uid || !['GET', 'POST'].includes(ctx.method)) {
      show(ctx, 400, messagePage('This sign-in is over', 'Go back to where you came from and begin again.'), null)
      return
    }
    await (ctx.method === 'GET' ? ask(ctx, interaction, parts, null) : judge(ctx, { provider, interaction, parts }))
  })
}

function show(ctx: Context, status: number, html: string, formTarget: string | null): void {
  ctx.status = status
  ctx.type = 'html'
  ctx.set('cache-control', 'no-store')
  ctx.set('content-security-policy', pagePolicy(formTarget))
  ctx.set('referrer-policy', 'no-referrer')
  ctx.set('x-content-type-options', 'nosniff')
  ctx.body = html
}

const formToken = (secret: string, uid: string): string => createHmac('sha256', secret).update(`sign-in form ${uid}`).digest('base64url')

async function ask(
  ctx: Context,
  interaction: Interaction,
  parts: ProviderParts,
  failed: { status: number; user: string; words: string } | null,
): Promise<void> {
  const clientId = String(interaction.params['client_id'])
  const html = loginPage({
    client: await parts.clients.displayOf(clientId),
    token: formToken(parts.cookieSecret, interaction.uid),
    user: failed?.user ?? '',
    failure: failed?.words ?? null,
  })
  show(ctx, failed?.status ?? 200, html, originOf(interaction.params['redirect_uri']))
}

function originOf(address: unknown): string | null {
  return typeof address === 'string' && URL.canParse(address) && address.startsWith('http') ? new URL(address).origin : null
}

async function judge(ctx: Context, sign: { provider: Provider; interaction: Interaction; parts: ProviderParts }): Promise<void> {
  const { provider, interaction, parts } = sign
  const form = new URLSearchParams(await bodyOf(ctx))
  const [user, password] = [form.get('user') ?? '', form.get('password') ?? '']
  const expected = Buffer.from(formToken(parts.cookieSecret, interaction.uid))
  const given = Buffer.from(form.get('form') ?? '')
  const fromElsewhere =
    !['', 'same-origin'].includes(ctx.get('sec-fetch-site')) || !['', new URL(parts.issuer()).origin].includes(ctx.get('origin'))
  if (fromElsewhere || given.length !== expected.length || !timingSafeEqual(given, expected)) {
    show(ctx, 403, messagePage('This form is not ours', 'Go back to where you came from and begin again.'), null)
    return
  }
  if (user.length > 0 && user.length <= 128) ctx.req.aquiferActor = user
  const passed = await parts.gate.pass(user.slice(0, 128), password.slice(0, 1024))
  if (isRefusal(passed)) {
    const status = passed.refusal === 'locked-out' ? 429 : 401
    await ask(ctx, interaction, parts, { status, user: user.slice(0, 128), words: passed.detail })
    return
  }
  const result = { login: { accountId: passed.name, amr: ['pwd'], remember: false } }
  ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result, { mergeWithLastSubmission: false }))
  ctx.status = 303
}

const bodyMax = 8 * 1024
async function bodyOf(ctx: Context): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) if ((length += chunk.length) <= bodyMax) chunks.push(chunk)
  return length > bodyMax ? '' : Buffer.concat(chunks).toString('utf8')
}
