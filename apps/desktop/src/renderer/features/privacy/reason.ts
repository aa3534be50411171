/** What the server takes as a reason: a line, an answer for a finding, or a line that travels as a header. */
export const reasonRules = {
  short: { least: 1, most: 500, plain: false },
  accountable: { least: 10, most: 500, plain: false },
  plain: { least: 10, most: 255, plain: true },
} as const
export type ReasonRule = keyof typeof reasonRules

/** What is wrong with a reason as it stands; that it is still short is no fault. */
export function reasonFault(told: string, rule: ReasonRule): string | null {
  const { most, plain } = reasonRules[rule]
  if (told.length > most) return `At most ${most} characters.`
  const strange = plain ? /[^\x20-\x7e]/.exec(told)?.[0] : undefined
  return strange === undefined ? null : `Letters without accents and plain signs only: “${strange}” cannot be kept.`
}
