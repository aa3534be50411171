// SMART's 23 patients (DSTU2, XML): what can be meant is taken in whole, what the specification forbids is refused, each entry by itself.
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { ExactNumber, isObject, readXml, validateAndRepair, type Resource } from '../index.js'
import { dataDir, leftOut, publishedFiles } from '../test/published.js'

interface Listed {
  accepted: Record<string, number>
  /** by rule and place, how often */
  repaired: Record<string, number>
  refused: { breaks: string; why: string; ids: string[] }[]
}
interface Entry {
  resource: Resource
}

const listed = JSON.parse(readFileSync(new URL('../test/smart-examples.json', import.meta.url), 'utf8')) as Listed
const placeless = (path: string): string => path.replaceAll(/\[\d+\]/g, '')
const count = (counts: Record<string, number>, key: string): unknown => (counts[key] = (counts[key] ?? 0) + 1)

test('the examples of SMART are taken in or refused as listed, and nothing of one taken in is lost', () => {
  if (!dataDir) return leftOut('the examples of SMART, resource by resource')
  const accepted: Record<string, number> = {}
  const repaired: Record<string, number> = {}
  const refused: Record<string, string[]> = {}
  let taken = 0
  for (const { file, text } of publishedFiles(dataDir, 'smart-dstu2-xml.tar.gz')) {
    const unread = new Map<number, string[]>()
    const sources = text.split('<entry>').slice(1)
    const entries = entriesOf(text, file, unread)
    expect(entries.length, file).toBe(sources.length)
    for (const [at, { resource }] of entries.entries()) {
      const { issues, repairs } = validateAndRepair(resource)
      const problems = [...(unread.get(at) ?? []), ...issues.map(({ path, code }) => `${placeless(path)} ${code}`)]
      for (const problem of problems) (refused[problem] ??= []).push(String(resource.id))
      if (problems.length > 0) continue
      taken++
      count(accepted, resource.resourceType)
      for (const { rule, path } of repairs) count(repaired, `${rule} ${placeless(path)}`)
      // What the entry says of its request is no content of the resource.
      const written = sources[at]!.split('<request>')[0]!.replaceAll(/<div[\s\S]*?<\/div>/g, '')
      expect(leaves(resource), `${file} ${String(resource.id)}`).toBe(written.match(/ (?:value|url)="[^"]+"/g)?.length)
    }
  }
  expect(refused).toEqual(Object.fromEntries(listed.refused.map(({ breaks, ids }) => [breaks, ids])))
  expect({ accepted, repaired }).toEqual({ accepted: listed.accepted, repaired: listed.repaired })
  expect(taken).toBe(6255)
  expect(listed.refused.filter(({ why }) => why.length < 40)).toEqual([])
})

/** The entries of a Bundle, with what could not be read told under the entry where it stands. */
function entriesOf(text: string, file: string, unread: Map<number, string[]>): Entry[] {
  const read = readXml(text)
  if (read.problem !== undefined) throw new Error(`${file}: ${read.problem}`)
  const entries = read.resource['entry'] as Entry[]
  for (const { path, message } of read.issues) {
    const [, place = '', inner = ''] = /^Bundle\.entry\[(\d+)\]\.resource\.(.+)$/.exec(path) ?? []
    const type = entries[Number(place)]?.resource.resourceType
    if (place === '' || type === undefined) throw new Error(`${file}: ${path} is no place in an entry`)
    const problem = `${type}.${placeless(inner)}: ${message.replace(/ \(line \d+\)$/, '')}`
    unread.set(Number(place), [...(unread.get(Number(place)) ?? []), problem])
  }
  return entries
}

/** How many values a resource holds, its narrative aside. */
function leaves(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + leaves(item), 0)
  if (value === null) return 0
  if (!isObject(value) || value instanceof ExactNumber) return 1
  return Object.entries(value).reduce((sum, [key, item]) => sum + (key === 'resourceType' || key === 'div' ? 0 : leaves(item)), 0)
}
