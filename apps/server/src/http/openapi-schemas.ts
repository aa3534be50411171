import type { Endpoint } from '@aquifer/core/contract'
import { z } from 'zod'

type Json = Record<string, unknown>
export type Direction = 'request' | 'answer'
export interface SchemaBook {
  /** A schema as an operation shows it: what it names stands in `all`, since readers resolve references within the whole document. */
  of(operation: string, direction: Direction, schema: z.ZodType): Json
  all: Json
}

/** Schemas of requests as they may be sent (what has a default may be left out), of answers as they come. */
export function openSchemaBook(endpoints: readonly Endpoint[]): SchemaBook {
  const all: Json = {}
  const answered = new Set(endpoints.flatMap(({ answer }) => (answer === undefined ? [] : Object.keys(plain(answer, 'answer').defs))))
  return {
    all,
    of(operation, direction, schema) {
      const { json, defs } = plain(schema, direction)
      const own = `${operation[0]?.toUpperCase()}${operation.slice(1)}${direction === 'request' ? 'Request' : 'Answer'}`
      const nameOf = (name: string): string => {
        if (name.startsWith('__schema')) return `${own}${name.slice('__schema'.length)}`
        return direction === 'request' && answered.has(name) ? `${name}Input` : name
      }
      for (const [name, def] of Object.entries(defs)) all[nameOf(name)] = resolved(def, own, nameOf)
      const whole = resolved(json, own, nameOf)
      if (!JSON.stringify(json).includes('"$ref":"#"')) return whole
      all[own] = whole
      return { $ref: `#/components/schemas/${own}` }
    },
  }
}

function plain(schema: z.ZodType, direction: Direction): { json: Json; defs: Json } {
  const io = direction === 'request' ? 'input' : 'output'
  const { $schema: _draft, $defs, ...json } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json
  return { json, defs: ($defs ?? {}) as Json }
}

function resolved(json: unknown, own: string, nameOf: (name: string) => string): Json {
  const text = JSON.stringify(json).replaceAll(/"\$ref":"#(?:\/\$defs\/([^"]+))?"/g, (_all, name?: string) =>
    JSON.stringify({ $ref: `#/components/schemas/${name === undefined ? own : nameOf(name)}` }).slice(1, -1),
  )
  return JSON.parse(text) as Json
}
