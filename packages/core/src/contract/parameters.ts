import { z } from 'zod'

/** Values that a statement is given beside its text: bound by the engine, never part of the SQL. */

export const parametersMax = 100
export const parameterTextMax = 10_000
export const parameterListMax = 10_000

const text = z
  .string()
  .max(parameterTextMax)
  .refine((value) => !value.includes('\0'), 'no NUL')
const wholeNumber = z.union([
  z.number().int(),
  z
    .string()
    .regex(/^-?\d{1,18}$/)
    .describe('beyond 2^53'),
])

export const statementParameter = z.discriminatedUnion('type', [
  z.object({ type: z.literal('date'), value: z.iso.date().nullable() }),
  z.object({
    type: z.literal('timestamp'),
    value: z.iso.datetime({ offset: true, local: true }).nullable().describe('UTC without an offset'),
  }),
  z.object({ type: z.literal('number'), value: z.number().nullable() }),
  z.object({ type: z.literal('integer'), value: wholeNumber.nullable() }),
  z.object({ type: z.literal('text'), value: text.nullable() }),
  z.object({ type: z.literal('boolean'), value: z.boolean().nullable() }),
  z.object({
    type: z.literal('text-list'),
    value: z.array(text).max(parameterListMax).nullable().describe('such as codes: code IN $codes'),
  }),
])
export type StatementParameter = z.infer<typeof statementParameter>

export const statementParameters = z
  .record(z.string().regex(/^[A-Za-z_]\w{0,62}$/), statementParameter)
  .refine((given) => Object.keys(given).length <= parametersMax, `at most ${parametersMax} parameters`)
  .refine(
    (given) => new Set(Object.keys(given).map((name) => name.toLowerCase())).size === Object.keys(given).length,
    'two names that differ by case only',
  )
  .describe('values by the names that the SQL writes as $name')
export type StatementParameters = z.infer<typeof statementParameters>
