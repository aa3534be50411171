import { isResourceType, numberOf, primitiveTests } from '../fhir/index.js'
import type { ElementFact } from '../fhir/index.js'
import { datedBy, shiftHandler, shiftInstantHandler, yearHandler } from './dated.js'
import type { PhiClass, Treatment } from './phi-class.js'
import type { Plan } from './plan.js'
import { maskContained, parseReference } from './references.js'
import type { Handler, Run } from './run.js'
import { isPlainCode, isPlainToken } from './tokens.js'
import { isLanguageTag, isPublicSystem, mayBeHouseCode } from './code-systems.js'
import { isWordedAsCode } from './code-words.js'
import { definitionText, isDefinition, listedCode } from './definition.js'
import { isLong, withoutLongTail } from './numbers.js'
import { isMediaType } from './media-types.js'
import { misshapen, removed } from './removal.js'

/** An element that holds one primitive value, and where it stands. */
export interface Leaf {
  fact: ElementFact
  type: string
  path: string
  /** Resource type the path begins with. */
  root: string
  phiClass: PhiClass | null
  treatment: Treatment | null
}

const always =
  (test: (value: string) => boolean): Handler =>
  (value, run) =>
    typeof value === 'string' && test(value) ? value : misshapen(run)

/** Technical names without a PHI class that joins and statuses need. */
const tokenPaths: ReadonlySet<string> = new Set([
  'Questionnaire.group.linkId',
  'Questionnaire.group.question.linkId',
  'QuestionnaireResponse.group.linkId',
  'QuestionnaireResponse.group.question.linkId',
  'Parameters.parameter.name',
  'Immunization.vaccinationProtocol.series',
  'ImmunizationRecommendation.recommendation.protocol.series',
])
// What the DICOM standard itself names.
const dicomOid = /^urn:oid:1\.2\.840\.10008(\.\d{1,5}){1,10}$/
const linkRelations: ReadonlySet<string> = new Set(['self', 'first', 'previous', 'prev', 'next', 'last', 'alternate', 'search'])
const systemNames: ReadonlySet<string> = new Set(['system', 'codeSystem', 'url', 'sourceUri', 'targetUri', 'import'])

export function leafHandler(plan: Plan, leaf: Leaf): Handler {
  if (plan.sharedTexts.has(leaf.path)) return sharedText(leaf.path)
  if (tokenPaths.has(leaf.path)) return token(leaf.path)
  if (leaf.path === 'Bundle.link.relation') return always((value) => linkRelations.has(value))
  if (leaf.path === 'Bundle.entry.response.status') return httpStatus
  if (leaf.fact.name === 'implicitRules')
    return (value, run) => (typeof value === 'string' && plan.policy.profiles.includes(value) ? value : misshapen(run))
  if (leaf.phiClass === null || leaf.treatment === null) return keepByType(leaf)
  switch (leaf.treatment) {
    case 'keep':
      return kept(plan, leaf)
    case 'year':
      return leaf.type === 'instant' && plan.form === 'fhir' ? removed : datedBy(leaf.phiClass, yearHandler)
    case 'shift':
      return datedBy(leaf.phiClass, leaf.type === 'instant' && plan.form === 'fhir' ? shiftInstantHandler : shiftHandler)
    case 'pseudonym':
      return pseudonymHandler(leaf)
    case 'answer':
      return answerHandler(plan, leaf)
    case 'allow-list':
      return leaf.phiClass === 'META' && leaf.fact.name === 'profile' ? profileHandler(plan) : removed
    case 'rewrite':
      return urlHandler(plan, leaf)
    // An age is capped by its quantity, which knows the unit.
    case 'cap':
      return leaf.type === 'decimal' ? keepByType(leaf) : removed
    // The rest depends on neighbours (a zip code on its country, a display on its code): the data type's own handler writes it.
    case 'remove':
    case 'dictionary':
    case 'zip3':
    case 'recurse':
      return removed
  }
}

function isOpenCode(name: string): (value: string) => boolean {
  if (name === 'language') return isLanguageTag
  if (name === 'contentType') return isMediaType
  return (value) => isPlainCode(value) && mayBeHouseCode(value)
}

function keepByType({ type, fact, path, root }: Leaf): Handler {
  if (type === 'code') {
    const codes = fact.codes && new Set(fact.codes)
    if (!codes && isDefinition(root) && fact.name !== 'language') return listedCode
    return always(codes ? (value) => codes.has(value) : isOpenCode(fact.name))
  }
  if (type === 'time') return timeHandler
  if (type === 'boolean') return (value, run) => (primitiveTests[type]!(value) ? value : misshapen(run))
  if (type === 'decimal' || type === 'integer' || type === 'positiveInt' || type === 'unsignedInt') return numberHandler(type, fact.name)
  throw new Error(`no treatment for ${path} of type ${type}`)
}

function numberHandler(type: 'decimal' | 'integer' | 'positiveInt' | 'unsignedInt', name: string): Handler {
  const test = primitiveTests[type]!
  return (value, run) => {
    if (!test(value)) return misshapen(run)
    const size = numberOf(value) ?? Infinity
    return isLong(size, type, name) ? removed(value, run) : withoutLongTail(value, size)
  }
}

