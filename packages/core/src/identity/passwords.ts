// NIST SP 800-63B section 3.1.1: length counts, composition rules do not; what is commonly used, expected or known is refused.
export const passwordMin = 12
export const passwordMax = 256

// The commonest passwords and the words they are made of. A password that is nothing but such words, digits and signs is one of them.
const common = `
  password passwort passw0rd p@ssw0rd p@ssword pass word qwerty qwertz qwertyuiop azerty asdfghjkl zxcvbnm letmein welcome
  admin administrator root user guest login access default changeme change secret master dragon monkey shadow sunshine princess
  football baseball iloveyou superman batman trustno1 hello freedom whatever michael jordan abc qwe asd zxc test testing spring
  summer autumn winter january february march april june july august september october november december monday friday hospital
  clinic doctor nurse study trial patient aquifer demo 1q2w3e4r 1qaz2wsx qazwsx company computer internet the my is new old i
  love you`
  .trim()
  .split(/\s+/)
  .toSorted((a, b) => b.length - a.length)

const plain = (text: string): string => text.normalize('NFKC').toLowerCase()

/** What speaks against a password, as sentences for its owner; empty: nothing. `own`: the person's names and address. */
export function passwordFaults(password: string, own: readonly string[]): string[] {
  const length = [...password.normalize('NFKC')].length
  if (length < passwordMin) return [`A password has at least ${passwordMin} characters; several words in a row are easy to keep in mind.`]
  if (length > passwordMax) return [`A password has at most ${passwordMax} characters.`]
  const faults: string[] = []
  const text = plain(password)
  if (isCommon(text)) faults.push('This is one of the passwords that are tried first.')
  const parts = own.flatMap((name) => plain(name).split(/[^\p{L}\p{N}]+/u)).filter((part) => part.length >= 3)
  // What is left without the person's own names must still be long enough to be a password.
  const left = parts.toSorted((a, b) => b.length - a.length).reduce((rest, part) => rest.replaceAll(part, ''), text)
  if (left.length < passwordMin - 4 && left.length < text.length) faults.push('It is mostly your own name.')
  return faults
}

function isCommon(text: string): boolean {
  if (new Set(text).size <= 3 || isRun(text)) return true
  const left = common.reduce((rest, word) => rest.replaceAll(word, ' '), text)
  return left.replaceAll(/[^\p{L}]/gu, '').length <= 2
}

/** 123456789012, abcdefghijkl, and the like backwards: each character follows from the one before. */
function isRun(text: string): boolean {
  const codes = [...text].map((letter) => letter.codePointAt(0) ?? 0)
  const steps = codes.slice(1).map((code, index) => code - (codes[index] ?? 0))
  return new Set(steps.filter((step) => Math.abs(step) !== 9)).size === 1
}
