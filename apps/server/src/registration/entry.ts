import { isRefusal, refuse, type Refusal } from '@aquifer/core/refusal'
import { failuresMax, invitationState } from '@aquifer/core/registration'
import type { RequestFacts } from '../audit/index.js'
import type { InvitationRow, Study, Tx } from '../repository/index.js'
import { invitationIn, isCodeOf } from './codes.js'
import type { Guesses } from './guesses.js'
import { Refused, type RegistrationParts } from './operation.js'

export type EntryParts = RegistrationParts & { guesses: Guesses }

const wrongCode = (): Refusal => refuse('unknown', { detail: 'There is no invitation for this code.' })
export const isOver = (): Refusal => refuse('deleted', { detail: 'The invitation was used, revoked or has run out.' })

/** The invitation a code opens. Wrong codes are counted, by where they come from and by the invitation they aim at. */
export async function invitationBy(
  parts: EntryParts,
  facts: RequestFacts,
  code: string,
): Promise<{ row: InvitationRow; study: Study } | Refusal> {
  const { repository } = parts.fhir
  const tooMany = parts.guesses.refusal(facts.source)
  if (tooMany !== null) return tooMany
  const id = invitationIn(code)
  const row = id === null ? null : await repository.invitations.byId(id)
  if (row === null || row.failures >= failuresMax || !isCodeOf(code, row.codeHash)) {
    parts.guesses.wrong(facts.source)
    if (row !== null) await repository.invitations.fail(row.id)
    return wrongCode()
  }
  const study = (await repository.studies.list()).find(({ sid }) => sid === row.sid)
  if (study === undefined || isRefusal(study)) return wrongCode()
  facts.sid = study.sid
  facts.detail['invitation'] = row.id
  return { row, study }
}

/** The row again, held: of two who come with one code the second finds it used. */
export async function heldOpen(tx: Tx, id: string, now: number): Promise<InvitationRow & { patient: string }> {
  const row = await tx.registration.invitation(id)
  const state = row === null ? 'revoked' : invitationState(row, now)
  if (row === null || row.patient === null || (state !== 'sent' && state !== 'opened')) throw new Refused(isOver())
  return { ...row, patient: row.patient }
}
