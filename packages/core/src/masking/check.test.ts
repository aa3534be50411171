import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkPolicyForStudy, comparePolicies, expert, policyFileSchema, readPolicy, safeHarbor, treatmentsUnder } from './index.js'
import type { PolicyProblem } from './index.js'
import { policyWith } from './test/policies.js'

/** As one line; each has a place, what is wrong and what would do. */
function told({ line, path, message, remedy }: PolicyProblem): string {
  expect(message, remedy).toMatch(/^.{4,}[.?]$/s)
  expect(remedy, message).toMatch(/^[^a-z].{3,}[.?]$/s)
  return `${line} ${path}: ${message.slice(0, -1)}: ${remedy.charAt(0).toLowerCase()}${remedy.slice(1).replace(/\.$/, '')}`
}

/** Problems of a policy whose rules stand one a line from line 2 on. */
function problemsOf(rules: readonly object[], more: object = {}): string[] {
  const lines = rules.map((rule, index) => JSON.stringify({ id: `r${index + 1}`, ...rule }))
  const head = JSON.stringify({ name: 'own', version: 1, extends: 'safe-harbor', ...more }).slice(0, -1)
  return readPolicy(`${head},"rules":[\n${lines.join(',\n')}\n]}`).problems?.map(told) ?? []
}

const path = (text: string, method: string, more: object = {}): object => ({ match: { path: text }, method, ...more })

