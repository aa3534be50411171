// The page of an invitation in the languages of its letters that are written so far; others read it in English.
import type { OpenedInvitation } from '@aquifer/core/contract'
import { typeOf } from '../person/consent-words.js'

export const languages = { en: 'English', de: 'Deutsch' } as const
export type Language = keyof typeof languages

export const languageOf = (tag: string): Language => (tag.toLowerCase().split('-')[0] === 'de' ? 'de' : 'en')

const dates: Readonly<Record<Language, Intl.DateTimeFormat>> = {
  en: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long' }),
  de: new Intl.DateTimeFormat('de-DE', { dateStyle: 'long' }),
}
export const dayIn = (language: Language, at: string): string => dates[language].format(new Date(at))

type Kind = OpenedInvitation['kind']
interface Consent {
  name: string
  means: string
}
export interface Words {
  title(study: string): string
  lead: Readonly<Record<Kind | 'standing-in', string>>
  invitedBy: string
  site: string
  until: string
  aProgram: string
  who: string
  whoNote: Readonly<Record<'patient' | 'guardian', string>>
  given: string
  family: string
  birthDate: string
  gender: string
  genders: Readonly<Record<'female' | 'male' | 'other' | 'unknown', string>>
  consents: string
  consentsNote: string
  agree(name: string): string
  consent(type: string): Consent
  form(version: string, approved: string, language: string): string
  read: string
  document: string
  account: string
  accountNote: string
  display: string
  user: string
  userNote: string
  password: string
  passwordNote: string
  outside(host: string): string
  /** for oneself, for somebody else, and where there is nothing to agree to */
  accept: Readonly<Record<'own' | 'ward' | 'plain', string>>
  accepting: string
  decline: string
  declineTitle: string
  declineText: string
  cancel: string
  check(count: number): string
  needed: string
  needsTick: string
  wrongDate: string
  wrongUser: string
  taken: string
  weak(fault: string): string
  over: string
  notNow: string
  overText: string
  tooMany: string
  offline: string
  failed(detail: string): string
  toSignIn: string
  again: string
  loading: string
  language: string
  doneTitle: Readonly<Record<Kind, string>>
  doneText(user: string): string
  doneUnsigned(user: string): string
  doneOutside: string
  open: Readonly<Record<'own' | 'ward' | 'care', string>>
  declined: string
  declinedText: string
  care: {
    asSelf(name: string): string
    have: string
    fresh: string
    signIn: string
    make: string
    wrong: string
    role: string
    which: string
  }
}

