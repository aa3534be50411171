import { keepsDigits } from '../json.js'
import { ExactNumber, type JsonObject } from '../resource.js'
import type { Shape, Slot } from '../shape.js'

/** One open FHIR element. */
export interface Frame {
  name: string
  /** position among equals where the element is a list, else null */
  place: number | null
  kind: 'resource' | 'complex' | 'primitive' | 'holder'
  /** what may stand in it; null in a holder, where one resource may */
  shape: Shape | null
  slot: Slot | null
  object: JsonObject
  value: string | undefined
  children: number
  /** names of children met so far, with their number */
  met: Map<string, number>
  hasGaps: boolean
}

export const frameOf = (frame: Pick<Frame, 'name' | 'place' | 'kind' | 'shape' | 'slot'> & { object?: JsonObject }): Frame => ({
  object: {},
  value: undefined,
  children: 0,
  met: new Map(),
  hasGaps: false,
  ...frame,
})

export function addComplex(parent: Frame, name: string, slot: Slot, value: JsonObject): void {
  if (!slot.list) parent.object[name] = value
  else {
    const list = (parent.object[name] ??= []) as unknown[]
    list.push(value)
  }
}

/** JSON says a primitive by its value, and what else there is of it beside, under its name with an underscore. */
export function addPrimitive(parent: Frame, frame: Frame): void {
  const { name, slot, object } = frame
  const value = frame.value === undefined ? undefined : jsonValue(frame.value, slot?.type ?? '')
  const hasMore = Object.keys(object).length > 0
  if (slot?.list !== true) {
    if (value !== undefined) parent.object[name] = value
    if (hasMore) parent.object[`_${name}`] = object
    return
  }
  const values = (parent.object[name] ??= []) as unknown[]
  if (hasMore) {
    const companions = (parent.object[`_${name}`] ??= []) as unknown[]
    while (companions.length < values.length) companions.push(null)
    companions.push(object)
  }
  values.push(value ?? null)
  if (value === undefined || hasMore) parent.hasGaps = true
}

/** Lists of values and of what stands beside them are of one length; a list without any value is left out. */
export function closeLists(frame: Frame): void {
  if (!frame.hasGaps) return
  for (const [key, companions] of Object.entries(frame.object)) {
    if (!key.startsWith('_') || !Array.isArray(companions)) continue
    const name = key.slice(1)
    const values = frame.object[name] as unknown[]
    while (companions.length < values.length) companions.push(null)
    if (values.every((value) => value === null)) delete frame.object[name]
  }
}

const whole = /^-?(?:0|[1-9]\d*)$/
const decimal = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** What the model's type makes of a value; what has not its form stays text, by which validation sees it. */
function jsonValue(text: string, type: string): unknown {
  switch (type) {
    case 'boolean':
      return text === 'true' ? true : text === 'false' ? false : text
    case 'integer':
    case 'positiveInt':
    case 'unsignedInt':
      return whole.test(text) ? numberFrom(text) : text
    case 'decimal':
      return decimal.test(text) ? numberFrom(text) : text
    default:
      return text
  }
}

const numberFrom = (text: string): number | ExactNumber => (keepsDigits(text) ? Number(text) : new ExactNumber(text))
