import { isObject } from '../fhir/index.js'
import type { JsonObject } from '../fhir/index.js'
import { wordsOf } from './words.js'

const textsUnder = (value: unknown, into: string[]): void => {
  if (typeof value === 'string') into.push(value)
  else if (Array.isArray(value)) for (const item of value) textsUnder(item, into)
  else if (isObject(value)) for (const key in value) if (key !== 'use' && key !== 'system' && key !== 'url') textsUnder(value[key], into)
}

const nominal = ['name', 'contact', 'address', 'telecom', 'extension']

function isName(word: string): boolean {
  return /\p{L}/u.test(word) || word.length >= 4
}

/** Words that name or locate the person, in a Patient or about a relative: a display that holds one of them may be about this person. */
export function namingWords(resource: JsonObject): string[] {
  const type = resource['resourceType']
  const texts: string[] = []
  if (type === 'Patient' || type === 'RelatedPerson') for (const element of nominal) textsUnder(resource[element], texts)
  if (type === 'FamilyMemberHistory') textsUnder(resource['name'], texts)
  return [...new Set(texts.flatMap(wordsOf))].filter(isName)
}
