import { BIGINT, BOOLEAN, DATE, DOUBLE, DuckDBDateValue, DuckDBTimestampValue, LIST, listValue, TIMESTAMP, VARCHAR } from '@duckdb/node-api'
import type { DuckDBType, DuckDBValue } from '@duckdb/node-api'
import type { StatementParameter, StatementParameters } from '@aquifer/core/contract'

export interface Bound {
  values: Record<string, DuckDBValue>
  types: Record<string, DuckDBType>
}

const types: Readonly<Record<StatementParameter['type'], DuckDBType>> = {
  date: DATE,
  timestamp: TIMESTAMP,
  number: DOUBLE,
  integer: BIGINT,
  text: VARCHAR,
  boolean: BOOLEAN,
  'text-list': LIST(VARCHAR),
}

/** Parameters as the engine binds them; undefined where there are none, since then it need not prepare. */
export function boundParameters(given: StatementParameters): Bound | undefined {
  const entries = Object.entries(given)
  if (entries.length === 0) return undefined
  return {
    values: Object.fromEntries(entries.map(([name, parameter]) => [name, valueOf(parameter)])),
    types: Object.fromEntries(entries.map(([name, { type }]) => [name, types[type]])),
  }
}

function valueOf(parameter: StatementParameter): DuckDBValue {
  if (parameter.value === null) return null
  switch (parameter.type) {
    case 'date':
      return new DuckDBDateValue(Date.parse(`${parameter.value}T00:00:00Z`) / 86_400_000)
    case 'timestamp':
      return new DuckDBTimestampValue(microsOf(parameter.value))
    case 'integer':
      return BigInt(parameter.value)
    case 'text-list':
      return listValue(parameter.value)
    default:
      return parameter.value
  }
}

function microsOf(text: string): bigint {
  const [, head = text, fraction = '', zone = ''] = /^([^.Z+]*?\d)(?:\.(\d+))?(Z|[+-]\d\d:?\d\d)?$/.exec(text) ?? []
  const millis = Date.parse(`${head}${zone === '' ? 'Z' : zone}`)
  return BigInt(millis) * 1_000n + BigInt(fraction.slice(0, 6).padEnd(6, '0'))
}
