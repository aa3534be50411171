import { clinicalDate, isObject, isResourceType, stringifyResource } from '../fhir/index.js'
import type { JsonObject, Resource } from '../fhir/index.js'
import { openHaystack, type Haystack } from './haystack.js'
import { heldDetail } from './held-detail.js'
import type { GateBatch, PersonNeedles } from './leak-gate.js'
import type { Masker } from './masker.js'
import { namingWords } from './names.js'
import { needlesOf } from './needles.js'
import { readJson } from './read-json.js'
import { addRemovals, noRemovals } from './run.js'
import type { HoldReason, RemovalCounts } from './run.js'
import { wordsOf } from './words.js'

/** A row that did not pass. Its id is the masked one: enough to find it in the repository with the key, nothing without. */
export interface HeldRow {
  type: string
  id: string | null
  version: number
  reason: HoldReason
  /** What the reason is about, where that tells nothing of the resource. */
  detail: string | null
  /** The words of that, as `BearerNames` has them: it is told nobody where one of them names somebody. */
  detailWords: string[]
}

/** A display as sources have it, with the people whose data holds it; all but the text is masked. */
export interface DisplayCandidate {
  system: string
  code: string
  text: string
  /** The words of the text, as `BearerNames` has them. */
  words: string[]
  patients: string[]
}

/** Words that name a person, unreadable without the key but comparable. */
export interface BearerNames {
  patient: string
  words: string[]
}

export interface MaskedRows {
  /** Reservoir rows by resource type, one line of JSON each. */
  byType: ReadonlyMap<string, readonly string[]>
  rows: number
  held: HeldRow[]
  removed: RemovalCounts
  displays: DisplayCandidate[]
  names: BearerNames[]
  /** what the leak gate looks at */
  gate: GateBatch
}

const patientsPerCandidateMax = 64
const displayLengthMax = 240

interface Offer {
  candidate: DisplayCandidate
  patients: Set<string>
}

interface Batch {
  parts: Map<string, string[]>
  held: HeldRow[]
  removed: RemovalCounts
  /** By code, of which there are few: a key of all three would be a new string for every coding. */
  displays: Map<string, Offer[]>
  names: BearerNames[]
  needles: PersonNeedles[]
  haystack: Haystack
  rows: number
}

/** Rows of the lake to rows of the reservoir: one line each, under the type they belong to. */
export function maskRows(masker: Masker, lines: Iterable<string>): MaskedRows {
  const batch: Batch = {
    parts: new Map(),
    held: [],
    removed: noRemovals(),
    displays: new Map(),
    names: [],
    needles: [],
    haystack: haystackOf(masker),
    rows: 0,
  }
  for (const line of lines) if (line !== '') maskRow(masker, line, batch)
  return {
    byType: batch.parts,
    rows: batch.rows,
    held: batch.held,
    removed: batch.removed,
    displays: [...batch.displays.values()].flat().map(({ candidate, patients }) => ({ ...candidate, patients: [...patients] })),
    names: batch.names,
    gate: { ...batch.haystack.take(), needles: batch.needles },
  }
}

const haystacks = new WeakMap<Masker, Haystack>()
function haystackOf(masker: Masker): Haystack {
  const known = haystacks.get(masker) ?? openHaystack(masker.policy, (term) => masker.pseudonyms.word(term))
  haystacks.set(masker, known)
  return known
}

interface LakeRow {
  type: string
  id: string
  v: number
  op: 'C' | 'U' | 'D'
  patient: string | null
  site: string | null
  resource: unknown
}

function readRow(line: string): LakeRow | null {
  const row = readJson(line)
  if (!isObject(row)) return null
  const { type, id, v, op, patient, site, resource } = row
  if (!isResourceType(type) || typeof id !== 'string' || typeof v !== 'number') return null
  if (op !== 'C' && op !== 'U' && op !== 'D') return null
  return { type, id, v, op, patient: typeof patient === 'string' ? patient : null, site: typeof site === 'string' ? site : null, resource }
}

