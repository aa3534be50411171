import { peopleOf, type Grant } from '@aquifer/core/access'
import { isReferenceData } from '@aquifer/core/fhir'
import { isRefusal, type Refusal } from '@aquifer/core/refusal'
import { globalSid, type SearchScope, type Study } from '../../repository/index.js'
import { sitesToRead, studyOf } from '../scope.js'
import type { AskedScope, FhirRequest, FhirSystems } from '../systems.js'

/** The scope in which each type is searched, for what is asked and for what it brings along; null: not from here. */
export type ScopeOfType = (type: string) => SearchScope | null

export async function scopesOf(systems: FhirSystems, request: FhirRequest, asked: AskedScope): Promise<ScopeOfType | Refusal> {
  const { grant } = request
  const study = await studyOf(systems.studies, grant, asked)
  if (isRefusal(study)) return study
  if (study === null) return (type) => (standsAlone(type) ? { sid: globalSid } : null)
  const sites = sitesToRead(study, grant, asked)
  return isRefusal(sites) ? sites : (type) => scopeWithin(grant, study, sites, type)
}

const standsAlone = (type: string): boolean => isReferenceData(type) || type === 'Practitioner'

/** What a caller may find of a type in a study. */
function scopeWithin(grant: Grant, study: Study, sites: readonly number[] | null, type: string): SearchScope {
  const people = peopleOf(grant)
  // What tells about nobody has no site that limits who may see it.
  if (standsAlone(type) || (sites === null && people === null)) return { sid: study.sid }
  return {
    sid: study.sid,
    ...(sites === null ? {} : { sites }),
    ...(people === null ? {} : { patientIds: people }),
    ...(type === 'Group' ? { orNobody: true } : {}),
  }
}

const anySite: AskedScope = { studies: [], sites: [] }

/** The scope in which a condition is met: all that the caller may see in the study, whatever site he writes to. */
export function scopeOfCondition(grant: Grant, study: Study | null, type: string): SearchScope | null | Refusal {
  if (study === null) return standsAlone(type) ? { sid: globalSid } : null
  const sites = sitesToRead(study, grant, anySite)
  return isRefusal(sites) ? sites : scopeWithin(grant, study, sites, type)
}
