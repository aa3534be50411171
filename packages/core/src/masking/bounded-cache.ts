const tailMax = 16
const placesAtFirst = 256

/**
 * What was made for a text, kept in one place for each text: another one that falls on the same place takes it. Beside a Map of as
 * many, finding takes half the time and keeping a third: texts that never come again, as most ids are, cost nothing but their place.
 */
export function boundedCache<Value>(sizeMax: number, make: (key: string) => Value): (key: string) => Value {
  let places = Math.min(placesAtFirst, 2 ** Math.floor(Math.log2(sizeMax)))
  let keys = nothingAt<string>(places)
  let values = nothingAt<Value>(places)
  let room = places
  return (key) => {
    const place = mixed(key) & (places - 1)
    if (keys[place] === key) return values[place] as Value
    const value = make(key)
    if (room-- === 0 && 2 * places <= sizeMax) {
      room = places *= 2
      keys = nothingAt<string>(places)
      values = nothingAt<Value>(places)
      return value
    }
    keys[place] = key
    values[place] = value
    return value
  }
}

const nothingAt = <Thing>(places: number): (Thing | null)[] => Array.from<Thing | null>({ length: places }).fill(null)

// Texts differ at their ends: the beginning is a type, a scheme or a system.
function mixed(key: string): number {
  let mix = key.length
  for (let at = Math.max(0, mix - tailMax); at < key.length; at++) mix = Math.imul(mix, 31) + key.charCodeAt(at)
  return mix ^ (mix >>> 15)
}
