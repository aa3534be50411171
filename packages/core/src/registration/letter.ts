/** What a person is told; the study by its name, the person by nothing: a letter that goes astray says nothing about anybody. */
export interface LetterWords {
  subject: string
  text: string
}
/** In braces, as a study's own letters write them; the link is needed, since without it nobody can answer. */
export const letterPlaceholders = ['study', 'until', 'link'] as const
type Told = Readonly<Record<(typeof letterPlaceholders)[number], string>>

const english: LetterWords = {
  subject: 'An invitation to take part',
  text: 'You are invited to take part in “{study}”.\n\nRead what it is about and decide for yourself, until {until}:\n{link}\n\nThe link is for you alone and works once.',
}
export const builtInLetters: Readonly<Record<string, LetterWords>> = {
  en: english,
  de: {
    subject: 'Eine Einladung zur Teilnahme',
    text: 'Sie sind eingeladen, an „{study}“ teilzunehmen.\n\nLesen Sie, worum es geht, und entscheiden Sie selbst, bis {until}:\n{link}\n\nDer Link ist nur für Sie und gilt einmal.',
  },
  es: {
    subject: 'Una invitación a participar',
    text: 'Le invitamos a participar en «{study}».\n\nLea de qué se trata y decida usted, hasta el {until}:\n{link}\n\nEl enlace es solo para usted y sirve una vez.',
  },
  fr: {
    subject: 'Une invitation à participer',
    text: 'Vous êtes invité à participer à « {study} ».\n\nLisez de quoi il s’agit et décidez vous-même, jusqu’au {until} :\n{link}\n\nLe lien n’est que pour vous et ne sert qu’une fois.',
  },
}
const reminders: Readonly<Record<string, string>> = { en: 'Reminder: ', de: 'Erinnerung: ', es: 'Recordatorio: ', fr: 'Rappel : ' }

export const isLanguage = (text: string): boolean => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)

/** What speaks against a study's own letter, by the part it is in. */
export function letterFaults({ subject, text }: LetterWords): { part: keyof LetterWords; what: string }[] {
  const faults: { part: keyof LetterWords; what: string }[] = []
  const known = letterPlaceholders.map((name) => `{${name}}`).join(', ')
  for (const [part, words] of [
    ['subject', subject],
    ['text', text],
  ] as const) {
    const unknown = [...words.matchAll(/\{([^{}]*)\}/g)].find(([, name]) => !(letterPlaceholders as readonly string[]).includes(name ?? ''))
    if (words.trim() === '') faults.push({ part, what: 'is empty' })
    else if (unknown !== undefined) faults.push({ part, what: `${unknown[0].slice(0, 40)} is no placeholder: they are ${known}` })
  }
  if (/[\r\n]/.test(subject)) faults.push({ part: 'subject', what: 'is one line' })
  if (subject.includes('{link}')) faults.push({ part: 'subject', what: 'holds no {link}: subjects are seen by others' })
  if (!text.includes('{link}')) faults.push({ part: 'text', what: 'needs {link}' })
  return faults
}

const inLanguage = <T>(words: Readonly<Record<string, T>>, language: string): T | undefined =>
  words[language] ?? words[language.split('-')[0] ?? '']

/**
 * In the person's language, else in its base language, else in English; in each the study's own words come before the built-in ones.
 */
export function letterOf(
  language: string,
  told: Told,
  { own = {}, reminder = false }: { own?: Readonly<Record<string, LetterWords>>; reminder?: boolean } = {},
): LetterWords {
  const words = inLanguage(own, language) ?? inLanguage(builtInLetters, language) ?? own['en'] ?? english
  const filled = (text: string): string => text.replaceAll(/\{(study|until|link)\}/g, (_, name: keyof Told) => told[name])
  const before = reminder ? (inLanguage(reminders, language) ?? reminders['en'] ?? '') : ''
  return { subject: before + filled(words.subject), text: filled(words.text) }
}
