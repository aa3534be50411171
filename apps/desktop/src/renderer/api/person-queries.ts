import { useInfiniteQuery, useQueries, useQuery } from '@tanstack/react-query'
import { z } from 'zod'
import { disclosureList, type DisclosureList, type StudyView } from '@aquifer/core/contract'
import type { Api } from './client.js'
import { useApi, useMe } from './SessionProvider.js'

const resource = z.looseObject({ resourceType: z.string(), id: z.string() })
export type Resource = z.infer<typeof resource>
const searchset = z.looseObject({
  total: z.number().optional(),
  link: z.array(z.object({ relation: z.string(), url: z.string() })).optional(),
  entry: z.array(z.looseObject({ resource })).optional(),
})
interface Page {
  total: number
  resources: Resource[]
  /** address of the next page on this server */
  next: string | null
}

const q = encodeURIComponent
const base = '/fhir-server/api/v1'
const pageSize = 50
const reportPageSize = 500

async function page(api: Api, path: string, signal?: AbortSignal): Promise<Page> {
  const found = await api.json(path, searchset, signal ? { signal } : {})
  const next = found.link?.find((link) => link.relation === 'next')?.url
  return {
    total: found.total ?? 0,
    resources: (found.entry ?? []).map((entry) => entry.resource),
    // A server behind a proxy may know itself by another name; the page asks where it came from.
    next: next === undefined ? null : next.slice(next.indexOf(base)),
  }
}

/** Somebody whose data the signed-in person may see: himself, or those he stands in for. */
export interface Person {
  id: string
  name: string
  birthDate: string | null
  studies: StudyView[]
}

export function usePersons(enabled: boolean) {
  const api = useApi()
  const { studies } = useMe()
  return useQuery({
    queryKey: ['persons', studies.map(({ id }) => id)],
    enabled,
    queryFn: async ({ signal }) => {
      const persons = new Map<string, Person>()
      for (const study of studies) {
        const { resources } = await page(api, `${base}/Patient?studyid=${q(study.id)}&_count=100`, signal)
        for (const found of resources) {
          const known = persons.get(found.id)
          if (known) known.studies.push(study)
          else persons.set(found.id, { id: found.id, name: nameOf(found), birthDate: birthDateOf(found), studies: [study] })
        }
      }
      return [...persons.values()]
    },
  })
}

const names = z.array(
  z.looseObject({ text: z.string().optional(), given: z.array(z.string()).optional(), family: z.array(z.string()).optional() }),
)
function nameOf(patient: Resource): string {
  const name = names.safeParse(patient['name']).data?.[0]
  return name?.text ?? ([...(name?.given ?? []), ...(name?.family ?? [])].join(' ') || 'Name not recorded')
}
const birthDateOf = (patient: Resource): string | null => (typeof patient['birthDate'] === 'string' ? patient['birthDate'] : null)

const recordsOf = (type: string, study: string, person: string): string => `${base}/${type}?studyid=${q(study)}&patient=${q(person)}`

/** How many there are of each type, so that empty ones are not offered. */
export function useRecordCounts(types: readonly string[], study: string, person: string) {
  const api = useApi()
  return useQueries({
    queries: types.map((type) => ({
      queryKey: ['record-count', type, study, person],
      queryFn: async ({ signal }: { signal: AbortSignal }) => (await page(api, `${recordsOf(type, study, person)}&_count=0`, signal)).total,
    })),
  })
}

export function useRecords(type: string, study: string, person: string) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['records', type, study, person],
    queryFn: ({ pageParam, signal }) => page(api, pageParam ?? `${recordsOf(type, study, person)}&_sort=-date&_count=${pageSize}`, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  })
}

export function useContracts(study: string, person: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['contracts', study, person],
    queryFn: async ({ signal }) =>
      (await page(api, `${base}/Contract?studyid=${q(study)}&subject=Patient/${q(person)}&_count=100`, signal)).resources,
  })
}