const en: Words = {
  title: (study) => `You are invited to ${study}`,
  lead: {
    patient: 'Read what it is about and decide for yourself. You may say no, and you may withdraw later, without a disadvantage.',
    guardian: 'You are asked to decide for somebody whom you stand in for. You may say no, and you may withdraw later for that person.',
    'standing-in': 'You are asked to stand in for somebody who takes part. You will see the data and the consents of that person.',
    'third-party': 'Somebody who takes part shall be able to share the data with you. You will see them, and change nothing.',
    'care-manager': 'You are asked to take on the care of somebody who takes part. You will see that person’s data in this study.',
  },
  invitedBy: 'Invited by',
  site: 'Site',
  until: 'Decide by',
  aProgram: 'the study team',
  who: 'Who takes part',
  whoNote: {
    patient: 'As in your papers, so that the study team can tell who you are.',
    guardian: 'The person you decide for, as in the papers.',
  },
  given: 'Given name',
  family: 'Family name',
  birthDate: 'Date of birth',
  gender: 'Sex',
  genders: { female: 'Female', male: 'Male', other: 'Other', unknown: 'Not said' },
  consents: 'What you agree to',
  consentsNote: 'Each on its own. Taking part needs all of them.',
  agree: (name) => `I agree: ${name}`,
  consent: typeOf,
  form: (version, approved, language) =>
    `Consent form, version ${version}, approved ${approved}${language === 'en' ? '' : `, in “${language}”`}`,
  read: 'Read the form',
  document: 'Document',
  account: 'Your account',
  accountNote: 'With it you sign in, see the data and the consents, and who looked at them.',
  display: 'Your name, as it is shown',
  user: 'User name',
  userNote: 'Small letters, digits, dots, hyphens; it begins with a letter.',
  password: 'Password',
  passwordNote: 'At least 12 characters; several words in a row are easy to keep in mind.',
  outside: (host) => `People sign in at ${host} here. The study team tells you how.`,
  accept: { own: 'Agree and take part', ward: 'Agree for this person', plain: 'Accept' },
  accepting: 'One moment',
  decline: 'No, thank you',
  declineTitle: 'Decline the invitation?',
  declineText: 'The study team is told that you declined, and nothing else. The link is of no use afterwards.',
  cancel: 'Back',
  check: (count) => (count === 1 ? 'One entry needs another look.' : `${count} entries need another look.`),
  needed: 'This is needed.',
  needsTick: 'Taking part needs this consent.',
  wrongDate: 'This is no date of birth.',
  wrongUser: 'Small letters, digits, dots, hyphens; at least 2 characters, the first a letter.',
  taken: 'This name is taken. Choose another.',
  weak: (fault) => fault,
  over: 'This invitation cannot be used',
  notNow: 'The invitation cannot be opened now',
  overText: 'It was used, was withdrawn or has run out, or its link is not complete. Whoever invited you can send you a new one.',
  tooMany: 'Too many links were tried from here. Wait some minutes and open yours again.',
  offline: 'The server does not answer. Nothing was sent; try again in a moment.',
  failed: (detail) => `This did not work: ${detail}`,
  toSignIn: 'To the sign-in',
  again: 'Try again',
  loading: 'Opening the invitation',
  language: 'Language',
  doneTitle: {
    patient: 'You take part',
    guardian: 'Your decision is recorded',
    'third-party': 'The data are shared with you',
    'care-manager': 'You have taken on the care',
  },
  doneText: (user) => `You are signed in as ${user}. Next time sign in with this name and your password.`,
  doneUnsigned: (user) => `Your account ${user} is ready: sign in with it.`,
  doneOutside: 'The study team tells you how to sign in.',
  open: { own: 'See my data', ward: 'See the data', care: 'Open the workbench' },
  declined: 'You declined',
  declinedText: 'Nothing of you was kept but that. You can close this page.',
  care: {
    asSelf: (name) => `Accept as ${name}`,
    have: 'I have an account',
    fresh: 'I am new here',
    signIn: 'Sign in and accept',
    make: 'Make the account and accept',
    wrong: 'User and password do not fit. Capitals count.',
    role: 'The role of this account does not take on the care of a patient. Sign in with another one.',
    which: 'How you come in',
  },
}

const germanConsents: Readonly<Record<string, Consent>> = {
  'share-data': {
    name: 'Gesundheitsdaten teilen',
    means: 'Die Studie darf Gesundheitsdaten erheben und nutzen. Forschende sehen sie nur ohne Namen.',
  },
  'terms-of-use': { name: 'Nutzungsbedingungen', means: 'Die Regeln der Teilnahme und für Programme und Geräte der Studie.' },
  cloud: { name: 'Speicherung in der Cloud', means: 'Daten dürfen außerhalb des Hauses liegen, das sie erhebt.' },
}

