// Forms are made when a policy file is read: threads that only mask have no use for them.
import { z } from 'zod'

const text = () => z.string().min(1).max(500)
const literal = () => z.union([z.string().max(500), z.number(), z.boolean()])
const stepForm = () => z.number().positive().max(1_000_000)

export const conditionForm = () =>
  z
    .strictObject({
      path: text().describe(
        'Element that is looked at: relative to the object that holds the target, or from the resource type on where an ancestor holds it',
      ),
      equals: literal().optional(),
      in: z.array(literal()).optional(),
      exists: z.boolean().optional(),
    })
    .refine(
      (given) => [given.equals, given.in, given.exists].filter((test) => test !== undefined).length === 1,
      'one of equals, in and exists is due',
    )

export const codesForm = () =>
  z.union([
    z.array(z.strictObject({ system: text(), code: text() })).min(1),
    z.strictObject({ system: text(), values: z.array(text()).min(1) }),
  ])

const matchForm = () =>
  z.union(
    [
      z.strictObject({ path: text() }),
      z.strictObject({ type: text() }),
      z.strictObject({ extension: text() }),
      z.strictObject({ code: codesForm() }),
    ],
    'one of path, type, extension and code is due, with its value',
  )

const headForm = () => ({
  id: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'an id has letters, digits, dots, dashes and low lines'),
  match: matchForm(),
  where: z.array(conditionForm()).min(1).optional(),
})

type Head = ReturnType<typeof headForm>
type Step = ReturnType<typeof stepForm>

const generalizeForm = (head: Head, step: Step) =>
  z.discriminatedUnion('to', [
    z.strictObject({ ...head, method: z.literal('generalize'), to: z.literal('ages') }),
    z.strictObject({ ...head, method: z.literal('generalize'), to: z.literal('zip3') }),
    z.strictObject({ ...head, method: z.literal('generalize'), to: z.literal('decade') }),
    z.strictObject({ ...head, method: z.literal('generalize'), to: z.literal('roundTo'), unit: step }),
    z.strictObject({
      ...head,
      method: z.literal('generalize'),
      to: z.literal('bins'),
      width: step.optional(),
      edges: z.array(z.number()).min(1).max(200).optional(),
      output: z.enum(['lower', 'range']).optional(),
    }),
    z.strictObject({
      ...head,
      method: z.literal('generalize'),
      to: z.literal('codeCategory'),
      scheme: z.literal('icd-10').optional(),
      level: z.enum(['category', 'chapter']).optional(),
      map: z.record(z.string(), text()).optional(),
      otherwise: z.enum(['remove', 'keep']).optional(),
    }),
  ])

export const ruleForm = () => formOf(headForm(), stepForm())

const formOf = (head: Head, step: Step) =>
  z.discriminatedUnion('method', [
    z.strictObject({ ...head, method: z.literal('keep') }),
    z.strictObject({ ...head, method: z.literal('redact') }),
    z.strictObject({ ...head, method: z.literal('pseudonym') }),
    z.strictObject({ ...head, method: z.literal('dateShift'), maxDays: z.int().min(1).max(365).optional() }),
    z.strictObject({ ...head, method: z.literal('dateGeneralize'), to: z.enum(['year', 'quarter', 'month', 'decade']) }),
    generalizeForm(head, step),
    z.strictObject({
      ...head,
      method: z.literal('perturb'),
      span: step,
      mode: z.enum(['absolute', 'proportional']),
      roundTo: step.optional(),
    }),
    z.strictObject({ ...head, method: z.literal('substitute'), value: z.json() }),
    z.strictObject({
      ...head,
      method: z.literal('scrub'),
      unknownNames: z.enum(['remove', 'scrub']).optional().describe('Texts of people whose names are not known here: removed unless said'),
    }),
    z.strictObject({ ...head, method: z.literal('regenerate') }),
  ])
