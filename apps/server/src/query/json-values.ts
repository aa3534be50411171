import { DuckDBTypeId, JsonDuckDBValueConverter, type DuckDBType, type DuckDBValue, type Json } from '@duckdb/node-api'

/** A value as JSON: whole numbers as numbers as far as they are exact, else as text; nested values as they are nested. */
export function jsonValue(value: DuckDBValue, type: DuckDBType): Json {
  if (value === null) return null
  if (typeof value === 'bigint') return value >= -(2n ** 53n) && value <= 2n ** 53n ? Number(value) : value.toString()
  if (type.typeId === DuckDBTypeId.DECIMAL) {
    const text = String(value)
    return text.length <= 16 ? Number(text) : text
  }
  return JsonDuckDBValueConverter(value, type, jsonValue)
}

export const jsonText = (value: DuckDBValue, type: DuckDBType): string => JSON.stringify(jsonValue(value, type))
