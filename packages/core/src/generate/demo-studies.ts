// The two studies of the demonstration, their sites, and the people and programs that use them.
import type { Role } from '../access/index.js'
import type { FormVersion, StudyRequest, StudySettings } from '../study/index.js'
import type { DiseaseKey } from './diseases.js'
import { facilityPlaces } from './places.js'

export interface DemoSite {
  id: string
  name: string
  facility: number
  share: number
}

export interface DemoStudy {
  request: StudyRequest & { required: string[] }
  /** targets by site, and the forms its consents are given on */
  settings: Pick<StudySettings, 'targets' | 'forms' | 'jurisdiction'>
  sites: readonly DemoSite[]
  /** share of all people */
  share: number
  focus: DiseaseKey
}

function siteAt(facility: number, share: number): DemoSite {
  const place = facilityPlaces[facility]
  if (!place) throw new Error(`no facility ${facility}`)
  return { id: place.code, name: place.name, facility, share }
}

// Per hundred people and percent of a site: somewhat more than the demonstration has, so that there is a way to go.
const plannedPeople = 3.4

const formOf = (type: string, version: string, from: string): FormVersion => ({
  type,
  version,
  document: `${type}-${version}.pdf`,
  language: 'en',
  site: null,
  approved: from,
  from,
  reconsentBy: null,
})

function demoStudy(request: DemoStudy['request'], sites: readonly DemoSite[], share: number, focus: DiseaseKey): DemoStudy {
  const targets = Object.fromEntries(sites.map((site) => [site.id, Math.round(site.share * share * plannedPeople)]))
  const forms = request.required.flatMap((type) => [formOf(type, '1', '2000-01-01'), formOf(type, '2', '2026-06-01')])
  return {
    request: { ...request, sites: sites.map((site) => site.id) },
    settings: { targets, forms, jurisdiction: null },
    sites,
    share,
    focus,
  }
}

export const demoStudies: readonly DemoStudy[] = [
  demoStudy(
    {
      id: 'HARBOR',
      name: 'Harbor Hypertension Registry',
      kind: 'registry',
      required: ['share-data'],
      masking: 'safe-harbor',
      publish: 'continuous',
      zone: 'America/New_York',
    },
    [siteAt(0, 26), siteAt(1, 20), siteAt(2, 18), siteAt(3, 13), siteAt(4, 17), siteAt(6, 6)],
    0.6,
    'hypertension',
  ),
  demoStudy(
    {
      id: 'TIDE',
      name: 'Tide Diabetes Trial',
      kind: 'program',
      required: ['share-data', 'terms-of-use'],
      masking: 'expert',
      publish: '24h',
      zone: 'America/Phoenix',
    },
    [siteAt(0, 20), siteAt(2, 22), siteAt(3, 26), siteAt(5, 32)],
    0.4,
    'diabetes',
  ),
]

export interface DemoUser {
  user: string
  name: string
  role: Role
  studies: readonly string[] | 'all'
  /** none: every site of the studies */
  sites: readonly string[]
}

export const demoUsers: readonly DemoUser[] = [
  { user: 'ada', name: 'Ada Lindqvist', role: 'analyst', studies: ['HARBOR', 'TIDE'], sites: [] },
  { user: 'remy', name: 'Remy Okafor', role: 'researcher', studies: ['HARBOR', 'TIDE'], sites: [] },
  { user: 'mona', name: 'Mona Castellan', role: 'study-manager', studies: ['HARBOR', 'TIDE'], sites: [] },
  { user: 'ivo', name: 'Ivo Brandt', role: 'investigator', studies: ['HARBOR'], sites: ['NORTHPIER', 'LAKEMOOR'] },
  { user: 'tess', name: 'Tess Arrowood', role: 'investigator', studies: ['TIDE'], sites: ['SAGUARO-GATE'] },
  { user: 'carol', name: 'Carol Vanterpool', role: 'care-manager', studies: ['HARBOR'], sites: ['CEDAR-HOLLOW'] },
  { user: 'priya', name: 'Priya Velarde', role: 'privacy-officer', studies: ['HARBOR', 'TIDE'], sites: [] },
  { user: 'noor', name: 'Noor Halvorsen', role: 'privacy-officer', studies: ['HARBOR', 'TIDE'], sites: [] },
  { user: 'otto', name: 'Otto Feldman', role: 'operator', studies: 'all', sites: [] },
  { user: 'alma', name: 'Alma Quist', role: 'auditor', studies: 'all', sites: [] },
  { user: 'robin', name: 'Robin Ashgrove', role: 'administrator', studies: 'all', sites: [] },
]

export interface DemoClient {
  client: string
  name: string
  role: Extract<Role, 'integrator' | 'device'>
  study: string
  site: string
}

/** One feed for each site, and a gateway of home devices for each study. */
export const demoClients: readonly DemoClient[] = demoStudies.flatMap(({ request, sites }) => [
  ...sites.map((site) => clientOf(request.id, site.id, 'integrator', `feed-${site.id.toLowerCase()}`, `${site.name} feed`)),
  clientOf(request.id, sites[0]?.id ?? '', 'device', 'home-gateway', `${request.name} home devices`),
])

function clientOf(study: string, site: string, role: DemoClient['role'], key: string, name: string): DemoClient {
  return { client: `${study.toLowerCase()}-${key}`, name, role, study, site }
}
