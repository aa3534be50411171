/** A Map that forgets its older half instead of growing without bound. */
export function boundedCache<Value>(sizeMax: number, make: (key: string) => Value): (key: string) => Value {
  let young = new Map<string, Value>()
  let old = new Map<string, Value>()
  return (key) => {
    const known = young.get(key)
    if (known !== undefined) return known
    const before = old.get(key)
    const value = before === undefined ? make(key) : before
    if (young.size >= sizeMax / 2) {
      old = young
      young = new Map()
    }
    young.set(key, value)
    return value
  }
}