const organization = z.looseObject({
  name: z.string().optional(),
  telecom: z.array(z.looseObject({ system: z.string().optional(), value: z.string().optional() })).optional(),
  contact: z
    .array(z.looseObject({ telecom: z.array(z.looseObject({ system: z.string().optional(), value: z.string().optional() })).optional() }))
    .optional(),
})
export type Organization = z.infer<typeof organization>

export function useOrganization(reference: string | null, study: string) {
  const api = useApi()
  return useQuery({
    queryKey: ['organization', reference],
    enabled: reference !== null,
    queryFn: ({ signal }) => api.json(`${base}/${reference ?? ''}?studyid=${q(study)}`, organization, { signal }),
  })
}

export function useDisclosures(person: string) {
  const api = useApi()
  return useInfiniteQuery({
    queryKey: ['disclosures', person],
    queryFn: ({ pageParam, signal }) => api.json(disclosuresOf(person, pageParam), disclosureList, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: oldestOf,
  })
}
const disclosuresOf = (person: string, to: string | null): string =>
  `/audit/api/v1/disclosures?patient=${q(person)}${to === null ? '' : `&to=${q(to)}`}`

/** Where older ones go on; null when there are none. */
function oldestOf({ complete, disclosures }: DisclosureList): string | null {
  if (complete || disclosures.length === 0) return null
  return disclosures.map(({ first }) => first).reduce((oldest, first) => (first < oldest ? first : oldest))
}

const conformance = z.looseObject({
  rest: z.array(
    z.looseObject({
      resource: z.array(z.looseObject({ type: z.string(), searchParam: z.array(z.looseObject({ name: z.string() })).optional() })),
    }),
  ),
})
// Theirs is a person, and they cannot be searched by one: what is within reach is asked for, and what names the person is kept.
const unsearchable = ['Coverage', 'DeviceMetric']

/** How everything about a person is asked for, by what the server says it can search. */
async function questionsOf(api: Api, person: string): Promise<string[]> {
  const { rest } = await api.json(`${base}/metadata`, conformance)
  const types = rest
    .flatMap(({ resource: served }) => served)
    .filter(({ type, searchParam }) => type !== 'Patient' && searchParam?.some(({ name }) => name === 'patient'))
  return [`Patient?_id=${q(person)}`, ...types.map(({ type }) => `${type}?patient=${q(person)}`), ...unsearchable.map((type) => `${type}?`)]
}

/** Everything that is kept about one person and within reach, as one file; told how far it is. */
export async function subjectAccessReport(
  api: Api,
  { person, at }: { person: Person; at: string },
  progress: (share: number) => void,
): Promise<object> {
  const questions = await questionsOf(api, person.id)
  const steps = person.studies.flatMap((study) => questions.map((question) => ({ study: study.id, question })))
  const entries: { study: string; resource: Resource }[] = []
  for (const [done, { study, question }] of steps.entries()) {
    progress(done / steps.length)
    let next: string | null = `${base}/${question}${question.endsWith('?') ? '' : '&'}studyid=${q(study)}&_count=${reportPageSize}`
    while (next !== null) {
      const found: Page = await page(api, next)
      const own = found.resources.filter((each) => JSON.stringify(each).includes(person.id))
      entries.push(...own.map((each) => ({ study, resource: each })))
      next = found.next
    }
  }
  return {
    resourceType: 'Bundle',
    type: 'collection',
    report: { about: person.name, person: person.id, madeAt: at, studies: person.studies.map(({ id, name }) => ({ id, name })) },
    entry: entries,
    disclosures: await everyDisclosure(api, person.id),
  }
}

async function everyDisclosure(api: Api, person: string): Promise<DisclosureList['disclosures']> {
  const disclosures: DisclosureList['disclosures'] = []
  let to: string | null = null
  do {
    const seen: DisclosureList = await api.json(disclosuresOf(person, to), disclosureList)
    disclosures.push(...seen.disclosures)
    to = oldestOf(seen)
  } while (to !== null)
  return disclosures
}
