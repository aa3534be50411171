import type { Grant } from '@aquifer/core/access'
import type { MaskingPolicyList, MaskingPolicyProposal, MaskingPolicyVersion, MaskingPolicyWhole } from '@aquifer/core/contract'
import { builtInPolicies, policyLabel, readPolicy, type Policy } from '@aquifer/core/masking'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import type { PolicyDates } from '@aquifer/core/study'
import { auditRecord, hashOfDocument, type RequestFacts, type SignatureHand } from '../audit/index.js'
import { maskingPolicyKind, type MaskingPolicyRow, type NewMaskingPolicy, type Repository, type Study } from '../repository/index.js'
import { faultPoint, type Signer } from '../storage/index.js'
import { unfitFor, datesOfPolicy } from './fit.js'
import { contentOf, isGenuine, isTrusted, markTextOf, signaturesNeeded, viewOf } from './stored-policy.js'
import { problemsOf } from './try-out.js'

// A policy signed at another process counts here after at most this long.
const freshMs = 2_000

/** How the data of studies is masked: versions of a study's own policy that are proposed, signed by two people, and then in force. */
export interface MaskingPolicyDesk {
  list(studies: readonly Study[]): Promise<MaskingPolicyList>
  whole(row: MaskingPolicyRow, study: Study): Promise<MaskingPolicyWhole>
  byId(id: string): Promise<MaskingPolicyRow | null>
  propose(grant: Grant, study: Study, proposal: MaskingPolicyProposal): Promise<MaskingPolicyVersion | Refusal>
  sign(
    by: { grant: Grant; name: string; meaning: string; facts: RequestFacts },
    row: MaskingPolicyRow,
    study: Study,
  ): Promise<MaskingPolicyVersion | Refusal>
  reject(grant: Grant, row: MaskingPolicyRow, said: { study: Study; reason: string }): Promise<MaskingPolicyVersion | Refusal>
  /** The policy a new study begins with, to be stored with it. */
  initial(by: string, study: string, text: string): { policy: NewMaskingPolicy; label: string; dates: PolicyDates } | Refusal
  /** What the study is masked by; null: nothing that can be trusted, so nothing is masked. */
  inForce(study: Study): Promise<Policy | null>
  /** The policy that a snapshot of the study names; null: nothing that can be trusted. */
  labelled(study: Study, label: string): Promise<Policy | null>
  datesOf(study: Study): Promise<PolicyDates | null>
  /** Told when a study has another policy. */
  onActivated(listener: (study: Study) => void): void
}

interface Parts {
  repository: Repository
  hand: SignatureHand
  signer: Signer
  now: () => number
  newId: () => string
}