const de: Words = {
  title: (study) => `Sie sind eingeladen: ${study}`,
  lead: {
    patient: 'Lesen Sie, worum es geht, und entscheiden Sie selbst. Sie dürfen ablehnen und später widerrufen, ohne Nachteil.',
    guardian: 'Sie entscheiden für jemanden, den Sie vertreten. Sie dürfen ablehnen und später für diese Person widerrufen.',
    'standing-in': 'Sie sollen jemanden vertreten, der teilnimmt. Sie sehen die Daten und Einwilligungen dieser Person.',
    'third-party': 'Jemand, der teilnimmt, soll die Daten mit Ihnen teilen können. Sie sehen sie und ändern nichts.',
    'care-manager': 'Sie sollen die Betreuung von jemandem übernehmen, der teilnimmt. Sie sehen dessen Daten in dieser Studie.',
  },
  invitedBy: 'Eingeladen von',
  site: 'Zentrum',
  until: 'Entscheiden bis',
  aProgram: 'dem Studienteam',
  who: 'Wer teilnimmt',
  whoNote: {
    patient: 'Wie im Ausweis, damit das Studienteam weiß, wer Sie sind.',
    guardian: 'Die Person, für die Sie entscheiden, wie im Ausweis.',
  },
  given: 'Vorname',
  family: 'Nachname',
  birthDate: 'Geburtsdatum',
  gender: 'Geschlecht',
  genders: { female: 'Weiblich', male: 'Männlich', other: 'Divers', unknown: 'Keine Angabe' },
  consents: 'Worin Sie einwilligen',
  consentsNote: 'Jede Einwilligung für sich. Zur Teilnahme sind alle nötig.',
  agree: (name) => `Ich willige ein: ${name}`,
  consent: (type) => germanConsents[type] ?? { name: typeOf(type).name, means: 'Wie im Einwilligungsbogen beschrieben.' },
  form: (version, approved, language) =>
    `Einwilligungsbogen, Version ${version}, genehmigt am ${approved}${language === 'de' ? '' : `, in „${language}“`}`,
  read: 'Bogen lesen',
  document: 'Dokument',
  account: 'Ihr Zugang',
  accountNote: 'Damit melden Sie sich an und sehen Daten, Einwilligungen und wer sie angesehen hat.',
  display: 'Ihr Name, wie er angezeigt wird',
  user: 'Benutzername',
  userNote: 'Kleinbuchstaben, Ziffern, Punkte, Bindestriche; am Anfang ein Buchstabe.',
  password: 'Passwort',
  passwordNote: 'Mindestens 12 Zeichen; mehrere Wörter hintereinander merkt man sich leicht.',
  outside: (host) => `Hier meldet man sich bei ${host} an. Das Studienteam sagt Ihnen, wie.`,
  accept: { own: 'Einwilligen und teilnehmen', ward: 'Für diese Person einwilligen', plain: 'Annehmen' },
  accepting: 'Einen Augenblick',
  decline: 'Nein, danke',
  declineTitle: 'Einladung ablehnen?',
  declineText: 'Das Studienteam erfährt, dass Sie abgelehnt haben, sonst nichts. Der Link gilt danach nicht mehr.',
  cancel: 'Zurück',
  check: (count) => (count === 1 ? 'Eine Angabe fehlt oder stimmt nicht.' : `${count} Angaben fehlen oder stimmen nicht.`),
  needed: 'Diese Angabe ist nötig.',
  needsTick: 'Zur Teilnahme ist diese Einwilligung nötig.',
  wrongDate: 'Das ist kein Geburtsdatum.',
  wrongUser: 'Kleinbuchstaben, Ziffern, Punkte, Bindestriche; mindestens 2 Zeichen, am Anfang ein Buchstabe.',
  taken: 'Dieser Name ist vergeben. Wählen Sie einen anderen.',
  weak: () => 'Zu kurz oder zu leicht zu erraten: mindestens 12 Zeichen, kein bekanntes Passwort, nicht der eigene Name.',
  over: 'Diese Einladung gilt nicht',
  notNow: 'Die Einladung lässt sich gerade nicht öffnen',
  overText:
    'Sie wurde benutzt, zurückgezogen oder ist abgelaufen, oder der Link ist nicht vollständig. Wer Sie eingeladen hat, kann Ihnen eine neue schicken.',
  tooMany: 'Von hier wurden zu viele Links probiert. Warten Sie einige Minuten und öffnen Sie Ihren noch einmal.',
  offline: 'Der Server antwortet nicht. Es wurde nichts gesendet; versuchen Sie es gleich noch einmal.',
  failed: (detail) => `Das ging nicht: ${detail}`,
  toSignIn: 'Zur Anmeldung',
  again: 'Noch einmal',
  loading: 'Die Einladung wird geöffnet',
  language: 'Sprache',
  doneTitle: {
    patient: 'Sie nehmen teil',
    guardian: 'Ihre Entscheidung ist festgehalten',
    'third-party': 'Die Daten werden mit Ihnen geteilt',
    'care-manager': 'Sie haben die Betreuung übernommen',
  },
  doneText: (user) => `Sie sind als ${user} angemeldet. Beim nächsten Mal melden Sie sich mit diesem Namen und Ihrem Passwort an.`,
  doneUnsigned: (user) => `Ihr Zugang ${user} ist bereit: Melden Sie sich damit an.`,
  doneOutside: 'Das Studienteam sagt Ihnen, wie Sie sich anmelden.',
  open: { own: 'Meine Daten ansehen', ward: 'Die Daten ansehen', care: 'Zur Arbeitsfläche' },
  declined: 'Sie haben abgelehnt',
  declinedText: 'Sonst wurde nichts von Ihnen behalten. Sie können die Seite schließen.',
  care: {
    asSelf: (name) => `Als ${name} annehmen`,
    have: 'Ich habe einen Zugang',
    fresh: 'Ich bin neu hier',
    signIn: 'Anmelden und annehmen',
    make: 'Zugang anlegen und annehmen',
    wrong: 'Benutzername und Passwort passen nicht zusammen. Großschreibung zählt.',
    role: 'Die Rolle dieses Zugangs übernimmt keine Betreuung. Melden Sie sich mit einem anderen an.',
    which: 'Wie Sie hereinkommen',
  },
}

export const wordsIn: Readonly<Record<Language, Words>> = { en, de }
