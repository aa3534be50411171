import { z } from 'zod'
import type { Endpoint } from './endpoints.js'

/** Code lists: versions of what codes are called and mapped to, tables `code_lists` and `code_list_versions` of statements. */

export const codeListPageMax = 1000
export const codeListRowsMax = 1_000_000

const codeListVersion = z.object({
  version: z.number().int(),
  edition: z.string().nullable().describe('of the published list, such as 2.78; as it was told'),
  rows: z.number().int(),
  by: z.string(),
  at: z.iso.datetime(),
  sha256: z.string().describe('of the rows'),
})
const codeListSummary = z.object({
  name: z.string(),
  title: z.string(),
  scope: z.enum(['study', 'all']).describe('whose it is: the study’s own, or of all studies'),
  systems: z.array(z.string()),
  versions: z.array(codeListVersion).describe('newest first'),
})
export const codeLists = z.object({ study: z.string().nullable(), lists: z.array(codeListSummary) }).meta({ id: 'CodeLists' })
export type CodeLists = z.infer<typeof codeLists>
export type CodeListSummary = z.infer<typeof codeListSummary>

const place = z.object({ place: z.string(), what: z.string() })
export const loadedCodeList = codeListSummary
  .extend({
    study: z.string().nullable(),
    version: z.number().int().nullable().describe('null where the list was only checked'),
    rows: z.number().int(),
    unchanged: z.boolean().describe('the newest version has these rows already: none was added'),
    warnings: z.array(place),
  })
  .meta({ id: 'LoadedCodeList' })
export type LoadedCodeList = z.infer<typeof loadedCodeList>

const shown = z.union([z.number().int(), z.string()])
export const codeListPage = codeListSummary
  .extend({
    study: z.string().nullable(),
    version: z.number().int(),
    rows: z.number().int(),
    used: shown.nullable().describe('codes of the list that the study’s data hold; null where nobody counted'),
    entries: z.array(
      z.object({
        system: z.string(),
        code: z.string(),
        display: z.string().nullable(),
        targetSystem: z.string().nullable(),
        targetCode: z.string().nullable(),
        targetDisplay: z.string().nullable(),
        equivalence: z.string().nullable(),
        people: shown
          .nullable()
          .describe('people with the code in the study’s masked data, small counts as marks; null where nobody counted'),
      }),
    ),
    next: z.number().int().nullable().describe('from, of the next page'),
  })
  .meta({ id: 'CodeListPage' })
export type CodeListPage = z.infer<typeof codeListPage>

export const unmappedCodes = z
  .object({
    study: z.string(),
    snapshot: z.string().nullable(),
    systems: z.array(
      z.object({
        system: z.string().nullable(),
        lists: z.array(z.string()).describe('lists that have codes of the system'),
        codes: z.number().int().describe('different codes in the data'),
        unmapped: z.number().int().describe('of them in no list'),
      }),
    ),
    codes: z.array(
      z.object({
        element: z.string(),
        system: z.string().nullable(),
        code: z.string(),
        people: shown,
        because: z.enum(['not-in-lists', 'no-list-of-system']),
      }),
    ),
    truncated: z.boolean(),
  })
  .meta({ id: 'UnmappedCodes' })
export type UnmappedCodes = z.infer<typeof unmappedCodes>

const system = 'query'
const path = '/query/api/v1/code-lists'
export const codeListEndpoints = {
  codeLists: { method: 'GET', path, system, summary: 'Code lists of a study and of all studies', query: ['study'], answer: codeLists },
  loadCodeList: {
    method: 'POST',
    path,
    system,
    summary:
      'The next version of a code list: CSV (code, display, system, target_system, target_code, target_display, equivalence), or a ValueSet, CodeSystem or ConceptMap; without a study for all of them',
    query: ['study', 'name', 'title', 'edition', 'system', 'check'],
    bodyType: 'text/csv',
    answer: loadedCodeList,
  },
  codeList: {
    method: 'GET',
    path: `${path}/{name}`,
    system,
    summary: 'Codes of a list, with how many people of the study have them',
    query: ['study', 'version', 'from', 'limit', 'used'],
    answer: codeListPage,
  },
  unmappedCodes: {
    method: 'GET',
    path: '/query/api/v1/unmapped-codes',
    system,
    summary: 'Codes in the study’s masked data that no loaded list has',
    query: ['study'],
    answer: unmappedCodes,
  },
} as const satisfies Record<string, Endpoint>
