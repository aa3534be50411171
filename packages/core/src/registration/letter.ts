/** What a person is told; the study by its name, the person by nothing: a letter that goes astray says nothing about anybody. */
interface Letter {
  subject: string
  text: string
}
interface Words {
  subject: string
  body: (study: string, until: string, link: string) => string
}

const english: Words = {
  subject: 'An invitation to take part',
  body: (study, until, link) =>
    `You are invited to take part in “${study}”.\n\nRead what it is about and decide for yourself, until ${until}:\n${link}\n\nThe link is for you alone and works once.`,
}
const letters: Readonly<Record<string, Words>> = {
  en: english,
  de: {
    subject: 'Eine Einladung zur Teilnahme',
    body: (study, until, link) =>
      `Sie sind eingeladen, an „${study}“ teilzunehmen.\n\nLesen Sie, worum es geht, und entscheiden Sie selbst, bis ${until}:\n${link}\n\nDer Link ist nur für Sie und gilt einmal.`,
  },
  es: {
    subject: 'Una invitación a participar',
    body: (study, until, link) =>
      `Le invitamos a participar en «${study}».\n\nLea de qué se trata y decida usted, hasta el ${until}:\n${link}\n\nEl enlace es solo para usted y sirve una vez.`,
  },
  fr: {
    subject: 'Une invitation à participer',
    body: (study, until, link) =>
      `Vous êtes invité à participer à « ${study} ».\n\nLisez de quoi il s’agit et décidez vous-même, jusqu’au ${until} :\n${link}\n\nLe lien n’est que pour vous et ne sert qu’une fois.`,
  },
}

export const isLanguage = (text: string): boolean => /^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(text)

/** In the person's language, else in its base language, else in English. */
export function letterOf(language: string, told: { study: string; until: string; link: string }): Letter {
  const words = letters[language] ?? letters[language.split('-')[0] ?? ''] ?? english
  return { subject: words.subject, text: words.body(told.study, told.until, told.link) }
}