describe('a rule is refused with its line and a remedy, where', () => {
  test('its path cannot exist', () => {
    const refused = (text: string): string => problemsOf([path('Patient.active', 'redact'), path(text, 'redact')])[0] ?? ''
    expect(refused('Patient.brithDate')).toBe('3 rules.1.match.path: there is no brithDate here: did you mean birthDate?')
    expect(refused('HealthcareService.notAvaliable.description')).toMatch(/did you mean notAvailable\?$/)
    expect(refused('Patient.nonsense')).toMatch(/there is no nonsense here: write it as DSTU2 does$/)
    expect(refused('Foo.bar')).toMatch(/no such resource type: write it as DSTU2 does$/)
    expect(refused('HumanName.family')).toMatch(/use match\.type$/)
    expect(refused('Observation.value.ofType(Money)')).toMatch(/^3 .*cannot be Money: one of Quantity, /)
    expect(refused('Patient.descendants()')).toMatch(/use match\.type$/)
    expect(refused("Patient.extension('http://x')")).toMatch(/use match\.extension/)
    expect(refused('Patient.name[0].family')).toMatch(/use where\(/)
    expect(refused('(Observation.value as Quantity).value')).toMatch(/ofType\(Type\)$/)
    expect(refused("Patient.address.where(colour='red').city")).toMatch(/there is no colour in address, /)
    expect(refused('Patient.name.family.upper()')).toMatch(/use names, ofType\(Type\) and where/)
    expect(refused('QuestionnaireResponse.group.group.title')).toMatch(/QuestionnaireResponse\.group stands for all levels/)
    expect(problemsOf([{ match: { type: 'Fone' }, method: 'redact' }])[0]).toMatch(/no such data type/)
    expect(problemsOf([{ match: { type: 'Address.zip' }, method: 'redact' }])[0]).toMatch(/no such element of Address/)
  })

  test('its method breaks the type, or leaves what identifies', () => {
    const refused = (text: string, method: string, more: object = {}): string => problemsOf([path(text, method, more)])[0] ?? ''
    expect(refused('Patient.name.family', 'keep')).toMatch(
      /^2 rules\.0\.method: NAME identifies by itself and cannot be kept: .*pseudonym$/,
    )
    expect(refused('Patient.birthDate', 'generalize', { to: 'roundTo', unit: 5 })).toMatch(/date is no number/)
    expect(refused('Observation.valueQuantity', 'generalize', { to: 'bins', width: 5, output: 'range' })).toMatch(
      /which a decimal cannot hold: output lower/,
    )
    expect(refused('Observation.issued', 'dateGeneralize', { to: 'month' })).toMatch(/dateShift or redact/)
    expect(refused('Patient.gender', 'substitute', { value: 'mail' })).toMatch(/none of its codes: male, female/)
    expect(refused('Patient.maritalStatus', 'substitute', { value: { text: 3 } })).toMatch(/the value is no CodeableConcept/)
    expect(refused('Patient.contact', 'substitute', { value: {} })).toMatch(/no BackboneElement/)
    expect(refused('Patient.id', 'substitute', { value: 'x' })).toMatch(/pseudonym or redact/)
    expect(refused('Patient.multipleBirthInteger', 'generalize', { to: 'roundTo', unit: 0.5 })).toMatch(/whole number/)
    expect(refused('Observation.code.coding.display', 'scrub')).toMatch(/displays come from the dictionary/)
    expect(refused('Patient.photo.data', 'substitute', { value: 'eA==' })).toMatch(/PHOTO cannot be treated so: redact it/)
    expect(refused('Location.position.latitude', 'perturb', { span: 0.01, mode: 'absolute' })).toMatch(/still the place/)
    expect(refused('Patient.name', 'dateShift')).toMatch(/no single value: name the element/)
    expect(refused('Composition.section.text', 'regenerate')).toMatch(/only the text of a resource/)
    expect(refused('Patient.meta.lastUpdated', 'dateShift')).toMatch(/never leaves/)
    expect(refused('Patient.modifierExtension', 'redact')).toMatch(/modifierExtensions/)
    expect(refused('Condition.code', 'generalize', { to: 'codeCategory' })).toMatch(/map and scheme are both there, or neither: give one/)
    expect(refused('Observation.value', 'generalize', { to: 'bins' })).toMatch(
      /width and edges are both there, or neither: give one of them/,
    )
    expect(problemsOf([{ match: { extension: 'urn:x' }, method: 'generalize', to: 'zip3' }])[0]).toMatch(/list the url in extensions/)
  })

  test('it can never fire', () => {
    const last = (rules: readonly object[], more: object = {}): string => problemsOf(rules, more).at(-1) ?? ''
    const where = [{ path: 'colour', equals: 'red' }]
    expect(last([path('Patient.gender', 'redact', { where })])).toMatch(/^2 rules\.0\.where\.0\.path: there is no colour beside or around/)
    expect(last([path('Patient.gender', 'redact', { where: [{ path: 'gender', equals: 'mail' }] })])).toMatch(/gender is never mail/)
    expect(last([path('Patient.gender', 'redact', { where: [{ path: 'active', equals: 'true' }] })])).toMatch(/active is never/)
    expect(last([path('AuditEvent.event.outcomeDesc', 'redact')])).toMatch(/AuditEvent is withheld as a whole/)
    expect(last([path('Patient.address', 'redact'), path('Patient.address.city', 'pseudonym')])).toMatch(
      /^3 rules\.1: can never fire: rule r1 takes out what is around/,
    )
    expect(last([{ match: { type: 'Address' }, method: 'redact' }, path('Patient.contact.address.city', 'pseudonym')])).toMatch(
      /rule r1 takes out/,
    )
    expect(last([path('Patient.gender', 'redact'), path('Patient.gender', 'substitute', { value: 'other' })])).toMatch(
      /^3 rules\.1: can never fire: rule r1 comes first/,
    )
    expect(last([{ match: { type: 'Address.city' }, method: 'redact' }, path('Patient.address.city', 'pseudonym')])).toMatch(
      /rule r1 comes first/,
    )
    expect(last([path('Observation.value', 'redact'), path('Observation.valueQuantity', 'redact')])).toMatch(/rule r1 comes first/)
    expect(last([path('Patient.gender', 'redact')], { paths: { 'Patient.gender': 'remove' } })).toMatch(
      /paths\.Patient\.gender: has no effect: rule r1/,
    )
    expect(last([path('Patient.active', 'keep')])).toMatch(/^2 rules\.0: changes nothing/)
    expect(
      problemsOf([
        path('Patient.address.city', 'pseudonym', { where: [{ path: 'use', equals: 'home' }] }),
        path('Patient.address.city', 'redact'),
      ]),
    ).toEqual([])
    expect(problemsOf([path('Observation.valueQuantity', 'redact'), path('Observation.value', 'redact')])).toEqual([])
    expect(
      problemsOf([path('Patient.address', 'keep', { where: [{ path: 'use', equals: 'work' }] }), path('Patient.address', 'redact')]),
    ).toEqual([])
  })

  test('its form is wrong, or its id another’s', () => {
    expect(
      problemsOf([
        { ...path('Patient.gender', 'redact'), id: 'a' },
        { ...path('Patient.active', 'redact'), id: 'a' },
      ])[0],
    ).toMatch(/^3 rules\.1\.id: rules\.0 has the same id/)
    expect(problemsOf([path('Patient.gender', 'hash')])[0]).toMatch(/^2 rules\.0\.method: /)
    expect(problemsOf([{ match: { path: 'Patient.gender', type: 'x' }, method: 'redact' }])[0]).toMatch(
      /^2 rules\.0\.match: one of path, type, extension and code is due/,
    )
    expect(problemsOf([path('Patient.gender', 'redact', { where: [{ path: 'active', equals: true, exists: true }] })])[0]).toMatch(
      /one of equals, in and exists/,
    )
  })
})

test('dates that move on a live study that publishes at once are refused, unless signed', () => {
  const live = { publish: 'continuous', live: true, acceptedBy: null }
  expect(checkPolicyForStudy(safeHarbor, live)).toEqual([])
  expect(checkPolicyForStudy(expert, live)).toEqual([{ path: 'classes.DATE', message: expect.stringContaining('24h') }])
  expect(checkPolicyForStudy(policyWith([path('Condition.onset', 'dateShift')]), live)[0]?.path).toBe('rules.0')
  for (const other of [{ publish: '24h' }, { live: false }, { acceptedBy: 'officer' }])
    expect(checkPolicyForStudy(expert, { ...live, ...other })).toEqual([])
})

test('every element of every type is decided, conditions of rules included', () => {
  const rows = treatmentsUnder(safeHarbor)
  expect(rows.length).toBeGreaterThan(10_000)
  expect(new Set(rows.map((row) => row.path)).size).toBe(rows.length)
  expect(rows.every(({ treatment }) => treatment !== '')).toBe(true)
  const home = { where: [{ path: 'use', equals: 'home' }] }
  const ruled = treatmentsUnder(policyWith([path('Patient.address', 'redact', home), path('Patient.gender', 'redact')], { withheld: [] }))
  const told = new Map(ruled.map((row) => [row.path, row.treatment]))
  expect(told.get('Patient.gender')).toBe('r2: redact')
  expect(told.get('Patient.address.postalCode')).toBe('r1: redact if its conditions hold, else zip3')
  expect(told.get('AuditEvent.participant.network.address')).toBe('remove')
})

test('a comparison tells rule by rule what two policies have differently, and of lists what came and went', () => {
  expect(comparePolicies(safeHarbor, safeHarbor)).toEqual([])
  expect(comparePolicies(safeHarbor, expert)).toEqual([{ path: 'classes.DATE', from: 'year', to: 'shift' }])
  const ruled = policyWith([path('Patient.gender', 'redact')], { withheld: [], ageCap: 85 })
  expect(comparePolicies(safeHarbor, ruled)).toEqual([
    { path: 'ageCap', from: '90', to: '85' },
    { path: 'rules', from: null, to: expect.stringContaining('Patient.gender') },
    { path: 'withheld', from: 'AuditEvent', to: null },
  ])
})

test('each example of the page on policies is read', () => {
  const page = readFileSync(new URL('../../../../docs/policies.md', import.meta.url), 'utf8')
  const examples = [...page.matchAll(/```json\n(.*?)```/gs)].map(([, text]) => JSON.parse(text!) as object)
  expect(examples).toHaveLength(2)
  for (const example of examples) {
    const file = Array.isArray(example) ? { name: 'example', version: 1, extends: 'safe-harbor', rules: example as object[] } : example
    expect(readPolicy(JSON.stringify(file)).problems).toBeUndefined()
  }
})

test('the published schema is that of the code', () => {
  const published = new URL('../../../../docs/masking-policy.schema.json', import.meta.url)
  expect(JSON.parse(readFileSync(published, 'utf8'))).toEqual(policyFileSchema())
})
