// What a Contract says about consent, told to the person who gave it.
import { readConsentContract, type ConsentStatement, type StoreEffect, type WithdrawalAct } from '@aquifer/core/consent'
import type { StudyView } from '@aquifer/core/contract'
import type { Resource } from '../../api/person-queries.js'
import type { BadgeKind } from '../../ui/Badge.js'

export interface GivenConsent {
  id: string
  type: string
  state: BadgeKind & ConsentState
  since: string | null
  until: string | null
  form: string | null
  signer: string | null
  authority: string | null
}
type ConsentState = 'active' | 'proposed' | 'suspended' | 'withdrawn' | 'expired'

interface Named {
  readonly [key: string]: unknown
}
const firstOf = (value: unknown): Named => ((Array.isArray(value) ? value[0] : undefined) as Named | undefined) ?? {}
const objectOf = (value: unknown): Named => (typeof value === 'object' && value !== null ? (value as Named) : {})
const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/** What was agreed, kind by kind: of several Contracts about one kind that which was written last. */
export function consentsIn(contracts: readonly Resource[], study: StudyView, now: number): GivenConsent[] {
  const written = contracts.toSorted((a, b) => (textOf(a['issued']) ?? '').localeCompare(textOf(b['issued']) ?? ''))
  const latest = new Map<string, GivenConsent>()
  for (const contract of written) {
    const statement = readConsentContract(contract, study.zone)
    // What was written by mistake was never agreed.
    if (statement === null || typeof statement === 'string' || statement.status === 'entered-in-error') continue
    for (const type of statement.types) latest.set(type, consentOf(contract, statement, { type, now }))
  }
  return [...latest.values()]
}

function consentOf(contract: Resource, statement: ConsentStatement, { type, now }: { type: string; now: number }): GivenConsent {
  const signer = firstOf(contract['signer'])
  const form = statement.form ?? textOf(objectOf(firstOf(contract['legal'])['contentAttachment'])['title'])
  return {
    id: contract.id,
    type,
    state: stateOf(statement, now),
    since: statement.lo === null ? textOf(contract['issued']) : new Date(statement.lo).toISOString(),
    until: statement.hi === null ? null : new Date(statement.hi).toISOString(),
    form,
    signer: textOf(objectOf(signer['party'])['display']) ?? textOf(signer['signature']),
    authority: textOf(firstOf(contract['authority'])['reference']),
  }
}

function stateOf({ status, lo, hi }: ConsentStatement, now: number): ConsentState {
  if (status === 'entered-in-error') return 'withdrawn'
  if (status !== 'active') return status
  if (hi !== null && hi <= now) return 'expired'
  return lo !== null && lo > now ? 'proposed' : 'active'
}

export const stateWords: Readonly<Record<ConsentState, string>> = {
  active: 'Agreed',
  proposed: 'Not agreed yet',
  suspended: 'Paused',
  withdrawn: 'Withdrawn',
  expired: 'Ended',
}

/** What a kind of consent allows, in a sentence; kinds that a study made up keep their name. */
const typeWords: Readonly<Record<string, { name: string; means: string }>> = {
  'share-data': { name: 'Sharing health data', means: 'The study may collect and use health data. Researchers see it only without names.' },
  'terms-of-use': { name: 'Terms of use', means: 'The rules for taking part and for the programs and devices of the study.' },
  cloud: { name: 'Storage in the cloud', means: 'Data may be stored outside the house that collects it.' },
}
export const typeOf = (type: string): { name: string; means: string } =>
  typeWords[type] ?? { name: capital(type.replaceAll('-', ' ')), means: 'As described in the consent form.' }
const capital = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1)

export const actSentences: Readonly<Record<WithdrawalAct, { name: string; says: string }>> = {
  'stop-new': { name: 'Stop new data', says: 'Nothing new is collected. What is there stays in use.' },
  'stop-use': { name: 'Stop use', says: 'Nothing new is collected, and from the same moment nobody sees what is there.' },
  erase: { name: 'Erase', says: 'Nothing new is collected, and what is there is removed from every store.' },
}

/** Where data lies, and what becomes of it there, as a preview of a withdrawal counts it. */
export const storeWords: Readonly<Record<string, string>> = {
  repository: 'The record',
  reservoir: 'Masked data for research',
  statements: 'Results that analysts kept',
  lake: 'The encrypted copy',
}
/** In the order in which a person asks about them. */
export const storeOrder = Object.keys(storeWords)
/** What a store counts, one and many; what says nothing to a person is left out. */
export const countWords: Readonly<Record<string, readonly [string, string]>> = {
  resources: ['entry', 'entries'],
  versions: ['version', 'versions'],
  rows: ['row', 'rows'],
  statements: ['result', 'results'],
  notebooks: ['notebook', 'notebooks'],
}
export const effectWords: Readonly<Record<StoreEffect, string>> = {
  keep: 'stays as it is',
  block: 'takes nothing new',
  withhold: 'is shown to nobody',
  remove: 'is removed',
}
