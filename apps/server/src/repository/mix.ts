// Hashes in the index are mixed with study and type, so that one study's common codes are not among the candidates of another's
// search. Xor with a mask keeps them as good as they were.
function maskHigh(sid: number, type: number): number {
  return Math.imul(sid + 1, 0x9e3779b1) ^ Math.imul(type + 0x51, 0x85ebca6b)
}
function maskLow(sid: number, type: number): number {
  return Math.imul(sid + 0x2f, 0xc2b2ae35) ^ Math.imul(type + 1, 0x27d4eb2f)
}

export function mixed(hash: bigint, sid: number, type: number): bigint {
  const mask = (BigInt(maskHigh(sid, type) >>> 0) << 32n) | BigInt(maskLow(sid, type) >>> 0)
  return BigInt.asIntN(64, hash ^ mask)
}

// Hashes of a second and further coding of the main code, told apart from other tokens.
export const furtherCode = (hash: bigint): bigint => BigInt.asIntN(64, hash ^ 0x5bd1e9955bd1e995n)

// Parameters of all types in one column: a type has at most 64 that are indexed. Below zero are the places of pairs, which know their type.
export const parameterNumber = (type: number, place: number): number => (place < 0 ? place : type * 64 + place)