// A time of day is finer than a year: it stays only where dates stay, moved.
const timeHandler: Handler = (value, run) => {
  if (run.policy.classes.DATE !== 'shift') return removed(value, run)
  return primitiveTests['time']!(value) ? value : misshapen(run)
}

function kept(plan: Plan, leaf: Leaf): Handler {
  if (leaf.phiClass === 'DEFN_TEXT') return plan.policy.definitional.includes(leaf.root) ? definitionText(plan, leaf.path) : removed
  if (leaf.phiClass === 'SIGNAL') return always((value) => /^[-+.\dEUL\s]*$/.test(value))
  if (leaf.phiClass === 'QUASI') return keepByType(leaf)
  return removed
}

function pseudonymHandler(leaf: Leaf): Handler {
  const write = pseudonymWriter(leaf)
  if (write === null || leaf.type === 'positiveInt') return removed
  return (value, run) => (typeof value === 'string' && value !== '' ? write(value, run) : misshapen(run))
}

function pseudonymWriter({ phiClass, path, root }: Leaf): ((value: string, run: Run) => string) | null {
  switch (phiClass) {
    case 'RESOURCE_ID': {
      const type = path === `${root}.id` ? root : 'Resource'
      return (value, run) => run.pseudonyms.id(type, value)
    }
    case 'IDENTIFIER':
      return (value, run) => run.pseudonyms.identifier('', value)
    case 'UID':
      return (value, run) => (dicomOid.test(value) ? value : run.pseudonyms.uid(value))
    case 'ORG_NAME':
      return (value, run) => run.pseudonyms.text('org', value)
    case 'STAFF_NAME':
      return (value, run) => run.pseudonyms.text('stf', value)
    case 'LOT':
      return (value, run) => run.pseudonyms.text('lot', value)
    case 'DEVICE_ID':
      return (value, run) => run.pseudonyms.text('dev', value)
    default:
      return null
  }
}

function answerHandler(plan: Plan, { type }: Leaf): Handler {
  const { numberMax, decimalsMax } = plan.policy.answers
  if (type === 'string') {
    return (value, run) => {
      if (typeof value !== 'string') return misshapen(run)
      return plan.answerTexts.has(value.trim().toLowerCase()) ? value : removed(value, run)
    }
  }
  if (type !== 'integer' && type !== 'decimal') return removed
  return (value, run) => {
    const number = numberOf(value)
    if (number === null) return misshapen(run)
    if (run.ageCoded && Math.abs(number) >= run.policy.ageCap) return removed(value, run)
    const decimals = String(number).split('.')[1]?.length ?? 0
    return Math.abs(number) <= numberMax && decimals <= decimalsMax ? value : removed(value, run)
  }
}

function profileHandler(plan: Plan): Handler {
  return (value, run) => {
    if (typeof value !== 'string') return misshapen(run)
    const base = plan.policy.profiles.find((known) => value.startsWith(known))
    return base !== undefined && (value === base || (isPlainToken(value.slice(base.length)) && isWordedAsCode(value.slice(base.length))))
      ? value
      : removed(value, run)
  }
}

function urlHandler(plan: Plan, { fact, path, root, phiClass }: Leaf): Handler {
  if (phiClass !== 'URL') return removed
  if (path === 'Bundle.entry.fullUrl') return fullUrlHandler
  const mayNameSystem = systemNames.has(fact.name)
  const mustStay = fact.min > 0 && root !== 'Bundle'
  return (value, run) => {
    if (typeof value !== 'string' || value === '') return misshapen(run)
    if (path === 'Bundle.entry.request.url' && isResourceType(value)) return value
    const masked = value.startsWith('#') ? maskContained(value, run.contained) : run.pseudonyms.target(value)?.text
    if (typeof masked === 'string') return masked
    if (mayNameSystem && isPublicSystem(value, plan.systems)) return value
    // Where the element could not stay without its address, a pseudonym of it keeps equal ones equal.
    return mustStay ? run.pseudonyms.uri(value) : removed(value, run)
  }
}

// The server's address goes; what stays is absolute, as a fullUrl has to be, and equal to the masked id.
const fullUrlHandler: Handler = (value, run) => {
  const target = typeof value === 'string' ? run.pseudonyms.target(value) : null
  if (target === null || target.text.includes('?')) return removed(value, run)
  return target.type === null ? target.text : `urn:uuid:${target.id}`
}

function sharedText(path: string): Handler {
  return (value, run) => {
    if (typeof value !== 'string') return misshapen(run)
    run.onDisplay?.(path, value, value)
    return run.displays?.get(`${path}|${value}`) ?? removed(value, run)
  }
}

/** A technical name stays if it looks like one; else its pseudonym still joins questions to answers. */
function token(path: string): Handler {
  const isLink = path.endsWith('linkId')
  const label = isLink ? 'lnk' : 'nam'
  return (value, run) => {
    if (typeof value !== 'string' || value === '') return misshapen(run)
    const plain = isPlainToken(value) && (isLink ? parseReference(value) === null : isWordedAsCode(value))
    return plain ? value : run.pseudonyms.text(label, value)
  }
}

const httpStatus: Handler = (value, run) =>
  typeof value === 'string' ? (/^\d{3}(?!\d)/.exec(value)?.[0] ?? misshapen(run)) : misshapen(run)
