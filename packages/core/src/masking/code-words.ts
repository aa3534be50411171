import { resourceTypes } from '../fhir/index.js'
import { boundedCache } from './bounded-cache.js'
import { codeWordTable } from './code-words.generated.js'

// Words of shapes that published code systems, profiles and addresses have beside those of DSTU2.
const others =
  'core bodyheight bodyweight vitalsigns vitals observationresults smokingstatus diagnosticreport https http fhir terminology hl7'

let known: ReadonlySet<string> | null = null

function words(): ReadonlySet<string> {
  known ??= new Set([
    ...codeWordTable.trim().split(/\s+/),
    ...others.split(' '),
    ...resourceTypes.map((type) => type.toLowerCase()),
    ...resourceTypes.flatMap(wordsOfCode),
  ])
  return known
}

const wordBorder = /[^A-Za-z]+|(?<=[a-z])(?=[A-Z])/
// Shorter ones are found in texts that are about nobody.
const wordLettersMin = 4

const wordsOfCode = (text: string): string[] =>
  text
    .split(wordBorder)
    .filter((word) => word.length >= wordLettersMin)
    .map((word) => word.toLowerCase())

/** Is every longer word of this text one that published code systems use? A name that is such a word says nothing where a code stands. */
export const isWordedAsCode = boundedCache(20_000, (text) => {
  const all = wordsOfCode(text)
  if (all.length === 0) return true
  return all.every((word) => words().has(word)) || words().has(text.toLowerCase().replace(/[^a-z]/g, ''))
})
