import { cohortCriteria, type CohortCodes, type CohortCriteria, type CohortCriterion } from '../contract/index.js'
import { amounts, sources, type Happened } from './sources.js'
import { cohortSql } from './sql.js'

/**
 * The criteria of which `cohortSql` makes this text, spaces and line breaks apart; null for SQL that was written or changed otherwise:
 * it runs all the same, but has no form. Values may be changed in the text.
 */
export function cohortOf(sql: string): CohortCriteria | null {
  const tokens = tokensOf(sql)
  if (tokens === null) return null
  const read = new Reader(tokens)
  try {
    const checked = cohortCriteria.safeParse(read.criteria())
    if (!checked.success) return null
    // Whatever the reader passed over would be lost: the text has to be the very one that these criteria make.
    const again = tokensOf(cohortSql(checked.data))
    return again !== null && again.join('\0') === tokens.join('\0') ? checked.data : null
  } catch (error) {
    if (error instanceof NotOurs) return null
    throw error
  }
}

class NotOurs extends Error {}

const token = /\s*('(?:[^']|'')*'|"[^"]*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_][\w.]*|\|\||<=|>=|[(),<>=*+-])/y
const lengthMax = 200_000

function tokensOf(sql: string): string[] | null {
  const text = sql.trimEnd()
  if (text.length > lengthMax) return null
  const tokens: string[] = []
  token.lastIndex = 0
  while (token.lastIndex < text.length) {
    const found = token.exec(text)
    if (found === null) return null
    tokens.push(found[1]!)
  }
  return tokens
}

const depthMax = 50

class Reader {
  #at = 0
  #depth = 0
  constructor(readonly tokens: readonly string[]) {}

  criteria(): CohortCriteria {
    this.#eat('SELECT p.patient_key FROM patients p')
    if (this.#isEnd()) return { all: [] }
    this.#eat('WHERE')
    const all = [this.#rule()]
    while (!this.#isEnd()) {
      this.#eat('AND')
      all.push(this.#rule())
    }
    return { all }
  }

  #rule(): CohortCriterion {
    if (++this.#depth > depthMax) throw new NotOurs()
    const rule = this.#ruleOfAnyKind()
    this.#depth--
    return rule
  }

  #ruleOfAnyKind(): CohortCriterion {
    if (this.#took('NOT')) {
      const { parts, joint } = this.#parts()
      const inner = joint === null ? parts[0] : ({ is: joint, of: parts } as const)
      return inner === undefined ? this.#fail() : { is: 'not', of: inner }
    }
    if (this.#took('EXISTS ( SELECT 1')) return this.#happened(false)
    if (this.#took('( SELECT count ( * )')) return this.#happened(true)
    if (this.#took("coalesce ( p.gender , 'unknown' ) IN")) return { is: 'sex', in: this.#texts() } as CohortCriterion
    if (this.#took('coalesce ( coalesce ( date_sub')) return this.#age()
    const { parts, joint } = this.#parts()
    return joint === null ? this.#fail() : { is: joint, of: parts }
  }

  /** Rules in parentheses with AND or OR between them. */
  #parts(): { parts: CohortCriterion[]; joint: 'all' | 'any' | null } {
    this.#eat('(')
    const parts = [this.#rule()]
    let joint: 'all' | 'any' | null = null
    while (!this.#took(')')) {
      const next = this.#took('AND') ? 'all' : this.#took('OR') ? 'any' : this.#fail()
      if (joint !== null && next !== joint) this.#fail()
      joint = next
      if (!this.#took(joint === 'all' ? 'true' : 'false')) parts.push(this.#rule())
    }
    return { parts, joint }
  }

  #age(): CohortCriterion {
    this.#eat("( 'year' , p.birth_date , DATE")
    const on = this.#text()
    this.#eat(') ,')
    this.#number()
    this.#eat('- p.birth_year )')
    const bounds = this.#took('BETWEEN')
      ? { min: this.#number(), max: (this.#eat('AND'), this.#number()) }
      : this.#took('>=')
        ? { min: this.#number() }
        : (this.#eat('<='), { max: this.#number() })
    this.#eat(', false )')
    return { is: 'age', ...bounds, on }
  }

  #happened(isCounted: boolean): CohortCriterion {
    this.#eat('FROM')
    const table = this.#next()
    const is = table === amounts ? 'observation' : (Object.keys(sources) as Happened['is'][]).find((each) => sources[each].table === table)
    if (is === undefined) this.#fail()
    const { time, status } = sources[is]
    this.#eat('r WHERE r.patient_key = p.patient_key AND')
    const of = this.#codes()
    this.#eat(`AND coalesce ( r.${status} , '' ) NOT IN`)
    this.#texts()
    const window: { from?: string; to?: string } = {}
    const value: { comparison?: string; number?: number; unit?: string } = {}
    while (this.#took('AND')) {
      if (this.#took('r.usual_number')) Object.assign(value, { comparison: this.#next(), number: this.#amount() })
      else if (this.#took('r.usual_unit =')) this.#text()
      else if (this.#took('r.usual_unit IN')) value.unit = this.#texts()[0]!
      else {
        this.#eat(`coalesce ( CAST ( r.${time}_at AS DATE )`)
        const side = this.#took('>=') ? 'from' : (this.#eat('<='), 'to')
        this.#eat('DATE')
        window[side] = this.#text()
        this.#eat(`, r.${time}_year ${side === 'from' ? '>=' : '<='}`)
        this.#number()
        this.#eat(')')
      }
    }
    this.#eat(')')
    const atLeast = isCounted ? (this.#eat('>='), this.#number()) : undefined
    return {
      is,
      of,
      ...(Object.keys(window).length === 0 ? {} : { window }),
      ...(atLeast === undefined ? {} : { atLeast }),
      ...(Object.keys(value).length === 0 ? {} : { value }),
    } as CohortCriterion
  }

  #codes(): CohortCodes {
    if (this.#took(`r.code_system || '|' || r.code IN ( SELECT l. "system" || '|' || l.code FROM code_lists l WHERE l.list =`)) {
      const list = this.#text()
      this.#eat(')')
      return { list }
    }
    const system = this.#took('r.code_system =') ? this.#text() : undefined
    if (system !== undefined) this.#eat('AND')
    this.#eat('r.code IN')
    const codes = this.#texts()
    return system === undefined ? { codes } : { system, codes }
  }

  /** A number, or one that is brought into the usual unit. */
  #amount(): number {
    if (!this.#took('CAST (')) return this.#number()
    const number = this.#number()
    this.#eat('AS DOUBLE ) *')
    this.#number()
    this.#eat('+')
    this.#number()
    return number
  }

  #texts(): string[] {
    this.#eat('(')
    const texts = [this.#text()]
    while (!this.#took(')')) {
      this.#eat(',')
      texts.push(this.#text())
    }
    return texts
  }

  #text(): string {
    const next = this.#next()
    return next.startsWith("'") ? next.slice(1, -1).replaceAll("''", "'") : this.#fail()
  }
  #number(): number {
    const number = Number(this.#next())
    return Number.isFinite(number) ? number : this.#fail()
  }
  #next(): string {
    return this.tokens[this.#at++] ?? this.#fail()
  }
  #isEnd(): boolean {
    return this.#at >= this.tokens.length
  }
  #eat(words: string): void {
    if (!this.#took(words)) this.#fail()
  }
  #took(words: string): boolean {
    const wanted = words.split(' ')
    if (wanted.some((word, at) => this.tokens[this.#at + at] !== word)) return false
    this.#at += wanted.length
    return true
  }
  #fail(): never {
    throw new NotOurs()
  }
}
