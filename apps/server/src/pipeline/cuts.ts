import type { Grant } from '@aquifer/core/access'
import type { CutView } from '@aquifer/core/contract'
import { canonicalJson } from '@aquifer/core/fhir'
import { refuse, type Refusal } from '@aquifer/core/refusal'
import { hashOf, type SignatureHand } from '../audit/index.js'
import type { Cut, CutMade, Reservoir } from '../reservoir/index.js'

type Signature = ReturnType<SignatureHand['make']>
interface Parts {
  reservoir: Reservoir
  hand: SignatureHand
  signatures: {
    add(signature: Signature): Promise<void>
    list(page: { sids: number[]; subject: { kind: string; id: string }; limit: number }): Promise<Signature[]>
  }
}
interface OfStudy {
  id: string
  sid: number
}
export interface CutDesk {
  list(study: OfStudy): Promise<CutView[]>
  /** Reads every byte of it. */
  show(study: OfStudy, name: string): Promise<CutView | Refusal>
  create(by: { grant: Grant; name: string }, study: OfStudy, asked: { name: string; reason: string }): Promise<CutView | Refusal>
  retire(by: string, study: OfStudy, asked: { name: string; reason: string }): Promise<CutView | Refusal>
}

const kind = 'data-cut' as const
const hashOfMade = (made: CutMade): Buffer => hashOf(canonicalJson(made))
const subjectOf = ({ study, name }: CutMade) => ({ kind, id: `${study}/${name}` })
const noSuchCut = (): Refusal => refuse('unknown', { detail: 'There is no such data cut here.' })
const instant = (at: number): string => new Date(at).toISOString()

/** Cuts as people see and sign them; the rows stay with the reservoir. */
export function openCutDesk({ reservoir, hand, signatures }: Parts): CutDesk {
  const { cuts } = reservoir
  async function viewOf(study: OfStudy, { cut, genuine }: { cut: Cut; genuine: boolean }, whole: boolean | null): Promise<CutView> {
    const { made, manifest, removals, retired } = cut
    const hash = hashOfMade(made)
    const found = await signatures.list({ sids: [study.sid], subject: subjectOf(made), limit: 10 })
    const signature = found.find(({ subjectHash }) => hash.equals(subjectHash)) ?? null
    const { name, by, reason, snapshot, maskingPolicy, consentEpoch, resources, people } = made
    const of = { snapshot, maskingPolicy, consentEpoch, resources, people, sha256: hash.toString('hex') }
    return {
      study: study.id,
      name,
      state: retired === null ? 'standing' : 'retired',
      at: instant(made.at),
      by,
      reason,
      ...of,
      rows: Object.fromEntries(Object.entries(manifest.types).map(([type, { rows }]) => [type, rows])),
      signature: signature === null ? null : signedView(signature),
      genuine: genuine && signature !== null && hand.isGenuine(signature),
      whole,
      removals: removals.map(({ at, ...removal }) => ({ at: instant(at), ...removal })),
      retired: retired === null ? null : { ...retired, at: instant(retired.at) },
    }
  }
  const signedView = (signature: Signature): CutView['signature'] => {
    const { id, signer, name, at, meaning } = signature
    return { id, signer, name, at: instant(at), meaning, genuine: hand.isGenuine(signature) }
  }
  const show: CutDesk['show'] = async (study, name) => {
    const found = await cuts.read(study.id, name)
    return found === null ? noSuchCut() : viewOf(study, found, await cuts.isWhole(study.id, found.cut))
  }
  return {
    async list(study) {
      return Promise.all((await cuts.list(study.id)).map((each) => viewOf(study, each, null)))
    },
    show,
    async create(by, study, { name, reason }) {
      const opened = reservoir.opened(study.id)
      const nothing = refuse('not-ready', { detail: 'Nothing of this study has been published to the reservoir yet.', retryAfterS: 5 })
      if (opened === null) return nothing
      const made = await cuts.create(opened, { name, by: by.grant.user, reason }, async (what) => {
        const subject = { ...subjectOf(what), hash: hashOfMade(what) }
        await signatures.add(hand.make(by, { meaning: 'responsibility', subject, sid: study.sid }))
      })
      if (made === 'nothing') return nothing
      if (made === 'exists') return refuse('already-exists', { detail: 'A data cut of this name is or was there: a name is given once.' })
      return show(study, name)
    },
    async retire(by, study, { name, reason }) {
      const found = await cuts.read(study.id, name)
      if (found === null) return noSuchCut()
      if ((await cuts.retire(study.id, name, { by, reason })) === null)
        return refuse('conflict', { detail: 'The data cut is retired already.' })
      return show(study, name)
    },
  }
}
