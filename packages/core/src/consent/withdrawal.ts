import { refuse, type Refusal } from '../refusal/index.js'
import type { StudyKind } from '../study/index.js'

/** What a person may ask for, each including the ones before: nothing new enters; nothing that is here is used; what is here goes. */
export const withdrawalActs = ['stop-new', 'stop-use', 'erase'] as const
export type WithdrawalAct = (typeof withdrawalActs)[number]
const strength = (act: WithdrawalAct): number => withdrawalActs.indexOf(act)

/** What a study's kind allows, and why the rest is kept. */
export interface WithdrawalRules {
  allowed: readonly WithdrawalAct[]
  default: WithdrawalAct
  /** years for which what is kept has to be kept; null: no longer than the study needs */
  retentionYears: number | null
  kept: string
}

const rules: Readonly<Record<StudyKind, WithdrawalRules>> = {
  // Removing what was collected before would bias the result: FDA guidance on data retention when subjects withdraw (2008).
  regulated: {
    allowed: ['stop-new'],
    default: 'stop-new',
    retentionYears: 25,
    kept: 'A regulated trial keeps what was collected before the withdrawal.',
  },
  registry: {
    allowed: ['stop-new', 'stop-use'],
    default: 'stop-use',
    retentionYears: 10,
    kept: 'A registry keeps the identified record, unseen, as long as the law asks for it.',
  },
  program: {
    allowed: ['stop-new', 'stop-use', 'erase'],
    default: 'stop-use',
    retentionYears: null,
    kept: 'Nothing is kept beyond the ledger of withdrawals and the audit trail.',
  },
}

export function withdrawalRules(kind: StudyKind, legalHold: boolean): WithdrawalRules {
  const { allowed, ...rest } = rules[kind]
  return { ...rest, allowed: legalHold ? allowed.filter((act) => act !== 'erase') : allowed }
}

export interface WithdrawalQuestion {
  kind: StudyKind
  legalHold: boolean
  /** undefined: the default of the kind */
  asked?: WithdrawalAct | undefined
  /** what is in force for the person already */
  inForce: WithdrawalAct | null
}

/** The act to perform, or why not. An act may be followed by a stronger one, never by the same or a weaker one. */
export function decideWithdrawal(question: WithdrawalQuestion): WithdrawalAct | Refusal<'business-rule' | 'conflict'> {
  const { kind, legalHold, inForce } = question
  const { allowed, default: usual, kept } = withdrawalRules(kind, legalHold)
  const act = question.asked ?? usual
  if (!allowed.includes(act)) {
    const why = legalHold && rules[kind].allowed.includes(act) ? 'The study is under legal hold.' : kept
    return refuse('business-rule', { detail: `This study does not allow ${act}. ${why} It allows: ${allowed.join(', ')}.` })
  }
  if (inForce !== null && strength(act) <= strength(inForce))
    return refuse('conflict', { detail: `The person has withdrawn already: ${inForce} is in force.` })
  return act
}

/**
 * The act that a Contract stands for when it takes a required consent back; null where one as strong is in force. Whoever may write the
 * Contract may stop what it allowed, but nothing is removed on the word of one caller.
 */
export function actOfContract(question: Omit<WithdrawalQuestion, 'asked'>): WithdrawalAct | null {
  const usual = withdrawalRules(question.kind, question.legalHold).default
  const decided = decideWithdrawal({ ...question, asked: usual === 'erase' ? 'stop-use' : usual })
  return typeof decided === 'string' ? decided : null
}

/** Who said it: somebody who asked for the withdrawal, or a Contract. */
export const withdrawalOrigins = ['request', 'contract'] as const
export type WithdrawalOrigin = (typeof withdrawalOrigins)[number]

/** From this act on nobody sees the person's data of the study. */
export const withholds = (act: WithdrawalAct | null): boolean => act === 'stop-use' || act === 'erase'

/** What an act does to one store. */
export type StoreEffect = 'keep' | 'block' | 'withhold' | 'remove'
export const storesNow = ['repository', 'statements', 'exports', 'reservoir', 'lake', 'files'] as const
export type StoreName = (typeof storesNow)[number]

const effects: Readonly<Record<StoreName, Readonly<Record<WithdrawalAct, StoreEffect>>>> = {
  repository: { 'stop-new': 'block', 'stop-use': 'withhold', erase: 'remove' },
  // Results are of a moment: whoever may not see the person's rows any more may not keep them either.
  statements: { 'stop-new': 'keep', 'stop-use': 'remove', erase: 'remove' },
  exports: { 'stop-new': 'keep', 'stop-use': 'remove', erase: 'remove' },
  reservoir: { 'stop-new': 'keep', 'stop-use': 'remove', erase: 'remove' },
  lake: { 'stop-new': 'keep', 'stop-use': 'withhold', erase: 'remove' },
  files: { 'stop-new': 'keep', 'stop-use': 'withhold', erase: 'remove' },
}
export const effectOn = (store: StoreName, act: WithdrawalAct): StoreEffect => effects[store][act]

export const withdrawalStates = ['requested', 'running', 'done', 'failed', 'cancelled'] as const
export type WithdrawalState = (typeof withdrawalStates)[number]
export type WithdrawalEvent = 'begin' | 'finish' | 'fail' | 'cancel'

const moves: Readonly<Record<WithdrawalState, Partial<Record<WithdrawalEvent, WithdrawalState>>>> = {
  requested: { begin: 'running', cancel: 'cancelled' },
  // Begun again by whoever takes over from a process that died.
  running: { begin: 'running', finish: 'done', fail: 'failed', cancel: 'cancelled' },
  failed: { begin: 'running', cancel: 'cancelled' },
  done: {},
  cancelled: {},
}

/**
 * The state an event leads to; null where it cannot happen. Cancelling stops the work on the stores, never the person's word: what
 * was recorded at the start stays in force. Nothing is cancelled once something was removed.
 */
export function afterEvent(state: WithdrawalState, event: WithdrawalEvent, facts: { irreversible: boolean }): WithdrawalState | null {
  if (event === 'cancel' && facts.irreversible) return null
  return moves[state][event] ?? null
}