export function openMaskingPolicies(parts: Parts): MaskingPolicyDesk {
  const { repository, hand, signer, now, newId } = parts
  const { maskingPolicies } = repository
  const listeners: ((study: Study) => void)[] = []
  const known = new Map<string, { at: number; row: MaskingPolicyRow | null }>()
  // What a version says never changes: one object of it, by which others know what they have made of it.
  const documents = new Map<string, Policy>()

  async function storedOf(study: Study): Promise<MaskingPolicyRow | null> {
    const [, name = '', version = ''] = /^(.+) v(\d{1,9})$/.exec(study.masking) ?? []
    const key = `${study.sid} ${study.masking}`
    const fresh = known.get(key)
    if (fresh && Math.abs(now() - fresh.at) <= freshMs) return fresh.row
    const found = name === '' ? null : await maskingPolicies.byLabel(study.sid, name, Number(version))
    const row = found !== null && isTrusted(found, study.id, { hand, signer }) ? found : null
    known.set(key, { at: now(), row })
    return row
  }
  function documentOf(row: MaskingPolicyRow | null): Policy | null {
    if (row === null) return null
    const key = row.hash.toString('hex')
    const document = documents.get(key) ?? (row.document as Policy)
    documents.set(key, document)
    return document
  }
  const inForce = async (study: Study): Promise<Policy | null> => builtIn(study.masking) ?? documentOf(await storedOf(study))
  const view = async (row: MaskingPolicyRow, study: Study): Promise<MaskingPolicyVersion> =>
    viewOf(row, study, { against: await inForce(study), hand, signer })

  /** What is stored of a text, or every problem of it at once. */
  function read(text: string, made: { study: string; by: string; accepts: string[]; reason: string | null; initial: boolean }) {
    const { policy, problems } = readPolicy(text)
    if (policy === undefined) return unreadable(problemsOf(problems))
    if (builtIn(policy.name) !== null)
      return unreadable([{ path: 'name', line: 1, message: `${policy.name} is built in.`, remedy: 'Give the policy a name of its own.' }])
    const document = JSON.parse(JSON.stringify(policy)) as Policy
    const { study, by, accepts, reason, initial } = made
    const hash = hashOfDocument(contentOf({ source: text, document, accepts }))
    const { name, version } = policy
    const mark = Buffer.from(signer.sign(markTextOf({ study, name, version, hash, initial })))
    const own = { id: newId(), name, version, source: text, document, accepts, hash, mark, reason, proposedBy: by, proposedAt: now() }
    return { own, policy }
  }
  return {
    byId: (id) => maskingPolicies.byId(id),
    inForce,
    labelled: async (study, label) =>
      Object.values(builtInPolicies).find((each) => policyLabel(each) === label) ??
      documentOf(await storedOf({ ...study, masking: label })),
    async datesOf(study) {
      const policy = await inForce(study)
      const accepts = builtIn(study.masking) === null ? ((await storedOf(study))?.accepts ?? []) : []
      return policy === null ? null : datesOfPolicy(policy, accepts)
    },
    onActivated: (listener) => void listeners.push(listener),
    async list(studies) {
      const rows = await maskingPolicies.list(studies.map(({ sid }) => sid))
      const bySid = new Map(studies.map((study) => [study.sid, study]))
      const current = await Promise.all(
        studies.map(async (study) => {
          const policy = await inForce(study)
          const id = builtIn(study.masking) === null ? ((await storedOf(study))?.id ?? null) : null
          return { study: study.id, label: policy === null ? null : policyLabel(policy), id }
        }),
      )
      return {
        builtIn: Object.values(builtInPolicies).map((policy) => ({ name: policy.name, label: policyLabel(policy) })),
        inForce: current,
        versions: await Promise.all(rows.map((row) => view(row, bySid.get(row.sid)!))),
      }
    },
    whole: async (row, study) => ({ ...(await view(row, study)), text: row.source, document: row.document }),
    async propose(grant, study, { text, reason, accepts = [] }) {
      const read_ = read(text, { study: study.id, by: grant.user, accepts, reason: reason ?? null, initial: false })
      if ('refusal' in read_) return read_
      const row = await maskingPolicies.propose(study.sid, read_.own)
      if (row !== 'taken') return view(row, study)
      const { name, version } = read_.own
      return refuse('already-exists', { detail: `${name} v${version} was proposed before: give the file a higher version.` })
    },
    async sign({ grant, name, meaning, facts }, row, study) {
      if (grant.user.startsWith('local:'))
        return refuse('not-permitted', { detail: 'A policy is signed by a person, not by a service token.' })
      if (!isGenuine(row, study.id, signer))
        return refuse('conflict', { detail: 'This version is not what was proposed: it was changed past the server. Propose it again.' })
      const unfit = unfitFor(study, row.document as Policy, row.accepts)
      if (unfit !== null) return unfit
      const signature = hand.make(
        { grant, name },
        { meaning, subject: { kind: maskingPolicyKind, id: row.id, hash: row.hash }, sid: row.sid },
      )
      const auditId = await repository.nextAuditId()
      const record = ({ activatedAt }: MaskingPolicyRow) => {
        const did = activatedAt === null ? 'sign' : 'activate'
        return auditRecord({ ...facts, detail: { ...facts.detail, did, meaning, signature: signature.id } }, auditId, 201)
      }
      const signed = await maskingPolicies.sign(row.id, signature, { needed: signaturesNeeded, studyVersion: study.version, record })
      if (signed === 'version-conflict') return refuse('conflict', { detail: 'The study was changed meanwhile: look at it, then sign.' })
      if (signed === null) return refuse('conflict', { detail: 'You have signed this version, or it is proposed no more.' })
      facts.recorded = true
      if (signed.activatedAt === null) return view(signed, study)
      await faultPoint('privacy.policy-activated')
      const after = (await repository.studies.byId(study.id)) ?? study
      for (const listener of listeners) listener(after)
      return view(signed, after)
    },
    async reject(grant, row, { study, reason }) {
      const rejected = await maskingPolicies.reject(row.id, { at: now(), by: grant.user, reason })
      return rejected === null ? refuse('conflict', { detail: 'This version is proposed no more.' }) : view(rejected, study)
    },
    initial(by, study, text) {
      const made = read(text, { study, by, accepts: [], reason: null, initial: true })
      if ('refusal' in made) return made
      return { policy: made.own, label: policyLabel(made.policy), dates: datesOfPolicy(made.policy, []) }
    },
  }
}

const builtIn = (name: string): Policy | null => (Object.hasOwn(builtInPolicies, name) ? builtInPolicies[name]! : null)

function unreadable(problems: ReturnType<typeof problemsOf>): Refusal {
  const words = problems.map(({ path, line, message, remedy }) =>
    [`${line === null ? '' : `line ${line} `}${path}:`, message, remedy ?? ''].filter((part) => part !== '').join(' '),
  )
  const issues = problems.map(({ path, message, remedy }) => ({
    severity: 'error' as const,
    path,
    code: 'business-rule',
    message: remedy === null ? message : `${message} ${remedy}`,
  }))
  return refuse('business-rule', { detail: words.join('; '), issues })
}