function maskRow(masker: Masker, line: string, batch: Batch): void {
  const row = readRow(line)
  if (row === null) {
    batch.held.push({ type: 'Resource', id: null, version: 0, reason: 'unreadable', detail: null, detailWords: [] })
    return
  }
  const { pseudonyms } = masker
  const id = pseudonyms.id(row.type, row.id)
  const patient = row.patient === null ? null : (pseudonyms.target(patientReference(row.patient))?.id ?? null)
  const site = row.site === null ? null : pseudonyms.text('sit', row.site)
  const head: Head = { id, version: row.v, patient, site }
  if (row.op === 'D') {
    push(batch, row.type, deadLine(head))
    return
  }
  const outcome = maskContent(masker, row, patient, batch)
  if (typeof outcome === 'string') {
    const detail = isObject(row.resource) ? heldDetail(masker.policy, row.resource, outcome) : null
    batch.held.push({
      type: row.type,
      id,
      version: row.v,
      reason: outcome,
      detail,
      detailWords: wordsOf(detail ?? '').map((word) => pseudonyms.word(word)),
    })
    // What an earlier version let through is no longer true: it goes, as if deleted.
    if (row.v > 1) push(batch, row.type, deadLine(head))
    return
  }
  batch.haystack.see(outcome)
  outcome['id'] = id
  push(batch, row.type, livingLine(head, outcome))
}

function patientReference(patient: string): string {
  return patient.startsWith('urn:') || patient.startsWith('Patient/') ? patient : `Patient/${patient}`
}

function maskContent(masker: Masker, row: LakeRow, patient: string | null, batch: Batch): JsonObject | HoldReason {
  if (!isObject(row.resource) || row.resource['resourceType'] !== row.type) return 'not-a-resource'
  try {
    const { resource, held, removed } = masker.mask(
      row.resource,
      row.patient,
      patient === null ? undefined : displaySink(masker, patient, batch),
    )
    addRemovals(batch.removed, removed)
    if (patient !== null) learnNames(masker, row.resource, patient, batch)
    learnNeedles(masker, row, patient, batch)
    return resource ?? held ?? 'unreadable'
  } catch {
    // One resource that breaks the masker is held like any other that cannot be read; the rest goes on.
    return 'unreadable'
  }
}

function displaySink(masker: Masker, patient: string, batch: Batch): (system: string, code: string, text: string) => void {
  return (system, code, text) => {
    if (text.length > displayLengthMax) return
    const offers = batch.displays.get(code) ?? []
    const known = offers.find(({ candidate }) => candidate.text === text && candidate.system === system)
    if (known) {
      if (known.patients.size < patientsPerCandidateMax) known.patients.add(patient)
      return
    }
    const words = wordsOf(text).map((word) => masker.pseudonyms.word(word))
    offers.push({ candidate: { system, code, text, words, patients: [] }, patients: new Set([patient]) })
    batch.displays.set(code, offers)
  }
}

const namers: ReadonlySet<unknown> = new Set(['Patient', 'RelatedPerson', 'FamilyMemberHistory'])

function learnNames(masker: Masker, resource: JsonObject, patient: string, batch: Batch): void {
  if (!namers.has(resource['resourceType'])) return
  const words = namingWords(resource)
  if (words.length > 0 || resource['resourceType'] === 'Patient')
    batch.names.push({ patient, words: words.map((word) => masker.pseudonyms.word(word)) })
}

// Whose needles these are, so that they can be forgotten: staff belong to themselves.
function learnNeedles(masker: Masker, { type, id, resource }: LakeRow, patient: string | null, batch: Batch): void {
  const needles = needlesOf(resource as JsonObject, id)
  if (needles.length === 0) return
  const hidden = needles.map(({ kind, term }) => ({ kind, term: masker.pseudonyms.word(term) }))
  batch.needles.push({ patient: patient ?? masker.pseudonyms.id(type, id), needles: hidden })
}

interface Head {
  id: string
  version: number
  patient: string | null
  site: string | null
}

function push(batch: Batch, type: string, line: string): void {
  const lines = batch.parts.get(type)
  if (lines) lines.push(line)
  else batch.parts.set(type, [line])
  batch.rows++
}

const text = (value: string | null): string => (value === null ? 'null' : `"${value}"`)

function deadLine({ id, version, patient, site }: Head): string {
  return `{"_id":"${id}","_v":${version},"_d":true,"patient_key":${text(patient)},"_date":null,"_year":0,"_site":${text(site)},"resource":null}`
}

function livingLine({ id, version, patient, site }: Head, resource: JsonObject): string {
  const date = clinicalDate(resource as Resource)
  const year = date === null ? 0 : Number(date.slice(0, 4))
  return `{"_id":"${id}","_v":${version},"patient_key":${text(patient)},"_date":${text(date)},"_year":${year},"_site":${text(site)},"resource":${stringifyResource(resource)}}`
}
