import type { Grant } from '@aquifer/core/access'
import { consentStatusUrl, writeConsentContract } from '@aquifer/core/consent'
import { isObject, parseJson, type Resource } from '@aquifer/core/fhir'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { itemOf, type Item, type Unit } from '../fhir/index.js'
import type { PersonState, Study, Tx } from '../repository/index.js'

const living = new Set(['active', 'proposed', 'suspended'])

/**
 * The person's word as Contracts: a new version of each that still speaks, ended now; and one of its own for a required type that
 * never had any, so that none can be said to be forgotten.
 */
export async function withdrawnContracts(
  tx: Tx,
  asked: { study: Study; state: PersonState; grant: Grant; now: number; auditId: bigint; newId: () => string },
): Promise<Unit[] | Refusal> {
  const { study, state, grant, auditId } = asked
  const items: Item[] = []
  const spoken = new Map(state.consents.filter(({ status }) => living.has(status)).map((row) => [row.contractId, row]))
  for (const id of spoken.keys()) {
    const stored = await tx.read({ sid: study.sid, type: 'Contract', id })
    const resource = stored?.content ? endedNow(stored.content, asked.now) : null
    if (resource === null) continue
    const item = itemOf(resource, { study, id, op: 'update', unchanged: 'version' })
    if (isRefusal(item)) return item
    items.push(item)
  }
  for (const type of study.required) {
    if (state.consents.some((row) => row.type === type)) continue
    const at = new Date(asked.now).toISOString()
    const contract = writeConsentContract({ patientId: state.patientId, study: study.id, type, status: 'withdrawn', start: at, end: at })
    const item = itemOf(contract as unknown as Resource, { study, id: asked.newId(), op: 'create', unchanged: 'version' })
    if (isRefusal(item)) return item
    items.push(item)
  }
  const site = study.sites.find((each) => each.site === state.enrolment?.site)
  return items.map((item) => ({
    study,
    site: site === undefined ? { kind: 'none' } : { kind: 'site', site },
    grant,
    items: [item],
    auditId,
    ofWithdrawal: true as const,
  }))
}

function endedNow(content: Buffer, now: number): Resource | null {
  const parsed = parseJson(content.toString())
  if (parsed.problem !== undefined || !isObject(parsed.resource)) return null
  const resource = parsed.resource as Resource & { applies?: Record<string, unknown>; extension?: Record<string, unknown>[] }
  for (const extension of resource.extension ?? []) {
    if (extension['url'] !== consentStatusUrl) continue
    const value = ['valueString', 'valueCode', 'valueUri', 'valueId'].find((name) => typeof extension[name] === 'string') ?? 'valueString'
    extension[value] = 'withdrawn'
  }
  const { applies } = resource
  const at = new Date(now).toISOString()
  const start = typeof applies?.['start'] === 'string' ? Date.parse(applies['start']) : Number.NEGATIVE_INFINITY
  const end = typeof applies?.['end'] === 'string' ? Date.parse(applies['end']) : Number.POSITIVE_INFINITY
  if (start <= now && end > now) resource.applies = { ...applies, end: at }
  return resource
}
