import {
  amountsIn,
  codingsIn,
  pointersIn,
  spanOf,
  spansIn,
  stringsIn,
  type Amount,
  type Coding,
  type Parameter,
  type Span,
} from './oracle-parameters.js'

/** A query and which values of the parameter meet it. */
export interface Query {
  text: string
  name: string
  value: string
  /** all values of one resource */
  meets(values: readonly unknown[]): boolean
}

export const escaped = (text: string): string => text.replaceAll(/[\\,|$]/g, '\\$&')
const plain = (text: string): string =>
  text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase().toLowerCase().replaceAll(/\s+/g, ' ').trim()

export const queryOf = (name: string, value: string, meets: Query['meets']): Query => ({
  text: `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
  name,
  value,
  meets,
})
const query = queryOf

export const missing = ({ code }: Parameter, isPresent: (values: readonly unknown[]) => boolean): Query[] => [
  query(`${code}:missing`, 'true', (values) => !isPresent(values)),
  query(`${code}:missing`, 'false', (values) => isPresent(values)),
]

export function queriesFor(parameter: Parameter, value: unknown, base: string): Query[] {
  switch (parameter.type) {
    case 'string':
      return stringsIn(value)
        .slice(0, 4)
        .flatMap((text) => stringQueries(parameter.code, text))
    case 'token':
      return codingsIn(value, parameter)
        .slice(0, 3)
        .flatMap((coding) => tokenQueries(parameter, coding))
    case 'reference':
      return pointersIn(value).flatMap((pointer) => referenceQueries(parameter, pointer, base))
    case 'date':
      return dateTexts(value).flatMap((text) => dateQueries(parameter.code, text))
    case 'quantity':
    case 'number':
      return amountsIn(value).flatMap((amount) => amountQueries(parameter, amount))
    case 'uri':
      return stringsIn(value).flatMap((text) => uriQueries(parameter.code, text))
    case 'composite':
      return []
  }
}

function stringQueries(name: string, text: string): Query[] {
  const some = (test: (each: string) => boolean) => (values: readonly unknown[]) => stringsIn(values).some(test)
  const starts = (written: string) =>
    query(
      name,
      escaped(written),
      some((each) => plain(each) !== '' && plain(each).startsWith(plain(written))),
    )
  if (plain(text) === '') return []
  const middle = text.slice(Math.floor(text.length / 3), Math.floor(text.length / 3) + 4)
  return [
    starts(text),
    starts(text.toUpperCase()),
    starts(plain(text)),
    starts(text.slice(0, 3)),
    query(name, 'no such text', () => false),
    query(
      name,
      `${escaped(text)},no such text`,
      some((each) => plain(each) !== '' && plain(each).startsWith(plain(text))),
    ),
    query(
      `${name}:exact`,
      escaped(text),
      some((each) => each === text),
    ),
    query(
      `${name}:exact`,
      escaped(text.toUpperCase()),
      some((each) => each === text.toUpperCase()),
    ),
    ...(plain(middle).length < 2
      ? []
      : [
          query(
            `${name}:contains`,
            escaped(middle),
            some((each) => plain(each).includes(plain(middle))),
          ),
        ]),
  ].filter(({ text: each }) => !each.endsWith('='))
}

const aliases: Record<string, string> = {
  'http://unitsofmeasure.org/': 'http://unitsofmeasure.org',
  'urn:oid:2.16.840.1.113883.6.1': 'http://loinc.org',
}
const sameSystem = (one: string | null, other: string | null): boolean => (aliases[one ?? ''] ?? one) === (aliases[other ?? ''] ?? other)
const sameCode = (one: string | null, other: string): boolean => one?.toUpperCase() === other.toUpperCase()

function tokenQueries(parameter: Parameter, { system, code, texts, isBare }: Coding): Query[] {
  const name = parameter.code
  const some = (test: (each: Coding) => boolean) => (values: readonly unknown[]) =>
    values.flatMap((value) => codingsIn(value, parameter)).some(test)
  const worded = texts
    .filter((text) => plain(text) !== '')
    .slice(0, 2)
    .flatMap((text) => {
      const start = text.slice(0, Math.max(2, Math.ceil(text.length / 2)))
      return [
        query(
          `${name}:text`,
          escaped(start),
          some((each) => each.texts.some((other) => plain(other).startsWith(plain(start)))),
        ),
      ]
    })
  if (code === null || code === '') return worded
  const found = some((each) => sameCode(each.code, code))
  const found2 = some((each) => sameCode(each.code, code) && sameSystem(each.system, system))
  const queries = [
    query(name, escaped(code), found),
    query(name, escaped(code.toUpperCase()), found),
    query(name, `no-such-code,${escaped(code)}`, found),
    query(name, 'no-such-code', () => false),
    query(`${name}:not`, escaped(code), (values) => !found(values)),
    query(
      name,
      `|${escaped(code)}`,
      some((each) => sameCode(each.code, code) && each.system === null),
    ),
    ...worded,
  ]
  if (system !== null)
    queries.push(
      query(name, `${escaped(system)}|${escaped(code)}`, found2),
      query(`${name}:not`, `${escaped(system)}|${escaped(code)}`, (values) => !found2(values)),
      query(name, `urn:no-such-system|${escaped(code)}`, () => false),
      query(
        name,
        `${escaped(system)}|`,
        some((each) => sameSystem(each.system, system)),
      ),
    )
  else if (isBare) queries.push(query(name, `urn:no-such-system|${escaped(code)}`, () => false))
  return queries
}

// Parameters whose description says that they find one type only.
const oneType: Record<string, string> = {
  patient: 'Patient',
  practitioner: 'Practitioner',
  location: 'Location',
  relatedperson: 'RelatedPerson',
}
export function targetsOf({ code, target = [] }: Parameter): string[] {
  const only = oneType[code]
  return only !== undefined && target.includes(only) ? [only] : target
}
const typeOf = (pointer: string): string | null => /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/.exec(pointer)?.[1] ?? null
export const pointsTo = (parameter: Parameter, pointer: string): boolean => {
  const type = typeOf(pointer)
  return type === null || targetsOf(parameter).includes(type)
}

function referenceQueries(parameter: Parameter, pointer: string, base: string): Query[] {
  const name = parameter.code
  const targets = targetsOf(parameter)
  const has =
    (...wanted: string[]) =>
    (values: readonly unknown[]) =>
      values.flatMap(pointersIn).some((each) => wanted.includes(each))
  const local = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9.-]{1,64})$/.exec(pointer)
  if (!local) {
    const isLegal = /^[a-z][a-z0-9+.-]*:./i.test(pointer)
    return isLegal && pointsTo(parameter, pointer)
      ? [query(name, escaped(pointer), has(pointer)), query(name, 'urn:uuid:none', () => false)]
      : []
  }
  const [, type = '', id = ''] = local
  const fits = targets.includes(type)
  return [
    query(name, pointer, fits ? has(pointer) : () => false),
    query(name, `${base}/${pointer}`, fits ? has(pointer) : () => false),
    query(name, id, has(...targets.map((target) => `${target}/${id}`))),
    query(`${name}:${type}`, id, fits ? has(pointer) : () => false),
    query(name, 'no-such-id', () => false),
    query(name, `no-such-id,${pointer}`, fits ? has(pointer) : () => false),
  ]
}

function dateTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return stringsIn(value)
    .filter((text) => spanOf(text) !== null)
    .slice(0, 2)
}

const prefixes: Record<string, (asked: Span, span: Span) => boolean> = {
  '': (asked, span) => span.lo >= asked.lo && span.hi <= asked.hi,
  eq: (asked, span) => span.lo >= asked.lo && span.hi <= asked.hi,
  ne: (asked, span) => !(span.lo >= asked.lo && span.hi <= asked.hi),
  gt: (asked, span) => span.hi > asked.hi,
  lt: (asked, span) => span.lo < asked.lo,
  ge: (asked, span) => span.hi > asked.hi || (span.lo >= asked.lo && span.hi <= asked.hi),
  le: (asked, span) => span.lo < asked.lo || (span.lo >= asked.lo && span.hi <= asked.hi),
  sa: (asked, span) => span.lo >= asked.hi,
  eb: (asked, span) => span.hi <= asked.lo,
}

function dateQueries(name: string, text: string): Query[] {
  const span = spanOf(text)
  if (!span) return []
  const shifted = text.includes('T') ? [new Date(span.lo + 5.5 * 3_600_000).toISOString().slice(0, 19) + '+05:30'] : []
  const precisions = [text.slice(0, 4), text.slice(0, 7), text.slice(0, 10), text, ...shifted].filter(
    (each, at, all) => all.indexOf(each) === at && spanOf(each) !== null,
  )
  return precisions.flatMap((each) => {
    const asked = spanOf(each)!
    return [
      ...Object.entries(prefixes).map(([prefix, test]) =>
        query(name, `${prefix}${each}`, (values) => values.flatMap(spansIn).some((other) => test(asked, other))),
      ),
      query(name, `1066,${each}`, (values) => values.flatMap(spansIn).some((other) => prefixes['eq']!(asked, other))),
    ]
  })
}

type Comparison = (number: number, lo: number, hi: number, value: number) => boolean
const comparisons: Record<string, Comparison> = {
  '': (number, lo, hi) => number >= lo && number < hi,
  ne: (number, lo, hi) => number < lo || number >= hi,
  gt: (number, _lo, _hi, value) => number > value,
  lt: (number, _lo, _hi, value) => number < value,
  ge: (number, _lo, _hi, value) => number >= value,
  le: (number, _lo, _hi, value) => number <= value,
}

// Some units and what they are worth, by hand.
const worth: Record<string, [dimension: string, factor: number]> = {
  kg: ['mass', 1000],
  g: ['mass', 1],
  mg: ['mass', 1e-3],
  cm: ['length', 0.01],
  m: ['length', 1],
  mm: ['length', 1e-3],
  'g/dL': ['mass in volume', 1000],
  'g/dl': ['mass in volume', 1000],
  'mg/dL': ['mass in volume', 1],
  'g/L': ['mass in volume', 100],
  'mg/L': ['mass in volume', 0.1],
  'ug/L': ['mass in volume', 1e-4],
  'ng/mL': ['mass in volume', 1e-4],
  'mmol/L': ['amount in volume', 1],
  'umol/L': ['amount in volume', 1e-3],
}

function amountQueries({ code: name, type }: Parameter, amount: Amount): Query[] {
  const written = String(amount.number)
  const decimals = written.includes('.') && !written.includes('e') ? written.length - written.indexOf('.') - 1 : 0
  // Beyond these digits the oracle itself would have to round.
  if (written.includes('e') || written.length > 10) return []
  const half = (place: number): number => 5 * 10 ** (-place - 1)
  // Compared as whole numbers of the smallest place that matters, so that the oracle has no rounding of its own.
  const scale = 10 ** (decimals + 6)
  const whole = (number: number): number => Math.round(number * scale)
  const compare = (test: Comparison, each: number, place = decimals): boolean =>
    test(whole(each), whole(amount.number) - whole(half(place)), whole(amount.number) + whole(half(place)), whole(amount.number))
  const each = Object.entries(comparisons).map(([prefix, test]) =>
    query(name, `${prefix}${written}`, (values) => values.flatMap(amountsIn).some(({ number }) => compare(test, number))),
  )
  const finer = query(name, `${written}${decimals === 0 ? '.' : ''}00`, (values) =>
    values.flatMap(amountsIn).some(({ number }) => compare(comparisons['']!, number, decimals + 2)),
  )
  if (type === 'number') return [...each, finer]
  return [...each, finer, ...unitQueries(name, amount, written, compare)]
}

function unitQueries(name: string, amount: Amount, written: string, compare: (test: Comparison, number: number) => boolean): Query[] {
  const unit = amount.code ?? amount.unit
  if (unit === null) return []
  const [dimension, factor] = worth[unit] ?? [unit, 1]
  const isUcum = (system: string | null): boolean => system === null || sameSystem(system, 'http://unitsofmeasure.org')
  const inUnit = (other: Amount): number | null => {
    const theirs = [other.code, other.unit].filter((each) => each !== null)
    if (theirs.includes(unit)) return other.number
    const known = isUcum(other.system) ? theirs.map((each) => worth[each]).find((each) => each?.[0] === dimension) : undefined
    return known && worth[unit] && isUcum(amount.system) ? (other.number * known[1]) / factor : null
  }
  const some = (test: (other: Amount) => boolean) => (values: readonly unknown[]) => values.flatMap(amountsIn).some(test)
  return ['', 'gt', 'le'].flatMap((prefix) => {
    const test = comparisons[prefix]!
    const here = (other: Amount): boolean => {
      const number = inUnit(other)
      return number !== null && compare(test, number)
    }
    return [
      query(name, `${prefix}${written}||${escaped(unit)}`, some(here)),
      ...(amount.system === null || amount.code === null
        ? []
        : [
            query(
              name,
              `${prefix}${written}|${escaped(amount.system)}|${escaped(unit)}`,
              some((other) => here(other) && (sameSystem(other.system, amount.system) || (isUcum(amount.system) && isUcum(other.system)))),
            ),
          ]),
      query(name, `${prefix}${written}|urn:no-such-system|${escaped(unit)}`, () => false),
    ]
  })
}

function uriQueries(name: string, text: string): Query[] {
  const some = (test: (each: string) => boolean) => (values: readonly unknown[]) => stringsIn(values).some(test)
  const start = text.slice(0, Math.max(1, text.lastIndexOf('/')))
  return [
    query(
      name,
      escaped(text),
      some((each) => each === text),
    ),
    query(
      name,
      escaped(`${text}x`),
      some((each) => each === `${text}x`),
    ),
    query(
      `${name}:below`,
      escaped(start),
      some((each) => each.startsWith(start)),
    ),
    query(
      `${name}:above`,
      escaped(`${text}/x`),
      some((each) => `${text}/x`.startsWith(each)),
    ),
  ]
}
