import { Agent, request as httpRequest } from 'node:http'
import type { World } from '../../../platform/test/world.js'
import type { Json } from './oracle-parameters.js'
import type { Corpus, Question, Truth } from './oracle-questions.js'

export interface Difference {
  size: number
  text: string
}
export interface Counts {
  asked: number
  hits: number
  misses: number
  overHttp: number
}

const fhirPath = '/fhir-server/api/v1'
const lanes = 6
// An answer of more than this is asked for whole once in so many times; else its total and its first page in the order of ids tell.
const wholeMax = 100
const wholeEach = 12
const pageOfLarge = 50
// One question in so many goes over HTTP, every second of them as a form; the others enter the same server in this process.
const httpEach = 10

/** A page as it was answered: its ids in order, how many there are of all, and where it goes on. */
interface Page {
  ids: string[]
  total: number
  next: string | null
}
type Ask = (base: string, text: string) => Promise<Page | string>

export interface Asker {
  /** Asks all of them, several at a time; returns what differs. */
  compare(questions: readonly Question[], truth: Truth, corpus: Corpus): Promise<Difference[]>
  readonly counts: Counts
}

export function openAsker(world: World, token: string): Asker {
  const agent = new Agent({ keepAlive: true, maxSockets: lanes })
  const counts: Counts = { asked: 0, hits: 0, misses: 0, overHttp: 0 }
  const within: Ask = async (base, text) => {
    const headers = { authorization: `Bearer ${token}` }
    const { statusCode, body } = await world.platform.app.inject({ url: `${fhirPath}/${base}?${text}`, headers })
    return pageOf(statusCode, body, base)
  }
  const outside =
    (asForm: boolean): Ask =>
    async (base, text) => {
      const { status, body } = await sent(agent, { url: new URL(world.platform.url), token, base, text, asForm })
      return pageOf(status, body, base)
    }
  return {
    counts,
    async compare(questions, truth, corpus) {
      const differences: Difference[] = []
      let next = 0
      const lane = async (): Promise<void> => {
        for (let place = next++; place < questions.length; place = next++) {
          const question = questions[place]!
          const expected = truth.expected(question)
          const isOutside = place % httpEach === 0
          counts.asked += 1
          counts[expected.length > 0 ? 'hits' : 'misses'] += 1
          if (isOutside) counts.overHttp += 1
          const ask = isOutside ? outside(place % (2 * httpEach) === 0) : within
          const wrong = await differs(ask, question, expected, { whole: place % wholeEach === 0, descending: place % 2 === 0 })
          if (wrong !== null) differences.push(differenceOf(question, corpus, { found: wrong, expected }))
        }
      }
      await Promise.all(Array.from({ length: lanes }, lane))
      return differences
    },
  }
}

/** What was found instead, or null. */
async function differs(
  ask: Ask,
  { base, text }: Question,
  expected: readonly string[],
  { whole, descending }: { whole: boolean; descending: boolean },
): Promise<string[] | string | null> {
  if (!whole && expected.length > wholeMax) {
    const page = await ask(base, `${text}&_count=${pageOfLarge}&${descending ? '_sort:desc' : '_sort'}=_id`)
    const first = (descending ? expected.toReversed() : expected).slice(0, pageOfLarge)
    if (typeof page !== 'string' && page.total === expected.length && isSame(page.ids, first)) return null
  }
  const found = await idsFor(ask, base, text)
  return typeof found === 'string' || !isSame(found, expected) ? found : null
}

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id, place) => id === other[place])

async function idsFor(ask: Ask, base: string, text: string): Promise<string[] | string> {
  const ids: string[] = []
  for (let query: string | null = `${text}&_count=1000`; query !== null;) {
    const page = await ask(base, query)
    if (typeof page === 'string') return page
    ids.push(...page.ids)
    query = page.next
  }
  return ids.toSorted()
}

/** What the server holds of a type. */
export async function served(world: World, token: string, type: string): Promise<Json[]> {
  const all: Json[] = []
  for (let path: string | null = `${fhirPath}/${type}?_count=1000`; path !== null;) {
    const answer = await world.send({ path, token })
    for (const { resource } of (answer.json['entry'] ?? []) as { resource: Json }[]) all.push(resource)
    const next = (answer.json['link'] as Json[] | undefined)?.find(({ relation }) => relation === 'next')
    path = next ? String(next['url']).replace(/^http:\/\/[^/]+/, '') : null
  }
  return all
}

// Most of the time would go into parsing resources of which nothing but the id is looked at.
function pageOf(status: number, body: string, base: string): Page | string {
  if (status !== 200) return `${status} ${body.slice(0, 300)}`
  const head = body.slice(0, body.indexOf('"entry":[') + 1 || undefined)
  const next = /"relation":"next","url":"([^"]+)"/.exec(head)?.[1]
  const urls = body.matchAll(new RegExp(`"fullUrl":"http://[^/"]+${fhirPath}/${base}/([A-Za-z0-9.-]{1,64})","resource":`, 'g'))
  return {
    ids: [...urls].map(([, id = '']) => id),
    total: Number(/"total":(\d+)/.exec(head)?.[1]),
    next: next === undefined ? null : next.slice(next.indexOf('?') + 1),
  }
}

interface Sending {
  url: URL
  token: string
  base: string
  text: string
  asForm: boolean
}
function sent(agent: Agent, { url, token, base, text, asForm }: Sending): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const form = asForm ? { 'content-type': 'application/x-www-form-urlencoded', 'content-length': String(Buffer.byteLength(text)) } : {}
    const outgoing = httpRequest({
      agent,
      host: url.hostname,
      port: url.port,
      method: asForm ? 'POST' : 'GET',
      path: asForm ? `${fhirPath}/${base}/_search` : `${fhirPath}/${base}?${text}`,
      // The name under which questions call the server, whichever way they come in.
      headers: { authorization: `Bearer ${token}`, host: 'localhost:80', ...form },
    })
    outgoing.once('error', reject).once('response', (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject)
      answer.once('end', () => resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
    })
    outgoing.end(asForm ? text : undefined)
  })
}

function differenceOf(
  { base, text, parts }: Question,
  corpus: Corpus,
  { found, expected }: { found: string[] | string; expected: readonly string[] },
): Difference {
  const head = `${base}?${decodeURIComponent(text)}`
  if (typeof found === 'string') return { size: 0, text: `${head}: ${found}` }
  const extra = found.filter((id) => !expected.includes(id))
  const lost = expected.filter((id) => !found.includes(id))
  const [smallest] = (corpus.get(base) ?? [])
    .filter(({ id }) => extra.includes(String(id)) || lost.includes(String(id)))
    .map((resource) => ({ resource, size: JSON.stringify(resource).length }))
    .toSorted((a, b) => a.size - b.size)
  if (smallest === undefined) return { size: 0, text: `${head}: the same found whole, another total or order in a page` }
  const id = String(smallest.resource['id'])
  const what = extra.includes(id) ? 'finds' : 'misses'
  const values = JSON.stringify(parts.map((part) => part.valuesOf(smallest.resource))).slice(0, 400)
  return { size: smallest.size, text: `${head} ${what} ${id} with ${values} (${extra.length} more, ${lost.length} less)` }
}
