import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { composites } from './oracle-composites.js'
import { evaluator, publishedParameters, type Json } from './oracle-parameters.js'
import { madeFor, twofold } from './made-resources.js'

/** What is put into the server: HL7's examples, synthetic people, and resources for parameters that neither has a value for. */
export function resourcesFor(data: string, people: number): Json[] {
  const all = [...examples(data), ...syntheticPeople(data, people)]
  return [...all, ...made(data, all)]
}

function examples(data: string): Json[] {
  const target = mkdtempSync(join(tmpdir(), 'dstu2-examples-'))
  try {
    execFileSync('tar', ['xzf', join(data, 'hl7-dstu2-examples-json.tar.gz'), '-C', target])
    const files = readdirSync(target, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'))
    const parsed = files.toSorted().map((file) => JSON.parse(readFileSync(join(target, file), 'utf8')) as Json)
    return parsed.filter(
      ({ resourceType, id }) => !['Bundle', 'Parameters', 'OperationOutcome'].includes(String(resourceType)) && typeof id === 'string',
    )
  } finally {
    rmSync(target, { recursive: true })
  }
}

/** For each parameter without a value in these, two resources that have one; and some for composites. */
function made(data: string, others: readonly Json[]): Json[] {
  const lacking = publishedParameters(data).filter((parameter) => {
    const evaluate = evaluator(parameter)
    return evaluate !== null && !others.some((resource) => resource['resourceType'] === parameter.base && evaluate(resource).length > 0)
  })
  const single = lacking.flatMap((parameter) => [0, 1].map((number) => madeFor(parameter, number)).filter((resource) => resource !== null))
  const pairs = composites
    .filter(({ at }) => at !== '')
    .flatMap(({ base: type, at }) => Array.from({ length: 8 }, (_, number) => twofold(type, at, number)))
  return [...single, ...pairs]
}

function syntheticPeople(data: string, count: number): Json[] {
  const lines = gunzipSync(readFileSync(join(data, 'synthea-dstu2.bundles.ndjson.gz')))
    .toString()
    .split('\n', count)
  let n = 0
  return lines.flatMap((line) => {
    const entries = (JSON.parse(line) as { entry: { resource: Json }[] }).entry
    const types = new Map(entries.map(({ resource }) => [String(resource['id']), String(resource['resourceType'])]))
    const text = line.replaceAll(/"urn:uuid:([0-9a-f-]{36})"/g, (_all, id: string) => `"${types.get(id) ?? 'Patient'}/${id}"`)
    return (JSON.parse(text) as { entry: { resource: Json }[] }).entry.map(({ resource }) => ({
      ...resource,
      id: resource['id'] ?? `made-${(n += 1)}`,
    }))
  })
}
