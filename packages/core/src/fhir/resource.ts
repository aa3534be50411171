/** A resource as parsed. Its decimals are numbers, or ExactNumber where a number would lose written digits. */
export interface Resource {
  resourceType: string
  id?: string
  [element: string]: unknown
}

export type JsonObject = Record<string, unknown>

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber)
}

export function isResource(value: unknown): value is Resource {
  return isObject(value) && typeof value['resourceType'] === 'string'
}

let serialized = 0

/** How many ExactNumbers JSON.stringify has met so far: a change across a call tells that its output lost digits. */
export function exactNumbersSerialized(): number {
  return serialized
}

/** A number whose digits a JavaScript number would not give back: `1.50`, `1e3`, `0.1234567890123456789`. */
export class ExactNumber {
  constructor(readonly text: string) {}

  // Code that does not know this class still writes a JSON number, only without the trailing digits.
  toJSON(): number {
    serialized++
    return Number(this.text)
  }

  valueOf(): number {
    return Number(this.text)
  }

  toString(): string {
    return this.text
  }
}

/** The numeric value of a parsed JSON number, exact or not; null for anything else. */
export function numberOf(value: unknown): number | null {
  if (typeof value === 'number') return value
  return value instanceof ExactNumber ? Number(value.text) : null
}
