import { resourceTypes } from '../fhir/index.js'
import { boundedCache } from './bounded-cache.js'
import { codeWordTable } from './code-words.generated.js'

// Words of shapes that published code systems, profiles and addresses have beside those of DSTU2.
const others =
  'core bodyheight bodyweight vitalsigns vitals observationresults smokingstatus diagnosticreport https http fhir terminology hl7 ' +
  // Of three letters and less, those that laboratories and wards write.
  'alb alt ast bmi bun chl cpk crp dia egfr gfr hba hct hdl hgb hr inr ldh ldl mch mcv mri npi plt psa rbc ssn sys tsh vas wbc wt'

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
    .filter((word) => word !== '')
    .map((word) => word.toLowerCase())

const partBorder = /[/:?#|]+/
const lettersAlone = /^[A-Za-z]+(?:[^A-Za-z0-9]*[A-Za-z]+)*$/

// Two short words beside each other and nothing else: Kim-Lee. Alone, each would be found in codes of every house.
function isShortName(part: string): boolean {
  if (!lettersAlone.test(part)) return false
  const all = wordsOfCode(part).filter((word) => word.length > 1)
  return all.length > 1 && all.every((word) => word.length < wordLettersMin) && !all.every((word) => words().has(word))
}

/** Is every longer word of this text one that published code systems use? A name that is such a word says nothing where a code stands. */
export const isWordedAsCode = boundedCache(20_000, (text) => {
  if (text.split(partBorder).some(isShortName)) return false
  const longer = wordsOfCode(text).filter((word) => word.length >= wordLettersMin)
  return longer.every((word) => words().has(word)) || words().has(text.toLowerCase().replace(/[^a-z]/g, ''))
})
