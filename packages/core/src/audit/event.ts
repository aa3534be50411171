import type { AuditAct, AuditOutcome } from './audit.js'

/** One record of the trail as others see it: resources and people by surrogate number. */
export interface TrailRecord {
  id: string
  at: string
  request: string
  actor: string
  name: string | null
  external: string | null
  role: string
  action: string
  study: string | null
  outcome: AuditOutcome
  reason: string | null
  source: string | null
  detail: Readonly<Record<string, unknown>>
  entries: readonly Readonly<Record<string, unknown>>[]
  patients: readonly string[]
}

const interactions: Partial<Record<AuditAct, { code: string; action: string }>> = {
  create: { code: 'create', action: 'C' },
  update: { code: 'update', action: 'U' },
  delete: { code: 'delete', action: 'D' },
  read: { code: 'read', action: 'R' },
  vread: { code: 'vread', action: 'R' },
  history: { code: 'history-instance', action: 'R' },
  search: { code: 'search-type', action: 'E' },
  transaction: { code: 'transaction', action: 'E' },
  batch: { code: 'transaction', action: 'E' },
}
// success, minor failure (the caller's), serious failure (ours)
const outcomes: Readonly<Record<AuditOutcome, string>> = { done: '0', refused: '4', failed: '8' }
const ipAddress = '2'
const objectType = (code: '1' | '2') => ({ system: 'http://hl7.org/fhir/object-type', code })
const objectRole = (code: string) => ({ system: 'http://hl7.org/fhir/object-role', code })

/** The record in the words of IHE ATNA, as a DSTU2 AuditEvent. */
export function toAuditEvent(record: TrailRecord): Record<string, unknown> {
  const interaction = interactions[record.action as AuditAct]
  const refusal = record.detail['refusal']
  return {
    resourceType: 'AuditEvent',
    id: record.id,
    event: {
      type: { system: 'http://hl7.org/fhir/audit-event-type', code: 'rest', display: 'RESTful Operation' },
      subtype: [
        interaction === undefined
          ? { system: 'urn:aquifer:act', code: record.action }
          : { system: 'http://hl7.org/fhir/restful-interaction', code: interaction.code },
      ],
      action: interaction?.action ?? 'E',
      dateTime: record.at,
      outcome: outcomes[record.outcome],
      ...(typeof refusal === 'string' ? { outcomeDesc: refusal } : {}),
      ...(record.reason === null ? {} : { purposeOfEvent: [{ display: record.reason }] }),
    },
    participant: [
      {
        role: [{ coding: [{ system: 'urn:aquifer:role', code: record.role }], text: record.role }],
        userId: { value: record.external ?? record.actor },
        altId: record.actor,
        ...(record.name === null ? {} : { name: record.name }),
        requestor: true,
        ...(record.source === null ? {} : { network: { address: record.source, type: ipAddress } }),
      },
    ],
    source: {
      ...(record.study === null ? {} : { site: record.study }),
      identifier: { value: 'aquifer' },
      type: [{ system: 'http://hl7.org/fhir/security-source-type', code: '4', display: 'Application Server' }],
    },
    object: objectsOf(record),
  }
}

function objectsOf({ request, patients, entries }: TrailRecord): Record<string, unknown>[] {
  return [
    { identifier: { system: 'urn:aquifer:correlation-id', value: request }, type: objectType('2') },
    ...patients.map((value) => ({ identifier: { system: 'urn:aquifer:person', value }, type: objectType('1'), role: objectRole('1') })),
    ...entries.flatMap(({ rid, type, version }) =>
      typeof rid !== 'string' && typeof rid !== 'number'
        ? []
        : [
            {
              identifier: { system: 'urn:aquifer:resource', value: String(rid) },
              type: objectType('2'),
              role: objectRole('4'),
              ...(typeof type === 'string' ? { name: type } : {}),
              ...(typeof version === 'number' ? { detail: [{ type: 'version', value: base64(String(version)) }] } : {}),
            },
          ],
    ),
  ]
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** Base64 of ASCII. */
function base64(text: string): string {
  let out = ''
  for (let at = 0; at < text.length; at += 3) {
    const [a, b, c] = [text.charCodeAt(at), text.charCodeAt(at + 1), text.charCodeAt(at + 2)]
    const bits = (a << 16) | ((b || 0) << 8) | (c || 0)
    const group = [18, 12, 6, 0].map((shift) => digits[(bits >> shift) & 63] ?? '')
    out += Number.isNaN(b) ? `${group[0]}${group[1]}==` : Number.isNaN(c) ? `${group.slice(0, 3).join('')}=` : group.join('')
  }
  return out
}
