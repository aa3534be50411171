import type { Concept, ValueSet } from './definitions.js'

const wordLettersMin = 2

/** The words of which the codes and the addresses of published code systems and value sets are made: several to a line, in order. */
export function codeWordLines(valueSets: readonly ValueSet[]): string[] {
  const texts = valueSets.flatMap(({ url, codeSystem }) => [url, codeSystem?.system ?? '', ...codesOf(codeSystem?.concept ?? [])])
  const words = texts.flatMap((text) => text.split(/[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/)).filter((word) => word.length >= wordLettersMin)
  const sorted = [...new Set(words.map((word) => word.toLowerCase()))].toSorted()
  const lines: string[] = []
  for (let at = 0; at < sorted.length; at += 20) lines.push(sorted.slice(at, at + 20).join(' '))
  return lines
}

const codesOf = (concepts: readonly Concept[]): string[] => concepts.flatMap(({ code, concept = [] }) => [code, ...codesOf(concept)])
