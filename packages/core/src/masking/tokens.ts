import { boundedCache } from './bounded-cache.js'

// Shapes of personal identifiers that may have been put where a code belongs.
const identifying = new RegExp(
  [
    /@/,
    /^\d{3}[-. ]\d{2}[-. ]\d{4}$/,
    /^\+?\d{0,3}[-. ]?\(?\d{3}\)?[-. ]\d{3}[-. ]\d{4}$/,
    /^\d{4}-\d{2}-\d{2}/,
    /^\d{1,2}\/\d{1,2}\/\d{2,4}$/,
    /^\d{1,2}[-.]\d{1,2}[-.](?:18|19|20)\d{2}$/,
    /\d[-. /]?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*[-. /]?\d{2}/,
    /^(?:[0-9a-f]{2}[:-]){5}[0-9a-f]{2}$/,
    // A number of Medicare’s cards.
    /^\d[a-z][a-z\d]\d-?[a-z][a-z\d]\d-?[a-z]{2}\d{2}$/,
    // Ages over 89.
    /(?:^|[^a-z])aged?[-_: ]?(?:9\d|1[0-4]\d)(?!\d)/,
    /(?<!\d)(?:9\d|1[0-4]\d)[-_ ]?(?:yo|y\/o|y\.o|yrs?|years?)(?![a-z])/,
    /(?:^|[^a-z])(?:mr|mrs|ms|dr)\.[-_ ]?[a-z]/,
    /:\/\//,
    /^urn:uuid:/,
    /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/,
    // Not mRNA.
    /\b(?:ssn|mrn)(?![a-z])/,
    /[a-z][\^,][a-z]/,
    /-?\d{1,3}\.\d{3,}[,;/]/,
  ]
    .map((shape) => shape.source)
    .join('|'),
  'i',
)

const looksIdentifying = boundedCache(20_000, (text) => identifying.test(text))

// Letters of other scripts can be a name that looks like none.
const codeShape = /^[!-~]{1,64}$/
const tokenShape = /^\/?[A-Za-z0-9][A-Za-z0-9._/-]{0,23}$/
const manyDigits = /\d{6}/

const octet = String.raw`(?:25[0-5]|2[0-4]\d|1?\d?\d)`
const internetAddress = new RegExp(`^(?:${octet}\\.){3}${octet}$`)
// Paths of a questionnaire’s own numbers, and of items named by LOINC.
const pathOfNumbers = /^\/?(?:\d{1,2}|\d{1,6}-\d)(?:[./-](?:\d{1,2}|\d{1,6}-\d))*$/
const digitsMax = 6

/** A word of a code list: no blanks, not too long, not shaped like something that names a person. */
export function isPlainCode(text: string): boolean {
  return codeShape.test(text) && !internetAddress.test(text) && !looksIdentifying(text)
}

/** A technical name such as a linkId: shorter than any identifier of a person would have to be in digits. */
export function isPlainToken(text: string): boolean {
  if (!tokenShape.test(text) || manyDigits.test(text) || looksIdentifying(text)) return false
  return (text.match(/\d/g) ?? []).length <= digitsMax || pathOfNumbers.test(text)
}
